/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operation in the table, by itself, on random inputs: positive, negative, zero, denormal.
 * One output at a time starts with relevance 1. For each rule
 *
 *   keeps      what the inputs get and what is lost, by kind, is 1, in that output's step alone;
 *              with bias=exclude the bias has all of it, of a bias alone, or nothing
 *   transpose  <carry(H), R> = <H, relevance(R)>: both directions have the same shares
 *   gradient   dv/du by numerical differentiation of forward (double precision)
 *
 * up to rounding, relative to the magnitudes that were summed. Prints how many outputs were looked
 * at, per operation; exits 1 where one is wrong. With `leak` a thousandth is lost, with `mix` it
 * goes to another input: both must fail. op-single-check.c is the same in single precision.
 */
#ifndef SINGLE
#define REAL_IS_DOUBLE
#endif
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "op-check.h"
#include "network/layout.h"
#include "op/operations.h"

static const double tolerance = sizeof(real) == sizeof(double) ? 1e-12 : 2e-5;

/* Everything of one trial. */
struct trial {
	struct tiny *tiny;
	const struct op *op;
	const char *rule_text;
	enum mode mode;
	struct rule rule;
	struct sentence s;
	struct block b;
	struct batch batch;
	struct span spans[2];
	real *value[NODES], *carried_in[2], *carried; /* [HEADS heads, rows, width] */
	float weight[WIDTH * WIDTH], bias[WIDTH];
	double *slope[2]; /* numerical: [input element, output element] */
	struct arena arena;
	struct pool *pool;
};

static bool find_weight(const void *from, const char *name, struct tensor *t)
{
	const struct trial *x = from;
	bool bias = strcmp(name, "bias") == 0;
	const struct node *n = &x->tiny->node[x->tiny->under];

	*t = (struct tensor){ .type = "<f4", .dimensions = 1 };
	t->count = (size_t)(!bias && x->op->kind == &kind_linear ? n->width * WIDTH : n->width);
	t->shape[0] = (long)t->count;
	t->data = bias ? x->bias : x->weight;
	return true;
}

/* Elements of a node's row of relevance, and where one of them stands in its value. */
static long width_of_row(const struct trial *x, int node)
{
	return block_width(&x->b, node);
}

static long rows_of(const struct trial *x, int node)
{
	return x->s.rows[x->tiny->node[node].side];
}

static long element(const struct trial *x, int node, long position, long i)
{
	const struct node *n = &x->tiny->node[node];
	long keys = x->s.rows[node_keys(n)];

	if (!node_is_pairs(&x->tiny->node[node]))
		return position * n->width + i;
	return (i / keys * rows_of(x, node) + position) * keys + i % keys;
}

/* Relevance never stands at keys that a query does not see. */
static bool sees(const struct trial *x, int node, long position, long i)
{
	const struct node *n = &x->tiny->node[node];

	return !node_is_pairs(&x->tiny->node[node]) || !attention_of(n)->causal ||
	       i % x->s.rows[node_keys(n)] <= position;
}

static int failures;

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

/* Values of the node's inputs by the mode; those further away, and its own by its forward formula.
 */
static void set_values(struct trial *x)
{
	for (int i = 0; i <= x->tiny->under; i++) {
		long count = batch_value_size(x->s.network, i, &x->batch);

		x->value[i] = arena_zero(&x->arena, (size_t)count, sizeof(real));
		for (long k = 0; k < count; k++)
			x->value[i][k] = (real)draw(x->mode, sizeof(real) == sizeof(double));
		if (i == x->tiny->under || x->tiny->node[i].kind == &kind_softmax)
			x->s.network->op[i]->forward(x->s.network, i, &x->batch, x->value);
	}
}

/* dy/du of forward, by differences. */
static void set_slopes(struct trial *x)
{
	int under = x->tiny->under;
	const struct node *n = &x->tiny->node[under];
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
	int under = x->tiny->under, slot[NODES][HEADS], *slots_of[NODES], slots[NODES] = { 0 },
	    last_use[NODES];
	const struct node *n = &x->tiny->node[under];
	real *at[NODES] = { 0 };
	struct carry c = { .sentence = &x->s,
		.heads = HEADS,
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

		x->carried_in[k] = arena_zero(&x->arena, (size_t)(HEADS * size), sizeof(real));
		for (int h = 0; h < HEADS; h++) {
			if (h && k + 1 < n->inputs)
				continue;
			slot[input][h] = slots[input]++;
			for (long i = 0; i < size; i++)
				x->carried_in[k][h * size + i] = (real)uniform();
		}
		at[input] = pool_take(x->pool, (size_t)(HEADS * size) * sizeof(real));
		memcpy(at[input], x->carried_in[k], (size_t)(HEADS * size) * sizeof(real));
	}
	op_direction(x->op, &x->rule)->carry(&c, under);
	size_t all = (size_t)(HEADS * carry_size(&c, under)) * sizeof(real);
	x->carried = memcpy(arena_alloc(&x->arena, all), at[under], all);
	for (int i = 0; i < NODES; i++)
		pool_give(x->pool, at[i]);
}

