/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_DIE_H
#define LRP_BASE_DIE_H

#include <stddef.h>

/*
 * The one error path: die() prints `program: source: record N: what; what to do` on stderr and
 * exits 1. The place it names (program, source, record) is the only global state of the suite.
 * Names may come from hostile data: messages are plain text (base/utf8.h), and of one that is
 * longer than 2000 bytes the middle is left out.
 */

/* Name the program; its argv[0] may be a path. */
void place_program(const char *argv0);
const char *program_name(void);

/* Name what is read now: a file's path or "<stdin>". NULL: nothing is. */
void place_source(const char *source);

/* Number the record (or line, as `unit` says) of the source that is read now; 0: none. */
void place_record(const char *unit, long number);

/* The status die() and die_errno() exit with, where it is not 1. */
void die_status(int status);

/* An error of data or of input and output: exit 1. No full stop, no newline in the format. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with errno's text behind it. */
_Noreturn void die_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A mistake in the command line: exit 2, pointing at -h. */
_Noreturn void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Exit as die() does but say nothing: another program of the pipeline, `program`, has. */
_Noreturn void die_silently(const char *program, const char *message);

/*
 * What is done last where the program dies in one of these ways, after its message: `say` gets the
 * program that failed and its message, plain text of at most 2000 bytes where it is ours. It must
 * not die.
 */
void die_last_words(void (*say)(const char *program, const char *message));

/* A message on stderr in the same form; the program goes on. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
