/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"

/* IEEE 754 binary16: a subnormal is a multiple of 2^-24. */
static double half(uint16_t bits)
{
	int exponent = bits >> 10 & 31;
	double fraction = bits & 1023, x;

	if (exponent == 31)
		x = fraction ? (double)NAN : (double)INFINITY;
	else if (exponent == 0)
		x = ldexp(fraction, -24);
	else
		x = ldexp(1024 + fraction, exponent - 25);
	return bits >> 15 ? -x : x;
}

static double at_f2(const char *p)
{
	uint16_t bits;

	memcpy(&bits, p, sizeof bits);
	return half(bits);
}

/* bfloat16 is the upper half of a float. */
static double at_bf16(const char *p)
{
	uint16_t bits;
	float x;

	memcpy(&bits, p, sizeof bits);
	memcpy(&x, &(uint32_t){ (uint32_t)bits << 16 }, sizeof x);
	return (double)x;
}

static double at_f4(const char *p)
{
	float x;

	memcpy(&x, p, sizeof x);
	return (double)x;
}

static double at_f8(const char *p)
{
	double x;

	memcpy(&x, p, sizeof x);
	return x;
}

static double at_i4(const char *p)
{
	int32_t x;

	memcpy(&x, p, sizeof x);
	return x;
}

static double at_i8(const char *p)
{
	int64_t x;

	memcpy(&x, p, sizeof x);
	return (double)x;
}

static bool to_f4(void *to, double x)
{
	float y = (float)x;

	memcpy(to, &y, sizeof y);
	return true;
}

static bool to_f8(void *to, double x)
{
	memcpy(to, &x, sizeof x);
	return true;
}

/* A fraction that rounds up to 2048 carries into the exponent by itself. */
static bool to_f2(void *to, double x)
{
	double a = fabs(x), whole;
	int exponent;
	uint16_t bits;

	if (isnan(x)) {
		bits = 0x7e00;
	} else if (a >= 65520) {
		bits = 0x7c00;
	} else if (a < 0x1p-14) {
		bits = (uint16_t)rint(ldexp(a, 24));
	} else {
		whole = rint(2048 * frexp(a, &exponent));
		bits = (uint16_t)(((exponent + 14) << 10) + (int)whole - 1024);
	}
	if (signbit(x))
		bits |= 0x8000;
	memcpy(to, &bits, sizeof bits);
	return true;
}

static bool to_bf16(void *to, double x)
{
	float y = (float)x;
	uint32_t bits;
	uint16_t upper;

	memcpy(&bits, &y, sizeof bits);
	if (!isnan(y))
		bits += 0x7fff + (bits >> 16 & 1); /* to the nearest, ties to even */
	upper = (uint16_t)(bits >> 16);
	memcpy(to, &upper, sizeof upper);
	return true;
}

static bool to_i4(void *to, double x)
{
	if (!(x >= INT32_MIN && x <= INT32_MAX) || x != floor(x))
		return false;
	memcpy(to, &(int32_t){ (int32_t)x }, sizeof(int32_t));
	return true;
}

static bool to_i8(void *to, double x)
{
	if (!(x >= -0x1p63 && x < 0x1p63) || x != floor(x))
		return false;
	memcpy(to, &(int64_t){ (int64_t)x }, sizeof(int64_t));
	return true;
}

static const struct number_type {
	const char *name;
	size_t bytes;
	bool real;
	double (*at)(const char *p);
	bool (*store)(void *to, double x);
} kinds[] = {
	{ "<f4", 4, true, at_f4, to_f4 },
	{ "<f8", 8, true, at_f8, to_f8 },
	{ "<f2", 2, true, at_f2, to_f2 },
	{ "bf16", 2, true, at_bf16, to_bf16 },
	{ "<i4", 4, false, at_i4, to_i4 },
	{ "<i8", 8, false, at_i8, to_i8 },
};

static const struct number_type *find_kind(const char *type)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(type, kinds[i].name) == 0)
			return &kinds[i];
	return NULL;
}

size_t tensor_element(const char *type)
{
	const struct number_type *k = find_kind(type);

	return k ? k->bytes : 0;
}

