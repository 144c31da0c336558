/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op-check GRAPHS [leak|mix]: every operation by itself, on random inputs: positive, negative, zero,
 * denormal. All that it is told of an operation is a tiny graph that ends with it, in a file of them
 * (tests/data/op-graphs.json). One output at a time starts with relevance 1. For each rule
 *
 *   keeps      what the inputs get and what is lost, by kind, is 1, in that output's step alone;
 *              with bias=exclude the bias has all of it, of a bias alone, or nothing
 *   transpose  <carry(H), R> = <H, relevance(R)>: both directions have the same shares
 *   gradient   dv/du by numerical differentiation of forward (double precision)
 *
 * up to rounding, relative to the magnitudes that were summed. Prints how many outputs were looked
 * at, per operation; exits 1 where one is wrong, and where an operation has no graph. With `leak` a
 * thousandth is lost, with `mix` it goes to another input: both must fail. op-single-check.c is the
 * same in single precision.
 */
#ifndef SINGLE
#define REAL_IS_DOUBLE
#endif
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "op-trial.h"

static const double tolerance = sizeof(real) == sizeof(double) ? 1e-12 : 2e-5;

static int failures;
static long derivatives; /* that were compared */

static void fail(const struct trial *x, const char *what, double got, double want)
{
	fprintf(stderr, "%s: %s, inputs %s, reach %d: %s: %.17g, not %.17g\n", x->op->kind->name,
		x->rule_text, mode_names[x->mode], x->tiny->reach[x->tiny->under], what, got, want);
	if (++failures == 10)
		die("too many are wrong");
}

static void equal(const struct trial *x, const char *what, double got, double want, double scale)
{
	if (!(fabs(got - want) <= tolerance * scale))
		fail(x, what, got, want);
}

/* dy/du of forward, by differences. */
static void set_slopes(struct trial *x)
{
	int under = x->tiny->under;
	const struct node *n = &x->tiny->graph->node[under];
	long out = batch_value_size(x->s.network, under, &x->batch);
	real *y = x->value[under], *up = arena_array(&x->arena, (size_t)out, sizeof *up);
	real *down = arena_array(&x->arena, (size_t)out, sizeof *down);
	const double h = 1e-6;

	for (int k = 0; k < n->inputs; k++) {
		long in = batch_value_size(x->s.network, n->input[k], &x->batch);

		x->slope[k] = arena_array(&x->arena, (size_t)(in * out), sizeof(double));
		for (long i = 0; i < in; i++) {
			real *u = &x->value[n->input[k]][i], before = *u;

			*u = (real)(before + h);
			x->value[under] = up;
			x->op->forward(x->s.network, under, &x->batch, x->value);
			*u = (real)(before - h);
			x->value[under] = down;
			x->op->forward(x->s.network, under, &x->batch, x->value);
			*u = before;
			for (long o = 0; o < out; o++)
				x->slope[k][i * out + o] = (up[o] - down[o]) / (2 * h);
		}
	}
	x->value[under] = y;
}

/* Two heads on their way: the first at all inputs, the second at the last one only. */
static void carry_heads(struct trial *x)
{
	int under = x->tiny->under, slot[NODES][CARRIED], *slots_of[NODES], slots[NODES] = { 0 },
	    last_use[NODES];
	const struct node *n = &x->tiny->graph->node[under];
	real *at[NODES] = { 0 };
	struct carry c = { .sentence = &x->s,
		.heads = CARRIED,
		.slot = slots_of,
		.slots = slots,
		.last_use = last_use,
		.at = at,
		.pool = x->pool };

	for (int i = 0; i < NODES; i++) {
		slots_of[i] = slot[i];
		last_use[i] = under;
		slot[i][0] = slot[i][1] = -1;
	}
	slot[under][0] = slots[under]++;
	slot[under][1] = slots[under]++;
	for (int k = 0; k < n->inputs; k++) {
		int input = n->input[k];
		long size = carry_size(&c, input);

		x->carried_in[k] = arena_zero(&x->arena, (size_t)(CARRIED * size), sizeof(real));
		for (int h = 0; h < CARRIED; h++) {
			if (h && k + 1 < n->inputs)
				continue;
			slot[input][h] = slots[input]++;
			for (long i = 0; i < size; i++)
				x->carried_in[k][h * size + i] = (real)uniform();
		}
		at[input] = pool_take(x->pool, (size_t)(CARRIED * size) * sizeof(real));
		memcpy(at[input], x->carried_in[k], (size_t)(CARRIED * size) * sizeof(real));
	}
	op_direction(x->op, &x->rule)->carry(&c, under);
	size_t all = (size_t)(CARRIED * carry_size(&c, under)) * sizeof(real);
	x->carried = memcpy(arena_alloc(&x->arena, all), at[under], all);
	for (int i = 0; i < NODES; i++)
		pool_give(x->pool, at[i]);
}

