/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/die.h"

/* Bytes: of alignment, of a first block, of a large page, and from which on such are asked for. */
enum { ALIGN = 64, BLOCK = 1 << 18, PAGE = 1 << 21, LARGE = 1 << 22 };

/* Blocks form a list in the order of their first use; those behind `current` are empty. */
struct arena_block {
	struct arena_block *next;
	size_t size, used;
	char *data;
};

static size_t product(size_t count, size_t size)
{
	if (size && count > (SIZE_MAX >> 1) / size)
		die("out of memory: %zu elements of %zu bytes", count, size);
	return count * size;
}

void *must_alloc_aligned(size_t size)
{
	void *p;

	/* aligned_alloc() wants a multiple of the alignment, which would fill up whole pages */
	if (posix_memalign(&p, size >= LARGE ? PAGE : ALIGN, size ? size : 1))
		die("out of memory: %zu bytes", size);
	if (size >= LARGE)
		madvise(p, size, MADV_HUGEPAGE);
	return p;
}

static struct arena_block *new_block(size_t size)
{
	struct arena_block *b = must_alloc(1, sizeof *b);

	b->size = size > BLOCK ? (size + ALIGN - 1) / ALIGN * ALIGN : BLOCK;
	b->data = must_alloc_aligned(b->size);
	b->used = 0;
	b->next = NULL;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->current;
	char *p;

	if (size > SIZE_MAX / 2)
		die("out of memory: %zu bytes", size);
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (!b)
		b = a->current = a->first = new_block(size);
	if (size > b->size - b->used) {
		/* the next block that is large enough moves up; others wait behind it */
		struct arena_block **link = &b->next;

		while (*link && (*link)->size < size)
			link = &(*link)->next;
		struct arena_block *found = *link;
		if (found)
			*link = found->next;
		else
			found = new_block(size > 2 * b->size ? size : 2 * b->size);
		found->next = b->next;
		b->next = found;
		found->used = 0;
		b = a->current = found;
	}
	p = b->data + b->used;
	b->used += size;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	return arena_alloc(a, product(count, size));
}

void *arena_zero(struct arena *a, size_t count, size_t size)
{
	void *p = arena_array(a, count, size);

	memset(p, 0, count * size);
	return p;
}

char *arena_text(struct arena *a, const char *text, size_t length)
{
	char *p = arena_alloc(a, length + 1);

	memcpy(p, text, length);
	p[length] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list ap;
	int n;
	char *p;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, format);
	vsnprintf(p, (size_t)n + 1, format, ap);
	va_end(ap);
	return p;
}

void arena_reset(struct arena *a)
{
	a->current = a->first;
	if (a->first)
		a->first->used = 0;
}

void arena_free(struct arena *a)
{
	for (struct arena_block *b = a->first, *next; b; b = next) {
		next = b->next;
		free(b->data);
		free(b);
	}
	a->first = a->current = NULL;
}

struct arena_mark arena_mark(struct arena *a)
{
	if (!a->current)
		arena_alloc(a, 0);
	return (struct arena_mark){ a->current, a->current->used };
}

void arena_back(struct arena *a, struct arena_mark mark)
{
	a->current = mark.block;
	a->current->used = mark.used;
}

void *must_alloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		die("out of memory: %zu elements of %zu bytes", count, size);
	return p;
}

void *must_realloc(void *old, size_t count, size_t size)
{
	void *p = realloc(old, product(count, size) + 1);

	if (!p)
		die("out of memory: %zu elements of %zu bytes", count, size);
	return p;
}

char *must_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(must_alloc(size, 1), text, size);
}
