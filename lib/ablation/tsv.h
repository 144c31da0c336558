/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_TSV_H
#define LRP_ABLATION_TSV_H

#include <stdbool.h>
#include <stdio.h>

enum { MAX_COLUMNS = 7 };

/* A table with tabs between its columns, below a line with their names. */
struct tsv {
	FILE *file;
	const char *source;
	const char *names; /* of the columns, with spaces between */
	int columns;
	const char *
		among; /* what the table is, in which the columns stand among others; NULL: alone */
	int place[MAX_COLUMNS];		/* of each column, among others */
	const char *found[MAX_COLUMNS]; /* its name there, of those it can have */
	char *line;
	size_t room;
	long lines;
	char *cell
		[MAX_COLUMNS]; /* of the line that was read last; "": among others, where it is short */
};

/* Open a file, "-": standard input. */
struct tsv tsv_open(const char *file, int columns, const char *names);

/* The same of columns that stand among others, in any order: a table that is called `among`, as
 * "points.tsv of head-ablate". A column that can have one of several names has bars between them. */
struct tsv tsv_open_among(const char *file, int columns, const char *names, const char *among);

/* Read the next line into the cells; false at the end. Dies, naming the line, where the first one
 * has not these names, or another not so many columns. */
bool tsv_next(struct tsv *t);

/* Is this the name that a column has among others? The line with the names was read. */
bool tsv_is(const struct tsv *t, int column, const char *name);

/* A cell of the line that was read last as a finite number, or die, naming the column. */
double tsv_number(const struct tsv *t, int column);

/* Close it; dies where not even the names came, but for a table among whose columns others stand. */
void tsv_close(struct tsv *t);

#endif
