/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/npy.h"

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

/*
 * The format (numpy.lib.format):
 *
 *   6 bytes   \x93NUMPY
 *   2 bytes   version: 1.0, 2.0 or 3.0
 *   2 bytes   length of the header, little-endian; 4 bytes from version 2 on
 *   header    {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, spaces, a newline
 *   data
 */
#define MAGIC "\x93NUMPY"
enum { MAGIC_SIZE = 6, LENGTH_AT = 8 };

/* The header, of which the next character is read, and the types that it may have. */
struct header {
	const char *at, *end, *what;
	const char *const *types;
};

static const char *const numbers[] = { "<f4", "<f8", "<f2", "<i4", "<i8", NULL };
/* Marian writes an order of bytes too, where there is none. */
static const char *const bytes_alone[] = { "|i1", "|u1", "<i1", "<u1", NULL };

static _Noreturn void die_header(const struct header *h)
{
	die("%s: its .npy header is not one that numpy writes", h->what);
}

static void skip_space(struct header *h)
{
	while (h->at < h->end && isspace((unsigned char)*h->at))
		h->at++;
}

/* The next character but spaces, if it is this one. */
static bool take(struct header *h, char c)
{
	skip_space(h);
	if (h->at == h->end || *h->at != c)
		return false;
	h->at++;
	return true;
}

static void need(struct header *h, char c)
{
	if (!take(h, c))
		die_header(h);
}

/* A text in quotes, at most room - 1 bytes of it. */
static void take_text(struct header *h, char *text, size_t room)
{
	char quote = take(h, '\'') ? '\'' : '"';
	size_t n = 0;

	if (quote == '"')
		need(h, '"');
	for (; h->at < h->end && *h->at && *h->at != quote; h->at++)
		if (n + 1 < room)
			text[n++] = *h->at;
	text[n] = '\0';
	need(h, quote);
}

static bool take_word(struct header *h, const char *word)
{
	size_t n = strlen(word);

	skip_space(h);
	if ((size_t)(h->end - h->at) < n || memcmp(h->at, word, n) != 0)
		return false;
	h->at += n;
	return true;
}

static void take_order(struct header *h)
{
	if (take_word(h, "True"))
		die("%s: in the order of Fortran; save numpy.ascontiguousarray() of it", h->what);
	if (!take_word(h, "False"))
		die_header(h);
}

/* (), (2,) or (2, 3) */
static void take_shape(struct header *h, struct tensor *t)
{
	need(h, '(');
	t->dimensions = 0;
	t->count = 1;
	while (!take(h, ')')) {
		long size = 0;

		skip_space(h);
		if (h->at == h->end || !isdigit((unsigned char)*h->at))
			die_header(h);
		for (; h->at < h->end && isdigit((unsigned char)*h->at); h->at++) {
			if (size > (LONG_MAX - 9) / 10)
				die("%s: its shape is too large", h->what);
			size = 10 * size + (*h->at - '0');
		}
		if (t->dimensions == TENSOR_DIMENSIONS)
			die("%s: more than %d dimensions", h->what, TENSOR_DIMENSIONS);
		if (size && t->count > SIZE_MAX / 16 / (size_t)size)
			die("%s: its shape is too large", h->what);
		t->shape[t->dimensions++] = size;
		t->count *= (size_t)size;
		if (!take(h, ',') && (h->at == h->end || *h->at != ')'))
			die_header(h);
	}
}

static void take_type(struct header *h, struct tensor *t)
{
	const char *const *types = h->types;
	char type[16] = "a structure";

	skip_space(h);
	if (h->at < h->end && *h->at != '[')
		take_text(h, type, sizeof type);
	for (int i = 0; types[i]; i++)
		if (strcmp(type, types[i]) == 0) {
			strcpy(t->type, type);
			return;
		}
	die("%s: of the type '%s'; save it as %s", h->what, type,
		types == numbers ? "one of <f4, <f8, <f2, <i4, <i8" : "|i1 or |u1");
}

/* The keys in any order, each once; the type and the order are refused as they are met. */
static void take_keys(struct header *h, struct tensor *t)
{
	static const char *const keys[] = { "descr", "fortran_order", "shape" };
	bool seen[3] = { false };
	char key[16];

	need(h, '{');
	while (!take(h, '}')) {
		int i = 0;

		take_text(h, key, sizeof key);
		while (i < 3 && strcmp(key, keys[i]))
			i++;
		if (i == 3 || seen[i])
			die_header(h);
		seen[i] = true;
		need(h, ':');
		if (i == 0)
			take_type(h, t);
		else if (i == 1)
			take_order(h);
		else
			take_shape(h, t);
		if (!take(h, ',') && (h->at == h->end || *h->at != '}'))
			die_header(h);
	}
	if (!seen[0] || !seen[1] || !seen[2])
		die_header(h);
}

/* Where the header is, by the file's first bytes. */
static struct header find_header(
	const unsigned char *bytes, size_t size, const char *what, const char *const *types)
{
	size_t begin = LENGTH_AT, length = 0;

	if (size < LENGTH_AT || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
		die("%s: not a .npy file", what);
	if (bytes[MAGIC_SIZE] < 1 || bytes[MAGIC_SIZE] > 3)
		die("%s: version %d of the .npy format; known are 1 to 3", what, bytes[MAGIC_SIZE]);
	begin += bytes[MAGIC_SIZE] == 1 ? 2 : 4;
	for (size_t i = begin; size >= begin && i-- > LENGTH_AT;)
		length = length << 8 | bytes[i];
	if (size < begin || length > size - begin)
		die("%s: cut off in its .npy header", what);
	return (struct header){ (const char *)bytes + begin, (const char *)bytes + begin + length,
		what, types };
}

/* The data, of so many bytes each element. */
static struct tensor read_array(const void *bytes, size_t size, struct header h, size_t element)
{
	struct tensor t = { .data = h.end };
	size_t left = size - (size_t)(h.end - (const char *)bytes);

	take_keys(&h, &t);
	if (!element)
		element = tensor_element(t.type);
	if (t.count > SIZE_MAX / element || t.count * element != left)
		die("%s: its shape needs %zu numbers of %zu bytes, the file has %zu bytes", h.what,
			t.count, element, left);
	return t;
}

struct tensor npy_tensor(const void *bytes, size_t size, const char *what)
{
	return read_array(bytes, size, find_header(bytes, size, what, numbers), 0);
}

const char *npy_bytes(const void *bytes, size_t size, const char *what, size_t *count)
{
	struct tensor t = read_array(bytes, size, find_header(bytes, size, what, bytes_alone), 1);

	*count = t.count;
	return t.data;
}
