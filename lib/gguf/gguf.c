/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GGUF, versions 2 and 3 (docs/gguf.md of ggml), little-endian:
 *
 *   "GGUF", version (4 bytes), number of tensors, number of keys (8 bytes each)
 *   keys      name, type (4 bytes), value. A text is its length (8 bytes) and UTF-8; a list the type
 *             of its elements (4 bytes), their number (8 bytes), and those
 *   tensors   name, number of dimensions (4 bytes), sizes (8 bytes each, the fastest first), type
 *             (4 bytes), where its data begin behind the header (8 bytes)
 *   data      from the next multiple of the alignment on; so is each tensor's, one behind the other
 *
 * The verdicts are those of ggml's own reader (gguf.cpp): no names twice, at most 4 dimensions, data
 * without gaps; what is behind them is nobody's.
 */
#include "gguf/gguf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/utf8.h"

#define ALIGNMENT "general.alignment"

enum { MAGIC_SIZE = 4, MOST_DIMENSIONS = 4, LONGEST_NAME = 63, LONGEST_KEY = 65535 };

/* The blocks of ggml (ggml-common.h); their sizes say where data end. */
static const struct gguf_dtype dtypes[] = { { 0, "F32", 1, 4, "<f4" }, { 1, "F16", 1, 2, "<f2" },
	{ 2, "Q4_0", 32, 18, "" }, { 3, "Q4_1", 32, 20, "" }, { 6, "Q5_0", 32, 22, "" },
	{ 7, "Q5_1", 32, 24, "" }, { 8, "Q8_0", 32, 34, "q8_0" }, { 9, "Q8_1", 32, 36, "" },
	{ 10, "Q2_K", 256, 84, "" }, { 11, "Q3_K", 256, 110, "" }, { 12, "Q4_K", 256, 144, "" },
	{ 13, "Q5_K", 256, 176, "" }, { 14, "Q6_K", 256, 210, "" }, { 15, "Q8_K", 256, 292, "" },
	{ 16, "IQ2_XXS", 256, 66, "" }, { 17, "IQ2_XS", 256, 74, "" },
	{ 18, "IQ3_XXS", 256, 98, "" }, { 19, "IQ1_S", 256, 50, "" }, { 20, "IQ4_NL", 32, 18, "" },
	{ 21, "IQ3_S", 256, 110, "" }, { 22, "IQ2_S", 256, 82, "" }, { 23, "IQ4_XS", 256, 136, "" },
	{ 24, "I8", 1, 1, "" }, { 25, "I16", 1, 2, "" }, { 26, "I32", 1, 4, "" },
	{ 27, "I64", 1, 8, "" }, { 28, "F64", 1, 8, "" }, { 29, "IQ1_M", 256, 56, "" },
	{ 30, "BF16", 1, 2, "bf16" }, { 34, "TQ1_0", 256, 54, "" }, { 35, "TQ2_0", 256, 66, "" },
	{ 39, "MXFP4", 32, 17, "" } };

/* Bytes of a value, by its type; 0: those say themselves. */
static const size_t value_sizes[] = { [GGUF_U8] = 1,
	[GGUF_I8] = 1,
	[GGUF_U16] = 2,
	[GGUF_I16] = 2,
	[GGUF_U32] = 4,
	[GGUF_I32] = 4,
	[GGUF_F32] = 4,
	[GGUF_BOOL] = 1,
	[GGUF_TEXT] = 0,
	[GGUF_LIST] = 0,
	[GGUF_U64] = 8,
	[GGUF_I64] = 8,
	[GGUF_F64] = 8 };
enum { VALUE_TYPES = sizeof value_sizes / sizeof *value_sizes };

/* What is left to read of the header, and what it is for messages. */
struct gguf_reader {
	const char *path;
	const unsigned char *start, *at, *end;
	const char *what; /* the key or tensor that is read */
};

static const unsigned char *take(struct gguf_reader *r, uint64_t size)
{
	const unsigned char *at = r->at;

	if (size > (uint64_t)(r->end - at))
		die("%s: cut off, or not a GGUF file: %s%s%s needs %llu bytes, %zu are left",
			r->path, *r->what ? "'" : "", *r->what ? r->what : "its beginning",
			*r->what ? "'" : "", (unsigned long long)size, (size_t)(r->end - at));
	r->at += size;
	return at;
}

static uint32_t take_u32(struct gguf_reader *r)
{
	uint32_t x;

	memcpy(&x, take(r, sizeof x), sizeof x);
	return x;
}

static uint64_t take_u64(struct gguf_reader *r)
{
	uint64_t x;

	memcpy(&x, take(r, sizeof x), sizeof x);
	return x;
}

