/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/print.h"
#include "compare/compare_write.h"

/* A head in the table. */
struct table_row {
	const struct matched_site *site;
	long head;
	const struct head_difference *x;
	double adjusted;
};

static int largest_first(const void *a, const void *b)
{
	const struct table_row *p = a, *q = b;
	double x = fabs(p->x->difference), y = fabs(q->x->difference);

	if (x != y)
		return x > y ? -1 : 1;
	return (p->x > q->x) - (p->x < q->x);
}

static struct table_row *sort_rows(const struct head_comparison *c)
{
	struct table_row *row = must_alloc((size_t)c->heads->heads, sizeof *row);

	for (long i = 0; i < c->heads->count; i++) {
		const struct matched_site *s = &c->heads->at[i];

		for (long h = 0; h < s->heads; h++)
			row[s->first + h] = (struct table_row){ s, h, c->difference + s->first + h,
				c->adjusted ? c->adjusted[s->first + h] : NAN };
	}
	qsort(row, (size_t)c->heads->heads, sizeof *row, largest_first);
	return row;
}

static void put_side(FILE *to, const char *letter, const struct compared_side *s, const char *name,
	long sentences, long steps)
{
	print_plain(to, "%s   %s", letter, name);
	if (strcmp(name, s->file))
		print_plain(to, " (%s)", s->file);
	fprintf(to, ": %ld step%s of %ld sentence%s\n", steps, steps == 1 ? "" : "s", sentences,
		sentences == 1 ? "" : "s");
}

static void put_sides(FILE *to, const struct head_comparison *c)
{
	struct site_counts n = difference_counts(&c->heads->at[0], c->sentences);

	put_side(to, "A", c->a, c->name_a, n.sentences_a, n.steps_a);
	put_side(to, "B", c->b, c->name_b, n.sentences_b, n.steps_b);
	print_plain(to, "%s%s%s\n\n", c->sentences->paired ? "paired by sentence" : "unpaired",
		c->sentences->why ? ": " : "", c->sentences->why ? c->sentences->why : "");
}

static void put_cell(FILE *to, int width, double x, bool known)
{
	if (known && !isnan(x))
		fprintf(to, " %*.4g", width, x);
	else
		fprintf(to, " %*s", width, "-");
}

/* "layer": the mean of those within each; "top 10" of all heads. */
static void put_agreement(FILE *to, const struct agreement *g)
{
	char top[32];

	snprintf(top, sizeof top, "top %ld", g->top);
	fprintf(to, "%-10s %-10s %10s %10s %10s\n", "measure", "heads", "value", "low", "high");
	for (long i = 0; i < g->rows; i++) {
		const struct agreement_row *r = &g->row[i];

		print_plain(to, "%-10s %-10s", agreement_names[r->measure],
			r->measure == AGREE_OVERLAP ? top
			: r->among == AGREE_KIND    ? r->kind
			: r->among == AGREE_ALL	    ? "all"
						    : "layer");
		put_cell(to, 10, r->value, true);
		put_cell(to, 10, r->low, true);
		put_cell(to, 10, r->high, true);
		fputc('\n', to);
	}
}

/* "enc-self.4:1", by the number that the stream of the comparison gives it. */
static int name_width(const struct table_row *r)
{
	return (int)strlen(r->site->a->site) + 1 + snprintf(NULL, 0, "%ld", r->head);
}

static void put_row(FILE *to, const struct table_row *r, int width, bool adjusted)
{
	print_plain(to, "%s:%ld", r->site->a->site, r->head);
	fprintf(to, "%*s", width - name_width(r), "");
	put_cell(to, 10, r->x->a, true);
	put_cell(to, 10, r->x->b, true);
	put_cell(to, 10, r->x->difference, true);
	put_cell(to, 10, r->x->low, r->x->spread);
	put_cell(to, 10, r->x->high, r->x->spread);
	if (adjusted)
		put_cell(to, 10, r->adjusted, true);
	if (r->site->was[r->head] != r->head)
		fprintf(to, "  (was %ld)", r->site->was[r->head]);
	fputc('\n', to);
}

void compare_table(FILE *to, const struct head_comparison *c)
{
	struct table_row *row = sort_rows(c);
	int width = 12;

	for (long i = 0; i < c->heads->heads; i++)
		width = name_width(&row[i]) > width ? name_width(&row[i]) : width;
	put_sides(to, c);
	put_agreement(to, c->agreement);
	fprintf(to, "\n%-*s %10s %10s %10s %10s %10s%s\n", width, "head", "A", "B", "A - B", "low",
		"high", c->adjusted ? "   p (Holm)" : "");
	for (long i = 0; i < c->heads->heads; i++)
		put_row(to, &row[i], width, c->adjusted);
	free(row);
}
