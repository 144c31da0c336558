/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/torch_archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "pack/zip.h"

#define PICKLE "data.pkl"

enum { MAX_PICKLE = 100 * 1000 * 1000 };

struct archive {
	const struct weight_file *f;
	struct zip *zip;
	struct archived {
		const char *name; /* in the folder */
		size_t i;	  /* its number in the zip */
	} * members;		  /* in the order of their names */
	size_t count;
};

static int compare_members(const void *a, const void *b)
{
	return strcmp(((const struct archived *)a)->name, ((const struct archived *)b)->name);
}

/* Nothing is unpacked here; still, what has such names was not made by torch. */
static bool leads_out(const char *name)
{
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (!part[2] || part[2] == '/'))
			return true;
	}
	return *name == '/' || strchr(name, '\\');
}

/* The path of data.pkl, which is directly in the folder; of which there is one. */
static const char *find_pickle(const struct weight_file *f, struct zip *zip)
{
	const char *found = NULL;

	for (size_t i = 0; i < zip_count(zip); i++) {
		const char *name = zip_name(zip, i), *slash = strchr(name, '/');

		if (leads_out(name))
			die("%s: '%s' in it is no name of a file inside", f->path, name);
		if (!slash || strcmp(slash + 1, PICKLE) != 0)
			continue;
		if (found)
			die("%s: both '%s' and '%s' are in it", f->path, found, name);
		found = name;
	}
	if (!found)
		die("%s: a zip without " PICKLE ": not what torch.save writes", f->path);
	return found;
}

static const struct archived *find(const struct archive *a, const char *name)
{
	struct archived key = { .name = name };

	return bsearch(&key, a->members, a->count, sizeof key, compare_members);
}

static void list_members(struct archive *a)
{
	const char *folder = find_pickle(a->f, a->zip);
	size_t length = strlen(folder) - strlen(PICKLE);

	a->members = must_alloc(zip_count(a->zip), sizeof *a->members);
	for (size_t i = 0; i < zip_count(a->zip); i++) {
		const char *name = zip_name(a->zip, i);

		if (strncmp(name, folder, length) != 0)
			die("%s: '%s' is not in the folder of '%s'", a->f->path, name, folder);
		a->members[i] = (struct archived){ name + length, i };
	}
	a->count = zip_count(a->zip);
	qsort(a->members, a->count, sizeof *a->members, compare_members);
	for (size_t i = 1; i < a->count; i++)
		if (strcmp(a->members[i].name, a->members[i - 1].name) == 0)
			die("%s: '%s' is in it twice", a->f->path, a->members[i].name);
}

static void check_byte_order(struct archive *a)
{
	static const char little[] = "little";
	size_t size;
	const unsigned char *order = archive_find(a, "byteorder", &size);

	if (order && (size != strlen(little) || memcmp(order, little, size) != 0))
		die("%s: its byteorder is '%.*s', only 'little' is supported; load and save it anew on "
		    "a machine of that order",
			a->f->path, size < 16 ? (int)size : 16, (const char *)order);
}

struct archive *archive_open(const struct weight_file *f)
{
	struct archive *a = must_alloc(1, sizeof *a);

	*a = (struct archive){ .f = f, .zip = zip_open(f->path) };
	list_members(a);
	if (find(a, "constants.pkl"))
		die("%s: a TorchScript archive, which is a program; save its weights alone: "
		    "torch.save(torch.jit.load(FILE).state_dict(), 'pytorch_model.bin')",
			f->path);
	check_byte_order(a);
	return a;
}

const unsigned char *archive_find(struct archive *a, const char *name, size_t *size)
{
	const struct archived *m = find(a, name);
	size_t place;

	if (!m)
		return NULL;
	place = zip_place(a->zip, m->i);
	*size = zip_size(a->zip, m->i);
	if (place > a->f->size || *size > a->f->size - place)
		die("%s: changed while it was opened", a->f->path);
	return a->f->bytes + place;
}

const void *archive_pickle(
	struct archive *a, struct arena *arena, const unsigned char **place, size_t *size)
{
	*place = archive_find(a, PICKLE, size);
	if (*size > MAX_PICKLE)
		die("%s: its " PICKLE " has %zu bytes, more than %d", a->f->path, *size,
			MAX_PICKLE);
	return zip_read(a->zip, find(a, PICKLE)->i, arena);
}