static const unsigned char *take_text(struct gguf_reader *r, uint64_t *size)
{
	*size = take_u64(r);
	const unsigned char *at = take(r, *size);

	if (!utf8_valid((const char *)at, (size_t)*size))
		die("%s: '%s': a text that is not UTF-8", r->path, r->what);
	return at;
}

static const char *take_name(struct gguf_reader *r, const char *kind, size_t longest)
{
	uint64_t size;
	const char *at = (const char *)take_text(r, &size);
	char *name = must_alloc((size_t)size + 1, 1);

	memcpy(name, at, (size_t)size);
	if (!size || size > longest || strlen(name) != size)
		die("%s: the name of a %s has %llu bytes, or a NUL among them; expected 1 to %zu",
			r->path, kind, (unsigned long long)size, longest);
	return name;
}

static void take_values(struct gguf_reader *r, uint32_t type, uint64_t count)
{
	uint64_t size;

	if (type >= VALUE_TYPES)
		die("%s: '%s': a value of the unknown type %u", r->path, r->what, type);
	if (type == GGUF_LIST)
		die("%s: '%s': a list of lists, which is not supported", r->path, r->what);
	if (type == GGUF_TEXT) {
		for (uint64_t i = 0; i < count; i++)
			take_text(r, &size);
		return;
	}
	if (count > SIZE_MAX / 8)
		die("%s: '%s': a list of %llu elements", r->path, r->what,
			(unsigned long long)count);
	const unsigned char *at = take(r, count * value_sizes[type]);
	for (uint64_t i = 0; type == GGUF_BOOL && i < count; i++)
		if (at[i] > 1)
			die("%s: '%s': a flag that is %d", r->path, r->what, at[i]);
}

static void read_key(struct gguf_reader *r, struct gguf_key *key)
{
	r->what = "a key";
	key->name = r->what = take_name(r, "key", LONGEST_KEY);
	key->type = take_u32(r);
	if (key->type == GGUF_LIST) {
		key->of = take_u32(r);
		key->count = take_u64(r);
		key->at = r->at;
		take_values(r, key->of, key->count);
	} else if (key->type == GGUF_TEXT) {
		key->at = take_text(r, &key->count);
	} else {
		key->at = r->at;
		take_values(r, key->type, 1);
	}
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct gguf_key *)a)->name, ((const struct gguf_key *)b)->name);
}

static void read_keys(struct gguf *g, struct gguf_reader *r)
{
	g->keys = must_alloc(g->key_count, sizeof *g->keys);
	for (size_t i = 0; i < g->key_count; i++)
		read_key(r, &g->keys[i]);
	qsort(g->keys, g->key_count, sizeof *g->keys, compare_keys);
	for (size_t i = 1; i < g->key_count; i++)
		if (!strcmp(g->keys[i - 1].name, g->keys[i].name))
			die("%s: key '%s' is there twice", g->path, g->keys[i].name);
}

static const struct gguf_dtype *find_dtype(const struct gguf_reader *r, uint32_t id)
{
	for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
		if (dtypes[i].id == id)
			return &dtypes[i];
	die("%s: tensor '%s': of the unknown type %u", r->path, r->what, id);
}

static void read_sizes(struct gguf_reader *r, struct gguf_tensor *t)
{
	uint32_t dimensions = take_u32(r);

	if (dimensions > MOST_DIMENSIONS)
		die("%s: tensor '%s': %u dimensions, more than %d", r->path, t->name, dimensions,
			MOST_DIMENSIONS);
	t->dimensions = (int)dimensions;
	t->count = 1;
	for (int i = t->dimensions - 1; i >= 0; i--) {
		uint64_t size = take_u64(r);

		if (!size || size > (uint64_t)INT64_MAX / 16 / t->count)
			die("%s: tensor '%s': a size of %llu, or too many numbers", r->path,
				t->name, (unsigned long long)size);
		t->shape[i] = (long)size;
		t->count *= (size_t)size;
	}
}

