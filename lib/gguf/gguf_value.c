/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "gguf/gguf.h"

#define NUMBER(c)                                                                                  \
	do {                                                                                       \
		c x;                                                                               \
		memcpy(&x, at, sizeof x);                                                          \
		return (double)x;                                                                  \
	} while (0)

/* A number or flag as a double; 64-bit ones are rounded. NaN for a text or a list. */
static double number_at(uint32_t type, const unsigned char *at)
{
	switch (type) {
	case GGUF_U8:
	case GGUF_BOOL:
		NUMBER(uint8_t);
	case GGUF_I8:
		NUMBER(int8_t);
	case GGUF_U16:
		NUMBER(uint16_t);
	case GGUF_I16:
		NUMBER(int16_t);
	case GGUF_U32:
		NUMBER(uint32_t);
	case GGUF_I32:
		NUMBER(int32_t);
	case GGUF_U64:
		NUMBER(uint64_t);
	case GGUF_I64:
		NUMBER(int64_t);
	case GGUF_F32:
		NUMBER(float);
	case GGUF_F64:
		NUMBER(double);
	default:
		return (double)NAN;
	}
}

static bool is_real(uint32_t type)
{
	return type == GGUF_F32 || type == GGUF_F64;
}

bool gguf_number(const struct gguf_key *key, double *value)
{
	if (key->type == GGUF_TEXT || key->type == GGUF_LIST)
		return false;
	*value = number_at(key->type, key->at);
	return true;
}

bool gguf_whole(const struct gguf *g, const char *name, long *value)
{
	const struct gguf_key *key = gguf_find(g, name);
	const double limit = 0x1p53;
	double x;

	if (!key)
		return false;
	if (!gguf_number(key, &x) || is_real(key->type) || key->type == GGUF_BOOL)
		die("%s: '%s' is not a whole number", g->path, name);
	if (!(x > -limit && x < limit))
		die("%s: '%s' is %g", g->path, name, x);
	*value = (long)x;
	return true;
}

bool gguf_real(const struct gguf *g, const char *name, double *value)
{
	const struct gguf_key *key = gguf_find(g, name);

	if (!key)
		return false;
	if (!gguf_number(key, value) || key->type == GGUF_BOOL || !isfinite(*value))
		die("%s: '%s' is not a number", g->path, name);
	return true;
}

bool gguf_flag(const struct gguf *g, const char *name, bool *value)
{
	const struct gguf_key *key = gguf_find(g, name);

	if (!key)
		return false;
	if (key->type != GGUF_BOOL)
		die("%s: '%s' is not a flag", g->path, name);
	*value = *key->at;
	return true;
}

const char *gguf_text(const struct gguf *g, const char *name)
{
	const struct gguf_key *key = gguf_find(g, name);

	if (!key)
		return NULL;
	if (key->type != GGUF_TEXT)
		die("%s: '%s' is not a text", g->path, name);
	char *text = must_alloc((size_t)key->count + 1, 1);
	memcpy(text, key->at, (size_t)key->count);
	if (strlen(text) != key->count)
		die("%s: '%s' has a NUL in it", g->path, name);
	return text;
}

bool gguf_list_begin(
	const struct gguf *g, const char *name, enum gguf_type of, struct gguf_list *list)
{
	const struct gguf_key *key = gguf_find(g, name);

	if (!key)
		return false;
	if (key->type != GGUF_LIST || key->of != of)
		die("%s: '%s' is not a list of %s", g->path, name,
			of == GGUF_TEXT	 ? "texts"
			: of == GGUF_F32 ? "single-precision numbers"
					 : "whole numbers of 32 bits");
	*list = (struct gguf_list){ key->at, key->count, key->of };
	return true;
}

const char *gguf_list_text(struct gguf_list *list, size_t *size)
{
	uint64_t n;

	memcpy(&n, list->at, sizeof n);
	const char *text = (const char *)list->at + sizeof n;
	list->at += sizeof n + n;
	list->left--;
	*size = (size_t)n;
	return text;
}

double gguf_list_number(struct gguf_list *list)
{
	double x = number_at(list->of, list->at);

	list->at += 4;
	list->left--;
	return x;
}
