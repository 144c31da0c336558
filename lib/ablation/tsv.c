/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/tsv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

/* Is it the line with the names? */
static bool is_top(const char *line, const char *names)
{
	for (; *line && *line == (*names == ' ' ? '\t' : *names); line++)
		names++;
	return !*line && !*names;
}

/* The name of a column, and its length; of one that has several, with bars between. */
static const char *names_at(const struct tsv *t, int column, int *length)
{
	const char *name = t->names;

	while (column--)
		name = strchr(name, ' ') + 1;
	*length = (int)strcspn(name, " ");
	return name;
}

/* The same: the name that it has in this table. */
static const char *name_at(const struct tsv *t, int column, int *length)
{
	if (!t->among || !t->found[column])
		return names_at(t, column, length);
	*length = (int)strcspn(t->found[column], " |");
	return t->found[column];
}

/* Which name of a column a cell is; NULL: none. */
static const char *match(const struct tsv *t, int column, const char *cell)
{
	int length;
	const char *name = names_at(t, column, &length), *end = name + length;

	for (size_t n; name < end; name += n + 1) {
		n = strcspn(name, " |");
		if (strlen(cell) == n && !memcmp(cell, name, n))
			return name;
	}
	return NULL;
}

bool tsv_is(const struct tsv *t, int column, const char *name)
{
	return t->found[column] && match(t, column, name) == t->found[column];
}

/* Where the columns stand. */
static void find_places(struct tsv *t)
{
	char *rest = t->line, *cell;

	for (int i = 0; (cell = strsep(&rest, "\t")); i++)
		for (int k = 0; k < t->columns; k++) {
			const char *name = match(t, k, cell);

			if (name && t->found[k])
				die("columns \"%.*s\" and \"%s\"; one is needed",
					(int)strcspn(t->found[k], " |"), t->found[k], cell);
			if (name) {
				t->found[k] = name;
				t->place[k] = i;
			}
		}
	for (int k = 0; k < t->columns; k++)
		if (!t->found[k]) {
			int length;
			const char *name = names_at(t, k, &length);

			die("no column \"%.*s\"; the table is %s", length, name, t->among);
		}
}

static void take_places(struct tsv *t)
{
	char *rest = t->line, *cell;

	for (int k = 0; k < t->columns; k++)
		t->cell[k] = t->line + strlen(t->line);
	for (int i = 0; (cell = strsep(&rest, "\t")); i++)
		for (int k = 0; k < t->columns; k++)
			if (t->place[k] == i)
				t->cell[k] = cell;
}

/* All columns there are. */
static void take_all(struct tsv *t)
{
	char *rest = t->line;
	int c = 0;

	if (t->lines == 1 && !is_top(rest, t->names))
		die("the first line must be '%s', with tabs between", t->names);
	while (rest && c < t->columns)
		t->cell[c++] = strsep(&rest, "\t");
	if (rest || c < t->columns)
		die("%d columns with tabs between are needed: %s", t->columns, t->names);
}

bool tsv_next(struct tsv *t)
{
	ssize_t n = getline(&t->line, &t->room, t->file);

	place_source(t->source);
	place_record("line", ++t->lines);
	if (n < 0) {
		if (ferror(t->file))
			die_errno("cannot read");
		return false;
	}
	if (strlen(t->line) != (size_t)n)
		die("a zero byte in a table");
	t->line[strcspn(t->line, "\n")] = '\0';
	if (!t->among)
		take_all(t);
	else if (t->lines == 1)
		find_places(t);
	else
		take_places(t);
	return t->lines > 1 || tsv_next(t);
}

double tsv_number(const struct tsv *t, int column)
{
	const char *text = t->cell[column];
	int length;
	const char *name = name_at(t, column, &length);
	char *end;
	double x = strtod(text, &end);

	if (!*text || *end || !isfinite(x) || strspn(text, "+-.0123456789eE") != strlen(text))
		die("%.*s is \"%s\", not a number", length, name, text);
	return x;
}

struct tsv tsv_open(const char *file, int columns, const char *names)
{
	struct tsv t = { .source = file, .columns = columns, .names = names };

	if (!strcmp(file, "-"))
		t.source = "<stdin>";
	place_source(t.source);
	t.file = strcmp(file, "-") ? fopen(file, "r") : stdin;
	if (!t.file)
		die_errno("cannot open");
	return t;
}

struct tsv tsv_open_among(const char *file, int columns, const char *names, const char *among)
{
	struct tsv t = tsv_open(file, columns, names);

	t.among = among;
	return t;
}

void tsv_close(struct tsv *t)
{
	if (t->lines < 2 && !t->among)
		die("empty; the first line must be '%s', with tabs between", t->names);
	fclose(t->file);
	free(t->line);
	place_record("line", 0);
	place_source(NULL);
}
