/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_ARENA_H
#define LRP_BASE_ARENA_H

#include <stddef.h>

/*
 * Memory of one lifetime, given back all at once. A reset keeps the blocks, so that after the
 * first sentence of a size nothing is allocated again. Nothing in it is freed one by one; when
 * memory runs out the program dies.
 */
struct arena_block;
struct arena {
	struct arena_block *first, *current;
};

/* `size` bytes, aligned to 64, contents undefined. */
void *arena_alloc(struct arena *a, size_t size);

/* `count` elements of `size` bytes, all zero; dies where the product overflows. */
void *arena_zero(struct arena *a, size_t count, size_t size);

/* `count` elements of `size` bytes, contents undefined; dies where the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

char *arena_text(struct arena *a, const char *text, size_t length);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All that was allocated is gone; the blocks stay for what comes next. */
void arena_reset(struct arena *a);

/* The same, and the blocks go back to the system. */
void arena_free(struct arena *a);

/* A place in the arena to go back to: what was allocated since is gone. */
struct arena_mark {
	struct arena_block *block;
	size_t used;
};
struct arena_mark arena_mark(struct arena *a);
void arena_back(struct arena *a, struct arena_mark mark);

/* malloc, realloc and strdup that die instead of returning NULL, for what lives as long as the
 * process. */
void *must_alloc(size_t count, size_t size);
void *must_realloc(void *old, size_t count, size_t size);
char *must_strdup(const char *text);

/* Memory aligned to 64 bytes, contents undefined, to be given to free(); dies without. Where it is much,
 * the kernel is asked for large pages: products go over it in strides that small ones make slow. */
void *must_alloc_aligned(size_t size);

#endif
