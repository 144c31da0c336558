/* SPDX-License-Identifier: Apache-2.0 */
#include "network/carry.h"

#include <string.h>

#include "network/op.h"

long carry_size(const struct carry *c, int node)
{
	const struct sentence *s = c->sentence;
	const struct node *n = &s->network->graph->node[node];
	long width = row_width(n, s->rows);

	return s->rows[n->side] * width;
}

real *carry_slot(const struct carry *c, int node, int head)
{
	int slot = c->slot[node][head];

	return slot < 0 ? NULL : c->at[node] + slot * carry_size(c, node);
}

void carry_begin(struct carry *c, int node)
{
	c->at[node] =
		pool_take(c->pool, (size_t)(c->slots[node] * carry_size(c, node)) * sizeof(real));
}

void carry_zero(struct carry *c, int node)
{
	carry_begin(c, node);
	memset(c->at[node], 0, (size_t)(c->slots[node] * carry_size(c, node)) * sizeof(real));
}

void carry_pass(struct carry *c, int from, int to)
{
	if (c->last_use[from] == to) { /* the buffer itself changes hands */
		c->at[to] = c->at[from];
		c->at[from] = NULL;
		return;
	}
	carry_begin(c, to);
	memcpy(c->at[to], c->at[from], (size_t)(c->slots[to] * carry_size(c, to)) * sizeof(real));
}
