/* SPDX-License-Identifier: Apache-2.0 */
#include "network/block.h"

#include <string.h>

#include "network/op.h"

const struct layout *block_layout(const struct block *b, int node)
{
	return &b->layout[(int)b->sentence->reach[node]];
}

long block_width(const struct block *b, int node)
{
	const struct network *net = b->sentence->network;
	const struct node *n = &net->graph->node[node];

	return row_width(n, b->sentence->rows);
}

real *block_input(struct block *b, int node)
{
	if (!b->relevance[node]) {
		size_t size =
			(size_t)(block_layout(b, node)->rows * block_width(b, node)) * sizeof(real);

		b->relevance[node] = pool_take(b->pool, size);
		memset(b->relevance[node], 0, size);
	}
	return b->relevance[node];
}

const int *block_rows_in(const struct block *b, int from, int to)
{
	int x = b->sentence->reach[from], y = b->sentence->reach[to];

	return x == y ? NULL : b->row_in[x][y];
}

void block_pass(struct block *b, int from, int to)
{
	const struct layout *l = block_layout(b, from);
	const int *rows = block_rows_in(b, from, to);
	long width = block_width(b, from);

	if (!rows && !b->relevance[to]) { /* the buffer itself changes hands */
		b->relevance[to] = b->relevance[from];
		b->relevance[from] = NULL;
		return;
	}
	real *r_in = block_input(b, to);
	for (long row = 0; row < l->rows; row++)
		for (long i = 0; i < width; i++)
			r_in[(rows ? rows[row] : row) * width + i] +=
				b->relevance[from][row * width + i];
}

void block_lose(struct block *b, int node)
{
	const struct layout *l = block_layout(b, node);
	const struct shares *shares = &b->sentence->shares[node];
	const real *r = b->relevance[node];
	long width = block_width(b, node);

	for (int k = 0; k < LOSSES; k++)
		for (long row = 0; shares->lost[k] && row < l->rows; row++) {
			const real *share = shares->lost[k] + l->position[row] * width;
			double sum = 0;

			for (long i = 0; i < width; i++)
				sum += (double)share[i] * r[row * width + i];
			b->lost[k][l->step[row]] += sum;
		}
}