double tensor_at(const struct tensor *t, size_t i)
{
	const struct number_type *k = find_kind(t->type);

	return k->at((const char *)t->data + i * k->bytes);
}

bool tensor_store(const char *type, void *to, double x)
{
	return find_kind(type)->store(to, x);
}

int64_t tensor_int_at(const struct tensor *t, size_t i)
{
	int64_t x;

	if (strcmp(t->type, "<i8") != 0)
		return (int64_t)tensor_at(t, i);
	memcpy(&x, (const char *)t->data + i * sizeof x, sizeof x);
	return x;
}

double *tensor_numbers(const struct tensor *t, struct arena *a)
{
	const struct number_type *k = find_kind(t->type);
	double *to = arena_array(a, t->count, sizeof *to);

	for (size_t i = 0; i < t->count; i++)
		to[i] = k->at((const char *)t->data + i * k->bytes);
	return to;
}

static const struct number_type *real_kind(const struct tensor *t, const char *what)
{
	const struct number_type *k = find_kind(t->type);

	if (!k || !k->real)
		die("tensor '%s' is of type '%s', not floating point", what, t->type);
	return k;
}

static _Noreturn void die_not_finite(const char *what, size_t i)
{
	die("tensor '%s' holds NaN or infinity (element %zu)", what, i);
}

const float *tensor_floats(const struct tensor *t, struct arena *a, const char *what)
{
	const struct number_type *k = real_kind(t, what);
	float *to = arena_array(a, t->count, sizeof *to);

	if (k->at == at_f4)
		memcpy(to, t->data, t->count * sizeof *to);
	else
		for (size_t i = 0; i < t->count; i++)
			to[i] = (float)k->at((const char *)t->data + i * k->bytes);
	for (size_t i = 0; i < t->count; i++)
		if (!isfinite(to[i]))
			die_not_finite(what, i);
	return to;
}

const double *tensor_doubles(const struct tensor *t, struct arena *a, const char *what)
{
	const struct number_type *k = real_kind(t, what);
	double *to = arena_array(a, t->count, sizeof *to);

	if (k->at == at_f8)
		memcpy(to, t->data, t->count * sizeof *to);
	else
		for (size_t i = 0; i < t->count; i++)
			to[i] = k->at((const char *)t->data + i * k->bytes);
	for (size_t i = 0; i < t->count; i++)
		if (!isfinite(to[i]))
			die_not_finite(what, i);
	return to;
}

const int32_t *tensor_ints(const struct tensor *t, struct arena *a, const char *what)
{
	const struct number_type *k = find_kind(t->type);
	int32_t *to = arena_array(a, t->count, sizeof *to);

	if (!k)
		die("tensor '%s' is of the unknown type '%s'", what, t->type);
	for (size_t i = 0; i < t->count; i++) {
		double x = k->at((const char *)t->data + i * k->bytes);

		if (!(x >= INT32_MIN && x <= INT32_MAX) || x != floor(x))
			die("tensor '%s' holds %g (element %zu), not a whole number of 32 bits",
				what, x, i);
		to[i] = (int32_t)x;
	}
	return to;
}

static const char *shape_text(int dimensions, const long *shape, char *text, size_t room)
{
	size_t n = (size_t)snprintf(text, room, "[");

	for (int i = 0; i < dimensions && n < room; i++)
		n += (size_t)snprintf(text + n, room - n, shape[i] < 0 ? "%s*" : "%s%ld",
			i ? ", " : "", shape[i]);
	if (n < room)
		snprintf(text + n, room - n, "]");
	return text;
}

void tensor_expect_shape(
	const struct tensor *t, const char *what, int dimensions, const long *shape)
{
	bool same = t->dimensions == dimensions;
	char has[256], wants[256];

	for (int i = 0; same && i < dimensions; i++)
		same = shape[i] < 0 || shape[i] == t->shape[i];
	if (!same)
		die("tensor '%s' has the shape %s, not %s", what,
			shape_text(t->dimensions, t->shape, has, sizeof has),
			shape_text(dimensions, shape, wants, sizeof wants));
}

const char *tensor_shape_text(const struct tensor *t, struct arena *a)
{
	char text[256];

	shape_text(t->dimensions, t->shape, text, sizeof text);
	return arena_text(a, text, strlen(text));
}
