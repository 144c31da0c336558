/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/tsv.h"

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

bool tsv_next(struct tsv *t)
{
	ssize_t n = getline(&t->line, &t->room, t->file);
	char *rest = t->line;
	int c = 0;

	place_source(t->source);
	place_record("line", ++t->lines);
	if (n < 0) {
		if (ferror(t->file))
			die_errno("cannot read");
		return false;
	}
	if (strlen(rest) != (size_t)n)
		die("a zero byte in a table");
	rest[strcspn(rest, "\n")] = '\0';
	if (t->lines == 1 && !is_top(rest, t->names))
		die("the first line must be '%s', with tabs between", t->names);
	while (rest && c < t->columns)
		t->cell[c++] = strsep(&rest, "\t");
	if (rest || c < t->columns)
		die("%d columns with tabs between are needed: %s", t->columns, t->names);
	return t->lines > 1 || tsv_next(t);
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

void tsv_close(struct tsv *t)
{
	if (t->lines < 2)
		die("empty; the first line must be '%s', with tabs between", t->names);
	fclose(t->file);
	free(t->line);
	place_record("line", 0);
	place_source(NULL);
}
