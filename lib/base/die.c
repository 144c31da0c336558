/* SPDX-License-Identifier: Apache-2.0 */
#include "base/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

/* A message is not longer than MESSAGE bytes, so that its line reaches a pipe in one piece; of a
 * longer one the middle is left out. */
enum { MESSAGE = 2000, BEGINNING = 1400, WHOLE = 1 << 14 };
static const char left_out[] = " [...] ";

static struct {
	const char *program, *source, *unit;
	long record;
	int status;
	void (*last_words)(const char *program, const char *message);
} place = { "lrpipe", NULL, "record", 0, 1, NULL };

void place_program(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	place.program = slash ? slash + 1 : argv0;
}

const char *program_name(void)
{
	return place.program;
}

void place_source(const char *source)
{
	place.source = source;
	place.record = 0;
}

void place_record(const char *unit, long number)
{
	place.unit = unit;
	place.record = number;
}

void die_status(int status)
{
	place.status = status;
}

void die_last_words(void (*say)(const char *program, const char *message))
{
	place.last_words = say;
}

/* Where it is, what is wrong, why; plain text. No memory is taken: it may have run out. */
static void compose(char message[MESSAGE + 1], const char *format, va_list ap, const char *why)
{
	char whole[WHOLE];
	size_t n = 0;

#define APPEND(...) n += (size_t)snprintf(whole + n, n < WHOLE ? WHOLE - n : 0, __VA_ARGS__)
	if (place.source)
		APPEND("%.4000s: ", place.source);
	if (place.record)
		APPEND("%s %ld: ", place.unit, place.record);
	n += (size_t)vsnprintf(whole + n, WHOLE - n, format, ap);
	if (n > WHOLE - 1)
		n = WHOLE - 1;
	if (why)
		APPEND(": %s", why);
#undef APPEND
	if (n > WHOLE - 1)
		n = WHOLE - 1;
	if (n > MESSAGE) {
		size_t end = MESSAGE - BEGINNING - strlen(left_out);

		memcpy(message, whole, BEGINNING);
		strcpy(message + BEGINNING, left_out);
		memcpy(message + MESSAGE - end, whole + n - end, end + 1);
	} else {
		memcpy(message, whole, n + 1);
	}
	plain_text(message);
}

/* One write for the whole line, so that the lines of a pipeline's programs do not mix. */
static void print(const char *message)
{
	char line[MESSAGE + 256];

	snprintf(line, sizeof line, "%.200s: %s\n", place.program, message);
	fputs(line, stderr);
}

/* Only the first thread that dies says so. */
static void alone(void)
{
	static atomic_flag dying = ATOMIC_FLAG_INIT;

	while (atomic_flag_test_and_set(&dying))
		pause();
}

static _Noreturn void end(const char *program, const char *message, int status)
{
	if (place.last_words)
		place.last_words(program, message);
	exit(status);
}

void die(const char *format, ...)
{
	char message[MESSAGE + 1];
	va_list ap;

	alone();
	va_start(ap, format);
	compose(message, format, ap, NULL);
	va_end(ap);
	print(message);
	end(place.program, message, place.status);
}

void die_errno(const char *format, ...)
{
	const char *reason = strerror(errno);
	char message[MESSAGE + 1];
	va_list ap;

	alone();
	va_start(ap, format);
	compose(message, format, ap, reason);
	va_end(ap);
	print(message);
	end(place.program, message, place.status);
}

void die_usage(const char *format, ...)
{
	char message[MESSAGE + 1];
	va_list ap;

	alone();
	place_source(NULL);
	va_start(ap, format);
	compose(message, format, ap, NULL);
	va_end(ap);
	print(message);
	fprintf(stderr, "%s: '%s -h' shows how it is used\n", place.program, place.program);
	end(place.program, message, 2);
}

void die_silently(const char *program, const char *message)
{
	alone();
	end(program, message, place.status);
}

void warn(const char *format, ...)
{
	char message[MESSAGE + 1];
	va_list ap;

	va_start(ap, format);
	compose(message, format, ap, NULL);
	va_end(ap);
	print(message);
}
