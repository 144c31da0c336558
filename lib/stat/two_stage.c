/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/two_stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "record/drawn.h"

/* A sentence, from its first site on. */
struct sentence_cost {
	long steps, rows;
	double *cost; /* [rows, 2]: steps, multiplications */
};

/* A site: of each sentence and head the sum and the variance over its steps. */
struct stage_site {
	char *name;
	long heads, count, room;
	double *y, *variance; /* [count, heads] */
	long *steps;	      /* [count] */
	/* the sentence that is read now */
	long sentence;
	struct drawn_sum open;
	double *sum, *squares; /* [heads]: of x, and about the mean so far */
};

struct two_stage {
	struct stage_site *site;
	long sites;
	struct sentence_cost *sentence;
	long count, room, last; /* number of the last one */
	bool any;
};

struct two_stage *two_stage_new(void)
{
	return must_alloc(1, sizeof(struct two_stage));
}

static struct stage_site *find(struct two_stage *x, const char *name, long heads)
{
	for (long i = 0; i < x->sites; i++)
		if (!strcmp(x->site[i].name, name)) {
			if (x->site[i].heads != heads)
				die("site %s has %ld heads here but %ld before", name, heads,
					x->site[i].heads);
			return &x->site[i];
		}
	x->site = must_realloc(x->site, (size_t)x->sites + 1, sizeof *x->site);
	x->site[x->sites] = (struct stage_site){ .name = must_strdup(name),
		.heads = heads,
		.sum = must_alloc((size_t)heads, sizeof(double)),
		.squares = must_alloc((size_t)heads, sizeof(double)) };
	return &x->site[x->sites++];
}

static void close_sentence(struct stage_site *t)
{
	size_t heads = (size_t)t->heads, row = heads * sizeof(double);

	if (!t->open.rows)
		return;
	if (t->count == t->room) {
		t->room = 2 * t->room + 64;
		t->y = must_realloc(t->y, (size_t)t->room * heads, sizeof *t->y);
		t->variance = must_realloc(t->variance, (size_t)t->room * heads, sizeof *t->y);
		t->steps = must_realloc(t->steps, (size_t)t->room, sizeof *t->steps);
	}
	memcpy(t->y + t->count * t->heads, t->sum, row);
	for (long h = 0; h < t->heads; h++)
		t->variance[t->count * t->heads + h] =
			t->open.rows > 1 ? t->squares[h] / (double)(t->open.rows - 1) : 0;
	t->steps[t->count++] = t->open.rows;
	t->open = (struct drawn_sum){ 0 };
	memset(t->sum, 0, row);
	memset(t->squares, 0, row);
}

/* One more step, the n-th: Welford 1962. */
static void add_step(struct stage_site *t, const double *x, long n)
{
	for (long h = 0; h < t->heads; h++) {
		double before = n > 1 ? t->sum[h] / (double)(n - 1) : x[h];

		t->sum[h] += x[h];
		t->squares[h] += (x[h] - before) * (x[h] - t->sum[h] / (double)n);
	}
}

/* The costs of a sentence: steps that grow to all of them, multiplications. */
static void take_cost(struct two_stage *x, const struct record *r, long sentence)
{
	if (x->any && sentence == x->last)
		return;
	if (!record_has(r, "cost"))
		die("no key 'cost' in 'heads'; take those of head-carry --cost");
	struct tensor t = record_tensor(r, "cost");

	tensor_expect(&t, "cost", 2, -1L, 2L);
	const double *cost = tensor_doubles(&t, r->arena, "cost");
	struct sentence_cost c = { .rows = t.shape[0] };

	for (long i = 0; i < c.rows; i++)
		if (!(cost[2 * i] >= 1 && cost[2 * i] <= INT32_MAX && cost[2 * i + 1] >= 0) ||
			(i && !(cost[2 * i] > cost[2 * i - 2])))
			die("'cost' is to have steps, which grow from 1, and multiplications");
	if (!c.rows)
		die("'cost' is empty");
	c.steps = (long)cost[2 * c.rows - 2];
	c.cost = must_alloc((size_t)c.rows, 2 * sizeof *c.cost);
	memcpy(c.cost, cost, (size_t)c.rows * 2 * sizeof *c.cost);
	if (x->count == x->room) {
		x->room = 2 * x->room + 64;
		x->sentence = must_realloc(x->sentence, (size_t)x->room, sizeof *x->sentence);
	}
	x->sentence[x->count++] = c;
	x->last = sentence;
	x->any = true;
}

