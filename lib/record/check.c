/* SPDX-License-Identifier: Apache-2.0 */
#include "record/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/utf8.h"

struct key_text {
	const char *at;
	size_t size;
};

struct checker {
	const unsigned char *at, *end;
	size_t objects;
	struct key_text *keys; /* of the maps around this point, those of the innermost last */
	size_t key_count, key_room;
};

enum payload { PLAIN, BYTES, TEXT, LIST, MAP, NEVER };

/* What the bytes 0xc0 to 0xdf begin, and the bytes of its payload or of its length. */
static const struct {
	unsigned char kind, width;
} kinds[32] = {
	{ PLAIN, 0 },
	{ NEVER, 0 },
	{ PLAIN, 0 },
	{ PLAIN, 0 }, /* nil, unused, false, true */
	{ BYTES, 1 },
	{ BYTES, 2 },
	{ BYTES, 4 }, /* bin */
	{ NEVER, 0 },
	{ NEVER, 0 },
	{ NEVER, 0 }, /* ext */
	{ PLAIN, 4 },
	{ PLAIN, 8 }, /* float, double */
	{ PLAIN, 1 },
	{ PLAIN, 2 },
	{ PLAIN, 4 },
	{ PLAIN, 8 }, /* unsigned */
	{ PLAIN, 1 },
	{ PLAIN, 2 },
	{ PLAIN, 4 },
	{ PLAIN, 8 }, /* signed */
	{ NEVER, 0 },
	{ NEVER, 0 },
	{ NEVER, 0 },
	{ NEVER, 0 },
	{ NEVER, 0 }, /* ext */
	{ TEXT, 1 },
	{ TEXT, 2 },
	{ TEXT, 4 }, /* str */
	{ LIST, 2 },
	{ LIST, 4 },
	{ MAP, 2 },
	{ MAP, 4 },
};

static void skip(struct checker *w, size_t bytes)
{
	if (bytes > (size_t)(w->end - w->at))
		die("damaged record: it ends inside a value");
	w->at += bytes;
}

static size_t big_endian(struct checker *w, int width)
{
	const unsigned char *p = w->at;
	size_t n = 0;

	skip(w, (size_t)width);
	for (int i = 0; i < width; i++)
		n = n << 8 | p[i];
	return n;
}

/* The next object's kind and its count of bytes or elements, for the short and the long forms. */
static enum payload read_head(struct checker *w, size_t *count)
{
	unsigned char c = *w->at;
	enum payload kind;

	skip(w, 1);
	*count = 0;
	if (c < 0x80 || c >= 0xe0)
		return PLAIN;
	if (c < 0xc0) {
		*count = c & (c < 0xa0 ? 15 : 31);
		return c < 0x90 ? MAP : c < 0xa0 ? LIST : TEXT;
	}
	kind = kinds[c - 0xc0].kind;
	if (kind == NEVER)
		die("a record with a MessagePack extension (byte 0x%02x), which the format lacks",
			c);
	*count = kind == PLAIN ? kinds[c - 0xc0].width : big_endian(w, kinds[c - 0xc0].width);
	return kind;
}

/* Text of so many bytes: UTF-8 and, since it ends there in C, no zero byte. */
static struct key_text read_text(struct checker *w, size_t size)
{
	struct key_text t = { (const char *)w->at, size };

	skip(w, size);
	if (!utf8_valid(t.at, t.size))
		die("a record with text that is not UTF-8: '%.*s'", t.size < 80 ? (int)t.size : 80,
			t.at);
	if (size && memchr(t.at, '\0', t.size))
		die("a record with a zero byte in text: '%.80s'", t.at);
	return t;
}

/* The keys of tensors may be bin; the same bytes are the same key. */
static void read_key(struct checker *w)
{
	size_t count;
	enum payload kind = w->at == w->end ? NEVER : read_head(w, &count);

	if (kind != BYTES && kind != TEXT)
		die("a record with a map whose key is not a string");
	if (w->key_count == w->key_room) {
		w->key_room = 2 * w->key_room + 64;
		w->keys = must_realloc(w->keys, w->key_room, sizeof *w->keys);
	}
	w->keys[w->key_count++] = read_text(w, count);
}

static int compare(const void *a, const void *b)
{
	const struct key_text *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return memcmp(x->at, y->at, x->size);
}

/* The keys from `first` on are those of a map that ends here: each may come once. */
static void close_map(struct checker *w, size_t first)
{
	if (w->key_count > first + 1)
		qsort(w->keys + first, w->key_count - first, sizeof *w->keys, compare);
	for (size_t i = first + 1; i < w->key_count; i++)
		if (compare(&w->keys[i - 1], &w->keys[i]) == 0)
			die("a record with the key '%.*s' twice in one map",
				w->keys[i].size < 80 ? (int)w->keys[i].size : 80, w->keys[i].at);
	w->key_count = first;
}

static void check_object(struct checker *w, int depth)
{
	size_t count, first = w->key_count;

	if (w->at == w->end)
		die("damaged record: it ends inside a value");
	enum payload kind = read_head(w, &count);
	if (kind == TEXT)
		read_text(w, count);
	if (kind == PLAIN || kind == BYTES)
		skip(w, count);
	if (kind != LIST && kind != MAP)
		return;
	if (depth == RECORD_DEPTH)
		die("a record nested more than %d deep", RECORD_DEPTH);
	w->objects += kind == MAP ? 2 * count : count;
	if (count > (size_t)(w->end - w->at))
		die("damaged record: a count of %zu, more than there are bytes", count);
	if (w->objects > RECORD_OBJECTS)
		die("a record of more than %d objects", RECORD_OBJECTS);
	for (size_t i = 0; i < count; i++) {
		if (kind == MAP)
			read_key(w);
		check_object(w, depth + 1);
	}
	close_map(w, first);
}

void check_record(const char *bytes, size_t size)
{
	const unsigned char *p = (const unsigned char *)bytes;
	struct checker w = { .at = p, .end = p + size };

	if (size == 0 || !((*p & 0xf0) == 0x80 || *p == 0xde || *p == 0xdf))
		die("not an lrpipe stream (a record is not a MessagePack map)");
	check_object(&w, 0);
	if (w.at != w.end)
		die("damaged record: %zu bytes behind its map", (size_t)(w.end - w.at));
	free(w.keys);
}
