/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/plan.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ablation/tsv.h"
#include "base/arena.h"
#include "base/die.h"

const char *const direction_names[] = { "none", "single", "least", "most", "random", NULL };

enum { MAX_HEADS = 1 << 20 };

/* Up to which no sum and no square of scores is beyond the range of a double. */
static const double max_score = 1e100;

static enum curve_direction find_direction(const char *name)
{
	for (int d = NONE; direction_names[d]; d++)
		if (!strcmp(direction_names[d], name))
			return (enum curve_direction)d;
	die("a direction is none, single, least, most or random, not '%s'", name);
}

static long read_count(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n > MAX_HEADS)
		die("'%s' is no number of heads", text);
	return n;
}

/* The place of a head among the SINGLE points, -1 where it is not masked alone. */
static long find_head(const struct ablation_plan *p, const char *head)
{
	for (long i = 0; i < p->heads; i++)
		if (!strcmp(p->point[p->single[i]].head, head))
			return i;
	return -1;
}

static void add_single(struct ablation_plan *p, const char *head)
{
	const char *dot = strchr(head, '.'), *colon = dot ? strchr(dot, ':') : NULL;

	if (!colon || dot == head || colon == dot + 1 || !colon[1])
		die("'%s' is no head; name one as in enc-self.0:1", head);
	if (find_head(p, head) >= 0)
		die("head %s alone a second time", head);
	p->single = must_realloc(p->single, (size_t)p->heads + 1, sizeof *p->single);
	p->single[p->heads++] = p->count;
}

const struct curve *plan_curve(
	const struct ablation_plan *p, const char *order, enum curve_direction direction)
{
	for (long i = 0; i < p->curves; i++)
		if (p->curve[i].direction == direction && !strcmp(p->curve[i].order, order))
			return &p->curve[i];
	return NULL;
}

static struct curve *new_curve(struct ablation_plan *p, const struct point *x)
{
	p->curve = must_realloc(p->curve, (size_t)p->curves + 1, sizeof *p->curve);
	p->curve[p->curves] = (struct curve){ .order = x->order, .direction = x->direction };
	return &p->curve[p->curves++];
}

static long curve_end(const struct ablation_plan *p, const struct curve *c)
{
	return c->count ? p->point[c->point[c->count - 1]].removed : 0;
}

static void add_to_curve(struct ablation_plan *p, const struct point *x)
{
	struct curve *c = (struct curve *)plan_curve(p, x->order, x->direction);

	if (!c)
		c = new_curve(p, x);
	if (x->removed <= curve_end(p, c))
		die("%ld heads after %ld; a curve has to remove more and more", x->removed,
			curve_end(p, c));
	c->point = must_realloc(c->point, (size_t)c->count + 1, sizeof *c->point);
	c->point[c->count++] = p->count;
}

static void add_point(struct ablation_plan *p, char *const *cell)
{
	struct point new = { .order = must_strdup(cell[0]),
		.direction = find_direction(cell[1]),
		.removed = read_count(cell[2]),
		.head = must_strdup(cell[3]) };

	if (new.direction == NONE && p->base >= 0)
		die("a second line of direction 'none'; one is what all are compared with");
	if (new.direction == NONE)
		p->base = p->count;
	else if (new.direction == SINGLE)
		add_single(p, new.head);
	else
		add_to_curve(p, &new);
	p->point = must_realloc(p->point, (size_t)p->count + 1, sizeof *p->point);
	new.file = loss_sums_file(&p->losses, cell[4]);
	p->point[p->count++] = new;
}

struct ablation_plan *plan_read(const char *file, const char *judge)
{
	struct ablation_plan *p = must_alloc(1, sizeof *p);
	struct tsv t = tsv_open(file, 5, "order direction removed head file");

	p->base = -1;
	p->losses.judge = judge;
	while (tsv_next(&t))
		add_point(p, t.cell);
	tsv_close(&t);
	if (p->base < 0)
		die("%s: no line of direction 'none': the losses without masked heads", t.source);
	return p;
}

static struct scores *find_order(struct ablation_plan *p, const char *order)
{
	for (long o = 0; o < p->orders; o++)
		if (!strcmp(p->scores[o].order, order))
			return &p->scores[o];
	p->scores = must_realloc(p->scores, (size_t)p->orders + 1, sizeof *p->scores);
	struct scores *s = &p->scores[p->orders++];
	*s = (struct scores){ must_strdup(order), must_alloc((size_t)p->heads, sizeof(double)) };
	for (long i = 0; i < p->heads; i++)
		s->score[i] = NAN;
	return s;
}

static void add_score(struct ablation_plan *p, char *const *cell)
{
	struct scores *s = find_order(p, cell[0]);
	long i = find_head(p, cell[1]);
	char *end;
	double x = strtod(cell[2], &end);

	if (!*cell[2] || *end || !(fabs(x) <= max_score))
		die("'%s' is no score: a number, its size at most %g", cell[2], max_score);
	if (i < 0)
		return;
	if (!isnan(s->score[i]))
		die("a second score of head %s in order '%s'", cell[1], cell[0]);
	s->score[i] = x;
}

static void same_ends(const struct ablation_plan *p)
{
	for (long i = 1; i < p->curves; i++) {
		const struct curve *a = p->curve, *b = a + i;

		if (curve_end(p, a) != curve_end(p, b))
			die("curve '%s %s' ends at %ld heads, '%s %s' at %ld; end all at the same "
			    "number",
				a->order, direction_names[a->direction], curve_end(p, a), b->order,
				direction_names[b->direction], curve_end(p, b));
	}
}

void plan_scores(struct ablation_plan *p, const char *file)
{
	same_ends(p);
	struct tsv t = tsv_open(file, 3, "order head score");

	while (tsv_next(&t))
		add_score(p, t.cell);
	tsv_close(&t);
	for (long o = 0; o < p->orders; o++)
		for (long i = 0; i < p->heads; i++)
			if (isnan(p->scores[o].score[i]))
				die("%s: order '%s' has no score of head %s, which is masked alone",
					t.source, p->scores[o].order, p->point[p->single[i]].head);
}