/* `next`: where the tensor's data have to begin; then where those of the next do. */
static void read_tensor(
	struct gguf_reader *r, struct gguf_tensor *t, uint64_t alignment, uint64_t *next)
{
	r->what = "a tensor";
	t->name = r->what = take_name(r, "tensor", LONGEST_NAME);
	read_sizes(r, t);
	t->dtype = find_dtype(r, take_u32(r));
	long row = t->dimensions ? t->shape[t->dimensions - 1] : 1;
	if ((size_t)row % t->dtype->numbers)
		die("%s: tensor '%s': rows of %ld numbers, which are no blocks of %zu (%s)",
			r->path, t->name, row, t->dtype->numbers, t->dtype->name);
	t->bytes = t->count / t->dtype->numbers * t->dtype->bytes;
	uint64_t begin = take_u64(r);
	if (begin != *next)
		die("%s: tensor '%s': its data begin at byte %llu, not at %llu, behind those of "
		    "the tensor before it, in steps of %llu",
			r->path, t->name, (unsigned long long)begin, (unsigned long long)*next,
			(unsigned long long)alignment);
	if (t->bytes > INT64_MAX - alignment - begin)
		die("%s: tensor '%s': its data are too large", r->path, t->name);
	*next = (begin + t->bytes + alignment - 1) / alignment * alignment;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_names(const struct gguf *g)
{
	const char **names = must_alloc(g->tensor_count, sizeof *names);

	for (size_t i = 0; i < g->tensor_count; i++)
		names[i] = g->tensors[i].name;
	qsort(names, g->tensor_count, sizeof *names, compare_names);
	for (size_t i = 1; i < g->tensor_count; i++)
		if (!strcmp(names[i - 1], names[i]))
			die("%s: tensor '%s' is there twice", g->path, names[i]);
	free(names);
}

static uint64_t read_alignment(const struct gguf *g)
{
	const struct gguf_key *key = gguf_find(g, ALIGNMENT);
	uint32_t alignment = 32;

	if (!key)
		return alignment;
	if (key->type != GGUF_U32)
		die("%s: '" ALIGNMENT "' is no whole number of 32 bits", g->path);
	memcpy(&alignment, key->at, sizeof alignment);
	if (!alignment || (alignment & (alignment - 1)))
		die("%s: '" ALIGNMENT "' is %u, no power of 2", g->path, alignment);
	return alignment;
}

static void read_tensors(struct gguf *g, struct gguf_reader *r)
{
	uint64_t alignment = read_alignment(g), next = 0;
	size_t header, size = (size_t)(r->end - r->start);

	g->tensors = must_alloc(g->tensor_count, sizeof *g->tensors);
	for (size_t i = 0; i < g->tensor_count; i++) {
		struct gguf_tensor *t = &g->tensors[i];

		t->data = NULL;
		read_tensor(r, t, alignment, &next);
	}
	check_names(g);
	header = ((size_t)(r->at - r->start) + alignment - 1) / alignment * alignment;
	g->header_size =
		header < size ? header : size; /* without data the padding may be missing */
	next = 0;
	for (size_t i = 0; i < g->tensor_count; i++) {
		struct gguf_tensor *t = &g->tensors[i];

		if (t->bytes > size - g->header_size || next > size - g->header_size - t->bytes)
			die("%s: cut off: the data of tensor '%s', %zu bytes from %llu on, are not "
			    "inside the file's %zu",
				g->path, t->name, t->bytes, (unsigned long long)next,
				size - g->header_size);
		t->data = r->start + g->header_size + next;
		next = (next + t->bytes + alignment - 1) / alignment * alignment;
	}
}

static void check_version(const char *path, uint32_t version)
{
	if (version && !(version & 0xffff))
		die("%s: a big-endian GGUF file, which is not supported; convert the model again "
		    "without --bigendian",
			path);
	if (version != 2 && version != 3)
		die("%s: GGUF of version %u; supported: 2 and 3%s", path, version,
			version == 1 ? "; convert the model again" : "");
}

bool gguf_is(const unsigned char *bytes, size_t size)
{
	return size >= MAGIC_SIZE && memcmp(bytes, "GGUF", MAGIC_SIZE) == 0;
}

struct gguf *gguf_read(const char *path, const unsigned char *bytes, size_t size)
{
	struct gguf *g = must_alloc(1, sizeof *g);
	struct gguf_reader r = { path, bytes, bytes, bytes + size, "" };

	g->path = path;
	take(&r, MAGIC_SIZE);
	check_version(path, take_u32(&r));
	uint64_t tensors = take_u64(&r), keys = take_u64(&r);
	/* the shortest of each: a name of a byte and a number, a name and no dimensions */
	if (keys > size / (8 + 1 + 4 + 1) || tensors > size / (8 + 1 + 4 + 4 + 8))
		die("%s: cut off, or not a GGUF file: %llu keys and %llu tensors in %zu bytes",
			path, (unsigned long long)keys, (unsigned long long)tensors, size);
	g->key_count = (size_t)keys;
	g->tensor_count = (size_t)tensors;
	read_keys(g, &r);
	read_tensors(g, &r);
	return g;
}

const struct gguf_key *gguf_find(const struct gguf *g, const char *name)
{
	struct gguf_key wanted = { .name = name };

	return bsearch(&wanted, g->keys, g->key_count, sizeof *g->keys, compare_keys);
}

const struct gguf_tensor *gguf_find_tensor(const struct gguf *g, const char *name)
{
	for (size_t i = 0; i < g->tensor_count; i++)
		if (!strcmp(g->tensors[i].name, name))
			return &g->tensors[i];
	return NULL;
}