/* What one output, at a row of relevance, handed on. */
struct handed {
	double sum, size, against[CARRIED]; /* of the relevance, its magnitudes, and times H */
};

static struct handed add_up(const struct trial *x, long from_row, long from, long step)
{
	const struct node *n = &x->tiny->graph->node[x->tiny->under];
	bool gradient = x->rule.contribution == GRADIENT;
	long out = batch_value_size(x->s.network, x->tiny->under, &x->batch);
	const struct layout *from_rows = block_layout(&x->b, x->tiny->under);
	long at_output = element(x, x->tiny->under, from_rows->position[from_row], from);
	struct handed y = { 0 };

	for (int k = 0; k < n->inputs; k++) {
		const struct layout *l = block_layout(&x->b, n->input[k]);
		const real *r = x->b.relevance[n->input[k]];
		long width = width_of_row(x, n->input[k]), size = rows_of(x, n->input[k]) * width;

		for (long at = 0; r && at < l->rows * width; at++) {
			long row = at / width, i = at % width, p = l->position[row];

			if (l->step[row] != step && r[at] != 0)
				fail(x, "another step's relevance", r[at], 0);
			if (rule_is_positive(&x->rule) && r[at] < -tolerance)
				fail(x, "a share", r[at], 0);
			y.sum += r[at];
			y.size += fabs(r[at]);
			for (int h = 0; h < CARRIED; h++)
				y.against[h] +=
					(double)r[at] * x->carried_in[k][h * size + p * width + i];
			if (gradient && x->slope[k] && l->step[row] == step &&
				sees(x, n->input[k], p, i)) {
				long u = element(x, n->input[k], p, i);
				double slope = x->slope[k][u * out + at_output];

				derivatives++;
				if (fabs(r[at] - slope) > 1e-7 * (1 + fabs(slope)))
					fail(x, "derivative", r[at], slope);
			}
		}
	}
	return y;
}

static void check_losses(
	const struct trial *x, long step, const struct handed *y, double *lost, double *size)
{
	const struct rule *r = &x->rule;
	const struct node *n = &x->tiny->graph->node[x->tiny->under];
	/* the table of distances is a bias of scores */
	bool has_bias = n->bias.tensor || (attention_of(n) && n->weight.tensor);
	bool alone = r->bias == EXCLUDE && has_bias && x->b.lost[LOST_BIAS][step] == 1;
	const bool may[LOSSES] = { [LOST_BIAS] = r->bias == ABSORB || (alone && y->size == 0),
		[LOST_EPS] = r->eps > 0,
		[LOST_ZERO] = true,
		[LOST_SOFTMAX] = r->softmax == TAYLOR };

	for (int k = 0; k < LOSSES; k++)
		for (long s = 0; s < STEPS; s++) {
			double here = x->b.lost[k][s];

			if (here != 0 && (s != step || !may[k]))
				fail(x, "loss of a kind that it has not", here, 0);
			*lost += here;
			*size += fabs(here);
			x->b.lost[k][s] = 0;
		}
}

enum fault { NONE, LEAK, MIX };

/* One output starts with relevance 1. */
static void check_output(struct trial *x, long row, long i, enum fault fault)
{
	int under = x->tiny->under, first = x->tiny->graph->node[under].input[0];
	const struct layout *l = block_layout(&x->b, under);
	long width = width_of_row(x, under), step = l->step[row], size = rows_of(x, under) * width;
	double lost = 0, all;

	block_input(&x->b, under)[row * width + i] = 1;
	op_direction(x->op, &x->rule)->back(&x->b, under);
	if (fault && x->b.relevance[first])
		x->b.relevance[first][0] -= (real)1e-3;
	if (fault == MIX && x->b.relevance[first])
		x->b.relevance[first][1] += (real)1e-3;
	struct handed y = add_up(x, row, i, step);
	all = 1 + y.size;
	check_losses(x, step, &y, &lost, &all);
	if (x->rule.contribution != GRADIENT)
		equal(x, "sum of what is handed on and lost", y.sum + lost, 1, all);
	for (int h = 0; h < CARRIED; h++) {
		double got = x->carried[h * size + l->position[row] * width + i];

		equal(x, "carried", got, y.against[h], all + fabs(got));
	}
	for (int k = 0; k < x->tiny->graph->nodes; k++) {
		pool_give(x->pool, x->b.relevance[k]);
		x->b.relevance[k] = NULL;
	}
}

