/* SPDX-License-Identifier: Apache-2.0 */
#include "record/pruned.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum { LONGEST = 1 << 16 }; /* bytes; far more than any model's */

/* A list of heads that the header's model has under a key; NULL: it has none. */
static const char *model_heads(const struct record *header, const char *key)
{
	const msgpack_object *model = record_find(header, "model"), *list = NULL;

	if (model && model->type == MSGPACK_OBJECT_MAP)
		list = map_find(model, key);
	if (!list || list->type != MSGPACK_OBJECT_STR)
		return NULL;
	if (list->via.str.size > LONGEST)
		die("the model's list of %s heads has %u bytes", key, (unsigned)list->via.str.size);
	return object_text(list, key, header->arena);
}

const char *pruned_heads(const struct record *header)
{
	return model_heads(header, "pruned");
}

const char *masked_heads(const struct record *header)
{
	return model_heads(header, "masked");
}

/* Behind "enc-self.0:" in the text; NULL: the site is not in it. */
static const char *list_of(const char *pruned, const char *site)
{
	size_t n = strlen(site);

	for (const char *p = pruned; p; p = strchr(p, ';')) {
		p += *p == ';';
		if (strncmp(p, site, n) == 0 && p[n] == ':')
			return p + n + 1;
	}
	return NULL;
}

static int ascending(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The numbers of a list up to its end or a semicolon, in their order; *count says how many. */
static long *numbers_of(const char *list, size_t *count)
{
	size_t length = strcspn(list, ";");
	long *numbers = must_alloc(length / 2 + 1, sizeof *numbers);
	const char *p = list, *end = list + length;
	char *next;

	for (*count = 0; p < end; p = next + (*next == ',')) {
		long n = strtol(p, &next, 10);

		if (next == p)
			break;
		numbers[(*count)++] = n;
	}
	qsort(numbers, *count, sizeof *numbers, ascending);
	return numbers;
}

bool heads_listed(const char *list, const char *site, long head)
{
	const char *here = list ? list_of(list, site) : NULL;
	size_t count = 0;
	long *numbers = here ? numbers_of(here, &count) : NULL;
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found |= numbers[i] == head;
	free(numbers);
	return found;
}

void pruned_numbers(const char *pruned, const char *site, long heads, long *before)
{
	const char *list = pruned ? list_of(pruned, site) : NULL;
	size_t count = 0, i = 0;
	long *taken = list ? numbers_of(list, &count) : NULL;

	for (long h = 0, next = 0; h < heads; h++, next++) {
		for (; i < count && taken[i] <= next; i++)
			next += taken[i] == next;
		before[h] = next;
	}
	free(taken);
}
