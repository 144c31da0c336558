/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/checkpoint.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/arena.h"
#include "base/die.h"
#include "pack/json.h"

struct checkpoint {
	char *path;
	const struct weight_file **files; /* in the order of their names */
	size_t file_count;
	const struct entry **entries; /* in the order of their names */
	size_t count;
	char hash[33];
};

static void add_file(struct checkpoint *c, const char *path)
{
	c->files = must_realloc(c->files, c->file_count + 1, sizeof *c->files);
	c->files[c->file_count++] = weight_file_open(path);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The shards of an index, each once, sorted. */
static void add_shards(struct checkpoint *c, const struct json_file *index)
{
	json_t *map = (json_t *)json_find(index, "weight_map"), *shard;
	const char **names = must_alloc(json_object_size(map), sizeof *names), *key;
	size_t n = 0;

	if (!json_object_size(map))
		die("%s: 'weight_map' must be an object that names files", index->path);
	json_object_foreach(map, key, shard)
	{
		const char *name = json_string_value(shard);

		if (!name || !*name || strchr(name, '/') || !strcmp(name, ".."))
			die("%s: tensor '%s': '%s' is not a plain file name", index->path, key,
				name ? name : "");
		names[n++] = name;
	}
	qsort(names, n, sizeof *names, compare_texts);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(names[i], names[i - 1]))
			add_file(c, path_join(c->path, names[i]));
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void sort_entries(struct checkpoint *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->file_count; i++)
		c->count += c->files[i]->count;
	c->entries = must_alloc(c->count, sizeof *c->entries);
	for (size_t i = 0; i < c->file_count; i++)
		for (size_t k = 0; k < c->files[i]->count; k++)
			c->entries[n++] = &c->files[i]->entries[k];
	qsort(c->entries, n, sizeof *c->entries, compare_entries);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(c->entries[i]->name, c->entries[i - 1]->name))
			die("%s: tensor '%s' is in %s", c->entries[i]->file->path,
				c->entries[i]->name,
				c->entries[i]->file == c->entries[i - 1]->file ? "it twice"
									       : "two files");
}

static const struct entry *find(const struct checkpoint *c, const char *name)
{
	struct entry key = { .name = name };
	const struct entry *wanted = &key, **found;

	found = bsearch(&wanted, c->entries, c->count, sizeof *c->entries, compare_entries);
	return found ? *found : NULL;
}

static void check_index(const struct checkpoint *c, const struct json_file *index)
{
	const char *key;
	json_t *shard;

	json_object_foreach((json_t *)json_find(index, "weight_map"), key, shard)
	{
		const struct entry *e = find(c, key);

		if (!e || strcmp(e->file->name, json_string_value(shard)))
			die("%s: tensor '%s' is not in %s", index->path, key,
				json_string_value(shard));
	}
}

/* The files of a model's directory; the index that named them, without object where none did. */
static struct json_file add_files(struct checkpoint *c)
{
	struct json_file index = { NULL, NULL };
	const struct format *format;
	bool is_index;
	char *path = weights_in(c->path, &format, &is_index);

	if (!path)
		die("%s: no weights of a model in it, which are in one of: %s", c->path,
			weights_names(must_alloc(1, sizeof(struct arena))));
	if (is_index) {
		index = json_file_load(path);
		add_shards(c, &index);
	} else {
		add_file(c, path);
	}
	return index;
}

struct checkpoint *checkpoint_open(const char *path)
{
	struct checkpoint *c = must_alloc(1, sizeof *c);
	struct json_file index = { NULL, NULL };
	struct stat st;

	c->path = realpath(path, NULL);
	if (!c->path || stat(c->path, &st))
		die_errno("cannot open %s", path);
	if (S_ISDIR(st.st_mode))
		index = add_files(c);
	else
		add_file(c, c->path);
	sort_entries(c);
	if (index.object)
		check_index(c, &index);
	return c;
}

bool checkpoint_has(const struct checkpoint *c, const char *name)
{
	return find(c, name) != NULL;
}

const char *checkpoint_alias(const struct checkpoint *c, const char *name)
{
	for (size_t i = 0; i < c->file_count; i++) {
		const struct weight_file *f = c->files[i];
		const char *kept = f->format->alias ? f->format->alias(f, name) : NULL;
		const struct entry *e = kept ? find(c, kept) : NULL;

		if (e)
			return e->name;
	}
	return NULL;
}

struct tensor checkpoint_tensor(const struct checkpoint *c, const char *name)
{
	const struct entry *e = find(c, name);

	if (!e)
		die("%s: no tensor '%s'", c->path, name);
	if (!*e->tensor.type)
		die("%s: tensor '%s' is %s; %s", e->file->path, name, e->dtype,
			e->file->format->unsupported ? e->file->format->unsupported
						     : "only F32, F16 and BF16 are supported");
	return entry_tensor(e);
}

void checkpoint_list(const struct checkpoint *c,
	void (*visit)(const struct entry *entry, void *context), void *context)
{
	for (size_t i = 0; i < c->count; i++)
		visit(c->entries[i], context);
}

const struct weight_file *checkpoint_file(const struct checkpoint *c, size_t i)
{
	return i < c->file_count ? c->files[i] : NULL;
}

const char *checkpoint_path(const struct checkpoint *c)
{
	return c->path;
}

long checkpoint_bytes(const struct checkpoint *c)
{
	long bytes = 0;

	for (size_t i = 0; i < c->file_count; i++)
		bytes += (long)c->files[i]->size;
	return bytes;
}

static void hash_file(XXH3_state_t *state, const struct weight_file *f)
{
	enum { BLOCKS = 1024, BLOCK = 4096 };
	uint64_t size = f->size;

	XXH3_128bits_update(state, &size, sizeof size);
	XXH3_128bits_update(state, f->header, f->header_size);
	if (f->data_size <= (size_t)BLOCKS * BLOCK) {
		XXH3_128bits_update(state, f->data, f->data_size);
		return;
	}
	/* the blocks alone are read, not what a system reads ahead of each: that may be all of it */
	madvise((void *)f->bytes, f->size, MADV_RANDOM);
	for (size_t i = 0; i < BLOCKS; i++)
		XXH3_128bits_update(
			state, f->data + i * (f->data_size - BLOCK) / (BLOCKS - 1), BLOCK);
	madvise((void *)f->bytes, f->size, MADV_NORMAL);
}

const char *checkpoint_hash(struct checkpoint *c)
{
	char *hash = c->hash;
	XXH3_state_t *state;
	XXH128_hash_t h;

	if (*hash)
		return hash;
	state = XXH3_createState();
	if (!state)
		die("out of memory");
	XXH3_128bits_reset(state);
	for (size_t i = 0; i < c->file_count; i++)
		hash_file(state, c->files[i]);
	h = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	snprintf(hash, sizeof c->hash, "%016llx%016llx", (unsigned long long)h.high64,
		(unsigned long long)h.low64);
	return hash;
}