/* What one output, at a row of relevance, handed on. */
struct handed {
	double sum, size, against[HEADS]; /* of the relevance, its magnitudes, and times H */
};

static struct handed add_up(const struct trial *x, long from_row, long from, long step)
{
	const struct node *n = &x->tiny->node[x->tiny->under];
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
			for (int h = 0; h < HEADS; h++)
				y.against[h] +=
					(double)r[at] * x->carried_in[k][h * size + p * width + i];
			if (gradient && x->slope[k] && l->step[row] == step &&
				sees(x, n->input[k], p, i)) {
				long u = element(x, n->input[k], p, i);
				double slope = x->slope[k][u * out + at_output];

				if (fabs(r[at] - slope) > 1e-7 * (1 + fabs(slope)))
					fail(x, "derivative", r[at], slope);
			}
		}
	}
	return y;
}

static bool has_bias(const struct trial *x)
{
	return x->op == &op_norm || x->op == &op_linear;
}

static void check_losses(
	const struct trial *x, long step, const struct handed *y, double *lost, double *size)
{
	const struct rule *r = &x->rule;
	bool alone = r->bias == EXCLUDE && has_bias(x) && x->b.lost[LOST_BIAS][step] == 1;
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
	int under = x->tiny->under, first = x->tiny->node[under].input[0];
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
	for (int h = 0; h < HEADS; h++) {
		double got = x->carried[h * size + l->position[row] * width + i];

		equal(x, "carried", got, y.against[h], all + fabs(got));
	}
	for (int k = 0; k < x->tiny->graph.nodes; k++) {
		pool_give(x->pool, x->b.relevance[k]);
		x->b.relevance[k] = NULL;
	}
}

static void start(struct trial *x)
{
	static real *none[NODES];
	struct weight_source source = { find_weight, x };

	arena_reset(&x->arena);
	memcpy(x->value, none, sizeof none);
	for (int i = 0; i < WIDTH * WIDTH; i++)
		x->weight[i] = (float)draw(x->mode, false);
	for (int i = 0; i < WIDTH; i++)
		x->bias[i] = (float)draw(x->mode, false);
	x->slope[0] = x->slope[1] = NULL;
	x->spans[SOURCE] = (struct span){ 0, SOURCES };
	x->spans[TARGET] = (struct span){ 0, TARGETS };
	x->batch = (struct batch){ .sentences = 1,
		.rows = { SOURCES, TARGETS },
		.queries = { &x->spans[SOURCE], &x->spans[TARGET] },
		.keys = { &x->spans[SOURCE], &x->spans[TARGET] } };
	x->s = (struct sentence){ .network = network_bind(&x->tiny->graph, source, &x->arena),
		.rule = &x->rule,
		.rows = { SOURCES, TARGETS },
		.value = x->value,
		.shares = arena_zero(&x->arena, NODES, sizeof *x->s.shares),
		.reach = x->tiny->reach,
		.arena = &x->arena,
		.pool = x->pool };
	x->b = (struct block){ .sentence = &x->s,
		.first = FIRST,
		.steps = STEPS,
		.relevance = arena_zero(&x->arena, NODES, sizeof *x->b.relevance),
		.pool = x->pool,
		.arena = &x->arena };
	for (int k = 0; k < LOSSES; k++)
		x->b.lost[k] = arena_zero(&x->arena, STEPS, sizeof *x->b.lost[k]);
	layout_block(&x->b);
}

/* Returns how many outputs it looked at. */
static long run(struct trial *x, enum fault fault)
{
	int under = x->tiny->under;
	long outputs = 0;

	start(x);
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

static long check_op(const struct op *op, enum fault fault)
{
	struct trial x = { .op = op, .pool = pool_new() };
	struct arena rules = { 0 };
	struct tiny tiny;
	long outputs = 0;

	x.tiny = &tiny;
	for (int r = 0; (x.rule_text = rule_text(op, r, &rules)); r++) {
		x.rule = rule_parse(x.rule_text, &rules);
		for (int which = 0; make_tiny(&tiny, op, which); which++)
			for (x.mode = ANY; x.mode < MODES; x.mode++)
				outputs += run(&x, fault);
	}
	return outputs;
}

int main(int argc, char **argv)
{
	const struct op *op;
	enum fault fault = argc < 2 ? NONE : strcmp(argv[1], "leak") ? MIX : LEAK;

	place_program(argv[0]);
	for (int i = 0; (op = op_at(i)); i++)
		if (op->relevance.back)
			printf("%s: %ld outputs\n", op->kind->name, check_op(op, fault));
		else
			printf("%s: a leaf\n", op->kind->name);
	return failures > 0;
}
