/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/logits.h"

#include <string.h>
#include <tgmath.h>

#include "network/op.h"
#include "tensor/vectorised.h"

/* Positions at a time: enough for a fast matrix product. */
enum { LOGIT_ROWS = 64 };

void logits_run(struct network *net, const real *x, const int *position, long count,
	void (*visit)(void *context, long i, real *z), void *context, struct arena *a)
{
	const struct graph *g = net->graph;
	int last = graph_logits(g), in = g->node[last].input[0];
	long width = g->node[in].width, vocabulary = g->node[last].width;
	struct arena_mark mark = arena_mark(a);
	real **value = arena_zero(a, (size_t)g->nodes, sizeof *value);

	value[in] = arena_array(a, (size_t)(LOGIT_ROWS * width), sizeof(real));
	value[last] = arena_array(a, (size_t)(LOGIT_ROWS * vocabulary), sizeof(real));
	for (long first = 0; first < count; first += LOGIT_ROWS) {
		long rows = count - first < LOGIT_ROWS ? count - first : LOGIT_ROWS;
		struct batch b = { .sentences = 1 };

		b.rows[g->node[last].side] = rows;
		for (long i = 0; i < rows; i++)
			memcpy(value[in] + i * width, x + position[first + i] * width,
				(size_t)width * sizeof(real));
		net->op[last]->forward(net, last, &b, value);
		for (long i = 0; i < rows; i++)
			visit(context, first + i, value[last] + i * vocabulary);
	}
	arena_back(a, mark);
}

VECTORISED
struct log_sum log_sum_of(const real *z, long width)
{
	real top = z[0];
	double sum = 0;

	for (long v = 1; v < width; v++)
		top = z[v] > top ? z[v] : top;
#pragma omp simd reduction(+ : sum)
	for (long v = 0; v < width; v++)
		sum += exp(z[v] - top);
	return (struct log_sum){ top, sum };
}

static double log_of(struct log_sum s)
{
	return s.top + log(s.sum);
}

VECTORISED
double logits_divergence(
	const real *from, struct log_sum from_sum, const real *z, struct log_sum sum, long width)
{
	double log_from = log_of(from_sum), log_to = log_of(sum), kl = 0;

#pragma omp simd reduction(+ : kl)
	for (long v = 0; v < width; v++) {
		double log_q = (double)from[v] - log_from;

		kl += exp(log_q) * (log_q - ((double)z[v] - log_to));
	}
	return kl < 0 ? 0 : kl; /* by rounding alone */
}