/* Returns how many outputs it looked at. */
static long run(struct trial *x, enum fault fault)
{
	int under = x->tiny->under;
	long outputs = 0;

	start_trial(x);
	set_values(x);
	if (op_direction(x->op, &x->rule)->prepare)
		op_direction(x->op, &x->rule)->prepare(&x->s, under);
	carry_heads(x);
	if (x->rule.contribution == GRADIENT && sizeof(real) == sizeof(double) &&
		x->mode < WITH_ZEROS)
		set_slopes(x);
	const struct layout *l = block_layout(&x->b, under);
	for (long row = 0; row < l->rows; row++)
		for (long i = 0; i < width_of_row(x, under); i++) {
			if (!sees(x, under, l->position[row], i))
				continue;
			check_output(x, row, i, fault);
			outputs++;
		}
	return outputs;
}

/*
 * All rules of a graph, with inputs of any kind in all ways that relevance can stand, and with those
 * of each special kind in one of them. Returns how many outputs it looked at.
 */
static long check_graph(struct tiny *t, enum fault fault, struct pool *pool)
{
	struct trial x = { .tiny = t, .pool = pool };
	struct arena rules = { 0 };
	long outputs = 0;

	x.op = op_of(t->graph->node[t->under].kind);
	for (int r = 0; (x.rule_text = rule_text(r, &rules)); r++) {
		x.rule = rule_parse(x.rule_text, &rules);
		int ways = 0;
		for (x.mode = ANY; set_reach(t, ways); ways++)
			outputs += run(&x, fault);
		for (x.mode = ANY + 1; x.mode < MODES; x.mode++) {
			set_reach(t, (r + (int)x.mode) % ways);
			outputs += run(&x, fault);
		}
	}
	arena_free(&x.arena);
	arena_free(&rules);
	return outputs;
}

static bool ends_with(const json_t *graph, const struct kind *kind)
{
	const json_t *last = json_array_get(graph, json_array_size(graph) - 1);

	return strcmp(kind->name, json_string_value(json_object_get(last, "op"))) == 0;
}

/* Every kind has a graph, unless it is a leaf. */
static void check_kinds(const json_t *graphs)
{
	for (int i = 0; node_kinds[i]; i++) {
		bool found = !node_kinds[i]->inputs;

		for (size_t k = 0; k < json_array_size(graphs); k++)
			found |= ends_with(json_array_get(graphs, k), node_kinds[i]);
		if (!found)
			die("%s: no graph ends with it; write one into the file of graphs",
				node_kinds[i]->name);
	}
}

/* The graphs of this kind. */
static void check_kind(const struct kind *kind, const json_t *graphs, enum fault fault)
{
	const struct op *op = op_of(kind);
	struct pool *pool = pool_new();
	long outputs = 0, before = derivatives;
	size_t i;
	json_t *nodes;

	if (!op || !op->forward)
		die("%s: no operation", kind->name);
	if (!kind->inputs) {
		printf("%s: a leaf\n", kind->name);
		return;
	}
	if (!op->relevance.back || !op->relevance.carry || !op->gradient.back ||
		!op->gradient.carry)
		die("%s: relevance or the gradient does not go both ways", kind->name);
	json_array_foreach(graphs, i, nodes)
	{
		struct arena a = { 0 };
		struct tiny t;

		if (!ends_with(nodes, kind))
			continue;
		read_tiny(&t, nodes, &a);
		outputs += check_graph(&t, fault, pool);
		arena_free(&a);
	}
	if (sizeof(real) == sizeof(double) && derivatives == before)
		die("%s: no derivative was compared", kind->name);
	printf("%s: %ld outputs\n", kind->name, outputs);
}

int main(int argc, char **argv)
{
	enum fault fault = argc < 3 ? NONE : strcmp(argv[2], "leak") ? MIX : LEAK;
	json_error_t error;

	place_program(argv[0]);
	if (argc < 2)
		die_usage("which graphs?");
	json_t *graphs = json_load_file(argv[1], 0, &error);

	if (!graphs)
		die("%s: line %d: %s", argv[1], error.line, error.text);
	check_kinds(graphs);
	for (int i = 0; node_kinds[i]; i++)
		check_kind(node_kinds[i], graphs, fault);
	return failures > 0;
}
