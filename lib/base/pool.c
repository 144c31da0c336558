/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"

enum { ALIGN = 64 };

struct pool {
	struct lent {
		void *data;
		size_t size;
		bool lent;
		struct lent *next;
	} * slots;
};

struct pool *pool_new(void)
{
	return must_alloc(1, sizeof(struct pool));
}

void pool_free(struct pool *p)
{
	for (struct lent *s = p->slots, *next; s; s = next) {
		next = s->next;
		free(s->data);
		free(s);
	}
	free(p);
}

/* The smallest free buffer that is large enough, or NULL. */
static struct lent *best_fit(struct pool *p, size_t size)
{
	struct lent *best = NULL;

	for (struct lent *s = p->slots; s; s = s->next)
		if (!s->lent && s->size >= size && (!best || s->size < best->size))
			best = s;
	return best;
}

static void grow(struct lent *s, size_t size)
{
	free(s->data);
	s->size = (size + ALIGN - 1) / ALIGN * ALIGN;
	s->data = must_alloc_aligned(s->size);
}

void *pool_take(struct pool *p, size_t size)
{
	struct lent *s = best_fit(p, size);

	if (!s) { /* let a free buffer that is too small grow before there is one more */
		for (s = p->slots; s && s->lent; s = s->next)
			;
		if (!s) {
			s = must_alloc(1, sizeof *s);
			s->next = p->slots;
			p->slots = s;
		}
		grow(s, size ? size : 1);
	}
	s->lent = true;
	return s->data;
}

void pool_give(struct pool *p, const void *buffer)
{
	for (struct lent *s = p->slots; s; s = s->next)
		if (s->data == buffer) {
			assert(s->lent);
			s->lent = false;
			return;
		}
	assert(!buffer);
}