void two_stage_add(struct two_stage *x, const struct record *r)
{
	struct tensor t = record_tensor(r, "relevance");

	tensor_expect(&t, "relevance", 2, -1L, -1L);
	if (!t.count)
		die("relevance of the shape %s is empty", tensor_shape_text(&t, r->arena));
	const double *values = tensor_doubles(&t, r->arena, "relevance");
	struct drawn d = record_drawn(r, t.shape[0]);
	long sentence = record_int(r, "sentence");
	struct stage_site *site = find(x, record_text(r, "site"), t.shape[1]);

	if (d.step)
		die("sentence %ld has %ld of its %ld steps; what drawing costs is known from all",
			sentence, d.count, d.of);
	take_cost(x, r, sentence);
	if (sentence != site->sentence)
		close_sentence(site);
	site->sentence = sentence;
	long before = site->open.rows;
	drawn_add(&site->open, &d, sentence, site->name);
	for (long s = 0; s < t.shape[0]; s++)
		add_step(site, values + s * t.shape[1], before + s + 1);
}

void two_stage_close(struct two_stage *x)
{
	for (long i = 0; i < x->sites; i++)
		close_sentence(&x->site[i]);
	x->any = false;
}

/* V(k) of a head, over the square of the mean number of steps. */
static double variance(const struct stage_site *t, long head, long k)
{
	double y = 0, n = 0, between = 0, within = 0, count = (double)t->count;

	for (long c = 0; c < t->count; c++) {
		y += t->y[c * t->heads + head];
		n += (double)t->steps[c];
	}
	for (long c = 0; c < t->count; c++) {
		double steps = (double)t->steps[c], drawn = fmin((double)k, steps);
		double rest = t->y[c * t->heads + head] - y / n * steps;

		between += rest * rest;
		within += steps * (steps / drawn - 1) * t->variance[c * t->heads + head];
	}
	return (between / (count - 1) + within / count) / (n / count) / (n / count);
}

/* The most that any head needs. */
static double sentences_for(const struct two_stage *x, long k, double half_width)
{
	const double z = 1.959963984540054;
	double most = 0;

	for (long i = 0; i < x->sites; i++)
		for (long h = 0; h < x->site[i].heads; h++)
			most = fmax(most, variance(&x->site[i], h, k));
	return z / half_width * z / half_width * most;
}

/* The mean over sentences; of shorter ones that of all their steps. */
static double cost_of(const struct two_stage *x, long k)
{
	double sum = 0;

	for (long c = 0; c < x->count; c++) {
		const struct sentence_cost *s = &x->sentence[c];
		long i = 0;

		while (i < s->rows - 1 && s->cost[2 * i] < (double)k)
			i++;
		sum += s->cost[2 * i + 1];
	}
	return sum / (double)x->count;
}

/* The steps that the longest sentence has costs for. */
static const struct sentence_cost *longest(const struct two_stage *x)
{
	const struct sentence_cost *most = &x->sentence[0];

	for (long c = 1; c < x->count; c++)
		if (x->sentence[c].steps > most->steps)
			most = &x->sentence[c];
	return most;
}

struct stage_plan *two_stage_plans(
	const struct two_stage *x, double half_width, long *count, long *best)
{
	const struct sentence_cost *all = x->count > 1 ? longest(x) : NULL;
	struct stage_plan *plan = must_alloc(all ? (size_t)all->rows : 1, sizeof *plan);

	*count = all ? all->rows : 1;
	*best = 0;
	for (long i = 0; all && i < *count; i++) {
		long k = (long)all->cost[2 * i];
		double sentences = sentences_for(x, k, half_width);

		plan[i] = (struct stage_plan){ k, sentences, sentences * cost_of(x, k) };
		*best = plan[i].work < plan[*best].work ? i : *best;
	}
	return plan;
}
