/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_TENSOR_H
#define LRP_TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { TENSOR_DIMENSIONS = 8 };

/*
 * A tensor as it lies in a record or a checkpoint: row-major, little-endian, perhaps unaligned.
 * `type` is numpy's name: <f4, <f8, <f2, <i4, <i8; bfloat16, which numpy lacks, is "bf16", and
 * GGUF's blocks, which only a checkpoint has, are "q8_0".
 */
struct tensor {
	char type[5];
	int dimensions;
	long shape[TENSOR_DIMENSIONS];
	size_t count; /* product of the shape */
	const void *data;
};

/* Bytes of one element, 0 for a type we do not know, or of blocks. */
size_t tensor_element(const char *type);

/*
 * The elements as aligned copies in the arena, converted. Floating-point types only (ints: whole
 * numbers only). They die, naming the tensor `what`, on another type and on NaN or infinity.
 */
const float *tensor_floats(const struct tensor *t, struct arena *a, const char *what);
const double *tensor_doubles(const struct tensor *t, struct arena *a, const char *what);
const int32_t *tensor_ints(const struct tensor *t, struct arena *a, const char *what);

/* The elements as doubles, whatever their type: NaN and infinity as they are. */
double *tensor_numbers(const struct tensor *t, struct arena *a);

/* One element as a double, NaN and infinity as they are; whole numbers exactly in the second. */
double tensor_at(const struct tensor *t, size_t i);
int64_t tensor_int_at(const struct tensor *t, size_t i);

/* Store one element of a type at `to`, rounded; false where the type cannot hold it: a whole number
 * out of range, a fraction in an integer. Too large for a floating-point type: infinity. */
bool tensor_store(const char *type, void *to, double x);

/*
 * Die unless the tensor has this shape; -1 stands for any size. The sizes may be of any integer
 * type: tensor_expect(&t, "relevance", 2, steps, -1).
 */
#define tensor_expect(t, what, dimensions, ...)                                                    \
	tensor_expect_shape((t), (what), (dimensions), (const long[]){ __VA_ARGS__ })
void tensor_expect_shape(
	const struct tensor *t, const char *what, int dimensions, const long *shape);

/* The shape as text, "[2, 3]", in a buffer of the arena. */
const char *tensor_shape_text(const struct tensor *t, struct arena *a);

#endif
