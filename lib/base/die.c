/* SPDX-License-Identifier: Apache-2.0 */
#include "base/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *program, *source, *unit;
	long record;
	int status;
} place = { "lrpipe", NULL, "record", 0, 1 };

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

/* One write for the whole line, so that the lines of a pipeline's programs do not mix. */
static void say(const char *format, va_list ap, const char *tail)
{
	char line[2048];
	size_t n = 0, room = sizeof line - 2;

#define APPEND(...) n += (size_t)snprintf(line + n, n < room ? room - n : 0, __VA_ARGS__)
	APPEND("%s: ", place.program);
	if (place.source)
		APPEND("%s: ", place.source);
	if (place.record)
		APPEND("%s %ld: ", place.unit, place.record);
	if (n < room)
		n += (size_t)vsnprintf(line + n, room - n, format, ap);
	if (tail)
		APPEND(": %s", tail);
#undef APPEND
	if (n > room - 1)
		n = room - 1;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?'; /* what a hostile name may hold */
	line[n] = '\n';
	line[n + 1] = '\0';
	fputs(line, stderr);
}

void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(format, ap, NULL);
	va_end(ap);
	exit(place.status);
}

void die_errno(const char *format, ...)
{
	const char *reason = strerror(errno);
	va_list ap;

	va_start(ap, format);
	say(format, ap, reason);
	va_end(ap);
	exit(place.status);
}

void die_usage(const char *format, ...)
{
	va_list ap;

	place_source(NULL);
	va_start(ap, format);
	say(format, ap, NULL);
	va_end(ap);
	fprintf(stderr, "%s: '%s -h' shows how it is used\n", place.program, place.program);
	exit(2);
}

void warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(format, ap, NULL);
	va_end(ap);
}
