/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_POOL_H
#define LRP_BASE_POOL_H

#include <stddef.h>

/*
 * Large buffers that are lent and given back in any order, for the relevance on its way through
 * the network: a sweep needs a few at a time, not one for every node. Nothing is allocated once
 * the buffers of a sentence of that size are there. Not shared between threads.
 */
struct pool;

struct pool *pool_new(void);
void pool_free(struct pool *p);

/* At least `size` bytes, aligned to 64, contents undefined. */
void *pool_take(struct pool *p, size_t size);
void pool_give(struct pool *p, const void *buffer);

#endif
