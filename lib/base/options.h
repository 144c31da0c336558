/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_OPTIONS_H
#define LRP_BASE_OPTIONS_H

#include <stdbool.h>

#define LRPIPE_VERSION "0.1.0"

/*
 * One option of a program: a letter, a long name, or both, and where its value goes. Exactly one
 * of the targets is set; it holds the default before. A list ends with an empty entry.
 */
struct option_entry {
	char letter;
	const char *name;
	const char **text;
	bool *flag;
	long *count; /* a whole number >= 0 */
	double *real;
};

/* What every program has: -h, -V, -q, -v, -z LEVEL, and -j N where it computes. */
struct options {
	bool quiet, verbose;
	int level;		  /* zstd level of the streams written */
	int threads;		  /* -j */
	const char *const *files; /* operands; none or "-": standard input */
	int file_count;
	int argc;
	char **argv;
};

/*
 * Parse the command line. -h prints `help` and exits 0, -V the version; a wrong option exits 2.
 * Names the program for messages, and gives SIGPIPE its default action back, so that a closed
 * downstream ends the program silently. More operands than `max_files` are a mistake.
 */
struct options options_parse(
	int argc, char **argv, const struct option_entry *entries, int max_files, const char *help);

#endif
