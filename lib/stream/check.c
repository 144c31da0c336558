/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/check.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/die.h"

struct walk {
	const unsigned char *at, *end;
	size_t objects;
};

enum kind { PLAIN, BYTES, LIST, MAP, NEVER };

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
	{ BYTES, 1 },
	{ BYTES, 2 },
	{ BYTES, 4 }, /* str */
	{ LIST, 2 },
	{ LIST, 4 },
	{ MAP, 2 },
	{ MAP, 4 },
};

static void skip(struct walk *w, size_t bytes)
{
	if (bytes > (size_t)(w->end - w->at))
		die("damaged record: it ends inside a value");
	w->at += bytes;
}

static size_t big_endian(struct walk *w, int width)
{
	const unsigned char *p = w->at;
	size_t n = 0;

	skip(w, (size_t)width);
	for (int i = 0; i < width; i++)
		n = n << 8 | p[i];
	return n;
}

/* The next object's kind and its count of bytes or elements, for the short and the long forms. */
static enum kind read_head(struct walk *w, size_t *count)
{
	unsigned char c = *w->at;
	enum kind kind;

	skip(w, 1);
	*count = 0;
	if (c < 0x80 || c >= 0xe0)
		return PLAIN;
	if (c < 0xc0) {
		*count = c & (c < 0xa0 ? 15 : 31);
		return c < 0x90 ? MAP : c < 0xa0 ? LIST : BYTES;
	}
	kind = kinds[c - 0xc0].kind;
	if (kind == NEVER)
		die("a record with a MessagePack extension (byte 0x%02x), which the format lacks",
			c);
	*count = kind == PLAIN ? kinds[c - 0xc0].width : big_endian(w, kinds[c - 0xc0].width);
	return kind;
}

static void check_key(struct walk *w)
{
	size_t count;

	if (w->at == w->end || read_head(w, &count) != BYTES)
		die("a record with a map whose key is not a string");
	skip(w, count);
}

static void check_object(struct walk *w, int depth)
{
	size_t count;

	if (w->at == w->end)
		die("damaged record: it ends inside a value");
	enum kind kind = read_head(w, &count);
	if (kind == PLAIN || kind == BYTES) {
		skip(w, count);
		return;
	}
	if (depth == RECORD_DEPTH)
		die("a record nested more than %d deep", RECORD_DEPTH);
	w->objects += kind == MAP ? 2 * count : count;
	if (count > (size_t)(w->end - w->at))
		die("damaged record: a count of %zu, more than there are bytes", count);
	if (w->objects > RECORD_OBJECTS)
		die("a record of more than %d objects", RECORD_OBJECTS);
	for (size_t i = 0; i < count; i++) {
		if (kind == MAP)
			check_key(w);
		check_object(w, depth + 1);
	}
}

void check_record(const char *bytes, size_t size)
{
	const unsigned char *p = (const unsigned char *)bytes;
	struct walk w = { p, p + size, 0 };

	if (size == 0 || !((*p & 0xf0) == 0x80 || *p == 0xde || *p == 0xdf))
		die("not an lrpipe stream (a record is not a MessagePack map)");
	check_object(&w, 0);
	if (w.at != w.end)
		die("damaged record: %zu bytes behind its map", (size_t)(w.end - w.at));
}
