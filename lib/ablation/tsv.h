/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_TSV_H
#define LRP_ABLATION_TSV_H

#include <stdbool.h>
#include <stdio.h>

enum { MAX_COLUMNS = 5 };

/* A table with tabs between its columns, below a line with their names. */
struct tsv {
	FILE *file;
	const char *source;
	const char *names; /* of the columns, with spaces between */
	int columns;
	char *line;
	size_t room;
	long lines;
	char *cell[MAX_COLUMNS]; /* of the line that was read last */
};

/* Open a file, "-": standard input. */
struct tsv tsv_open(const char *file, int columns, const char *names);

/* Read the next line into the cells; false at the end. Dies, naming the line, where the first one
 * has not these names, or another not so many columns. */
bool tsv_next(struct tsv *t);

/* Close it; dies where not even the names came. */
void tsv_close(struct tsv *t);

#endif
