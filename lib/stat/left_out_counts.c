/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/left_out_counts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum { MAX_REASONS = 64, MAX_LENGTH = 100 };

static void add(struct left_out_counts *all, const char *reason, long count)
{
	size_t length = strlen(reason);
	int i = 0;

	while (i < all->count && strcmp(all->at[i].reason, reason))
		i++;
	if (i == all->count) {
		if (i == MAX_REASONS || length > MAX_LENGTH)
			die("lines are left out for more than %d reasons, or one of more than %d "
			    "bytes",
				MAX_REASONS, MAX_LENGTH);
		all->at = must_realloc(all->at, (size_t)i + 1, sizeof *all->at);
		all->at[i] = (struct left_out_count){ must_alloc(length + 1, 1), 0 };
		memcpy(all->at[i].reason, reason, length);
		all->count++;
	}
	if (count < 1 || count > LONG_MAX - all->at[i].count)
		die("%ld lines cannot have been left out", count);
	all->at[i].count += count;
}

void left_out_add(struct left_out_counts *all, const struct record *r)
{
	add(all, record_text(r, "reason"), 1);
}

void left_out_add_header(struct left_out_counts *all, const struct record *header)
{
	const msgpack_object *map =
		record_has(header, "left_out") ? record_map(header, "left_out") : NULL;

	for (uint32_t i = 0; map && i < map->via.map.size; i++) {
		const char *reason =
			object_text(&map->via.map.ptr[i].key, "left_out", header->arena);

		add(all, reason, map_int(map, "left_out", reason));
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct left_out_count *)a)->reason,
		((const struct left_out_count *)b)->reason);
}

static void sort(struct left_out_counts *all)
{
	if (all->count)
		qsort(all->at, (size_t)all->count, sizeof *all->at, compare);
}

bool left_out_same(struct left_out_counts *a, struct left_out_counts *b)
{
	sort(a);
	sort(b);
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
		if (a->at[i].count != b->at[i].count || compare(&a->at[i], &b->at[i]))
			return false;
	return true;
}

void left_out_draft(struct left_out_counts *all, struct draft *d)
{
	if (!all->count)
		return;
	sort(all);
	draft_map(d, "left_out", all->count);
	for (int i = 0; i < all->count; i++)
		draft_int(d, all->at[i].reason, all->at[i].count);
}
