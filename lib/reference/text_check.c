/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/text_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/mapped.h"
#include "base/print.h"
#include "reference/line_check.h"
#include "reference/line_report.h"

enum { NAMED = 6 }; /* arrays that a message names */

struct text_check {
	struct text_check_request asked;
	struct line_check_request lines;
	struct arena arena; /* of a line */
	long compared, differ, arrays;
};

struct text_check *text_check_open(const struct text_check_request *asked)
{
	struct text_check *t = must_alloc(1, sizeof *t);
	const struct pass_request pass = { asked->graph, asked->weights, asked->threads };

	t->asked = *asked;
	t->lines = (struct line_check_request){ .graph = asked->graph,
		.given = asked->given,
		.owners = owners_new(asked->graph, asked->weights),
		.engine = asked->engine,
		.pass = asked->engine->open(&pass),
		.reference = reference_open(asked->file),
		.tolerance = asked->tolerance };
	return t;
}

void text_check_line(struct text_check *t, const struct sentence_line *line)
{
	if (line->left_out)
		return;
	if (!reference_line(t->lines.reference, line->number).count)
		die("%s has no array of this line, whose names begin with '%ld.'; give the lines that "
		    "it was made of",
			t->asked.file, line->number);
	struct line_check c = line_check(&t->lines, line, &t->arena);

	if (!c.arrays)
		die("%s: no array of this line is of a node of the model; names are '%ld.logits', "
		    "'%ld.MODULE', ...",
			t->asked.file, line->number, line->number);
	t->compared++;
	t->differ += c.off > 0;
	t->arrays += c.arrays;
	if (c.given.differs)
		report_ids(&c.given, &t->asked.given, t->asked.tokenizer, line->number + 1);
	else if (c.off || !t->asked.quiet)
		report_sum(t->asked.graph, &c, line->number + 1, &t->arena);
	report_first(t->asked.graph, &c, &t->arena);
	if (t->asked.verbose)
		report_all(t->asked.graph, &c);
	if (fflush(stdout))
		die_errno("cannot write to standard output");
	arena_reset(&t->arena);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first few names of a list, each once, and how many there are. */
static void put_names(const char **names, size_t count, const char *what)
{
	size_t different = 0;

	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(names[i - 1], names[i]) != 0)
			names[different++] = names[i];
	if (!different)
		return;
	printf("not compared: %zu name%s %s: ", different, different == 1 ? "" : "s", what);
	for (size_t i = 0; i < different && i < NAMED; i++)
		print_plain(stdout, i ? ", %s" : "%s", names[i]);
	puts(different > NAMED ? ", ..." : "");
}

/* What the file has and nothing here: names that belong to no node, those of other lines. */
static void put_left_over(const struct text_check *t)
{
	struct arrays all = reference_all(t->lines.reference);
	const char **names = must_alloc(2 * all.count, sizeof *names), **others = names + all.count;
	size_t count = 0, other = 0;

	for (size_t i = 0; i < all.count; i++)
		if (all.at[i].fate == OF_NO_NODE)
			names[count++] = all.at[i].name;
		else if (all.at[i].fate == NOT_LOOKED_AT)
			others[other++] = all.at[i].whole;
	put_names(names, count, "of no node of the model");
	put_names(others, other, "of no line that was compared");
	free(names);
}

bool text_check_end(struct text_check *t)
{
	place_source(NULL);
	mapped_check();
	if (!t->compared)
		die("no line of the text was compared with %s", t->asked.file);
	if (!t->asked.quiet) {
		put_left_over(t);
		if (t->differ)
			printf("%ld of %ld line%s differ%s", t->differ, t->compared,
				t->compared == 1 ? "" : "s", t->differ == 1 ? "s" : "");
		else
			printf("%ld line%s, %ld array%s: all agree", t->compared,
				t->compared == 1 ? "" : "s", t->arrays, t->arrays == 1 ? "" : "s");
		printf(" (tolerance %g)\n", t->asked.tolerance);
	}
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
	return !t->differ;
}
