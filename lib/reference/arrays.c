/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/arrays.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "pack/pointer.h"
#include "pack/npy.h"
#include "pack/zip.h"

#define ENDING ".npy"

struct reference {
	const char *path;
	struct zip *zip;
	struct arrays all;
};

/* "12.logits": the number, and what stands behind its dot; -1: it begins with none. */
static long line_of(const char *whole, const char **name)
{
	enum { DIGITS = 9 };
	long line = 0;
	int n = 0;

	while (n < DIGITS && isdigit((unsigned char)whole[n]))
		line = 10 * line + (whole[n++] - '0');
	if (!n || whole[n] != '.' || (n > 1 && *whole == '0')) {
		*name = whole;
		return -1;
	}
	*name = whole + n + 1;
	return line;
}

static int compare(const void *a, const void *b)
{
	const struct array *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct array array_of(const struct zip *z, size_t file)
{
	char *whole = must_strdup(zip_name(z, file));
	size_t n = strlen(whole), ending = strlen(ENDING);
	struct array x = { .whole = whole, .file = file };

	if (n > ending && strcmp(whole + n - ending, ENDING) == 0)
		whole[n - ending] = '\0';
	x.line = line_of(whole, &x.name);
	return x;
}

struct reference *reference_open(const char *path)
{
	struct reference *r = must_alloc(1, sizeof *r);

	r->path = path;
	pointer_check(path);
	r->zip = zip_open(path);
	r->all.count = zip_count(r->zip);
	r->all.at = must_alloc(r->all.count, sizeof *r->all.at);
	for (size_t i = 0; i < r->all.count; i++)
		r->all.at[i] = array_of(r->zip, i);
	qsort(r->all.at, r->all.count, sizeof *r->all.at, compare);
	for (size_t i = 1; i < r->all.count; i++)
		if (compare(&r->all.at[i - 1], &r->all.at[i]) == 0)
			die("%s: two arrays are called '%s'", path, r->all.at[i].whole);
	return r;
}

struct arrays reference_all(const struct reference *r)
{
	return r->all;
}

/* The first array that does not stand before this place. */
static size_t first_from(struct arrays list, long line, const char *name)
{
	const struct array wanted = { .line = line, .name = name };
	size_t low = 0, high = list.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&list.at[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct arrays reference_line(const struct reference *r, long line)
{
	size_t first = first_from(r->all, line, "");

	return (struct arrays){ r->all.at + first, first_from(r->all, line + 1, "") - first };
}

struct array *arrays_find(struct arrays list, const char *name)
{
	size_t i = list.count ? first_from(list, list.at->line, name) : 0;

	return i < list.count && strcmp(list.at[i].name, name) == 0 ? &list.at[i] : NULL;
}

const char *array_place(const struct reference *r, const struct array *x, struct arena *a)
{
	return arena_printf(a, "%s: array '%s'", r->path, x->whole);
}

struct tensor array_read(struct reference *r, const struct array *x, struct arena *a)
{
	return npy_tensor(
		zip_read(r->zip, x->file, a), zip_size(r->zip, x->file), array_place(r, x, a));
}
