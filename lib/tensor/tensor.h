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
 * `type` is numpy's name: <f4, <f8, <f2, <i4, <i8; bfloat16, which numpy lacks, is "bf16".
 */
struct tensor {
	char type[5];
	int dimensions;
	long shape[TENSOR_DIMENSIONS];
	size_t count; /* product of the shape */
	const void *data;
};

/* Bytes of one element, 0 for a type we do not know. */
size_t tensor_element(const char *type);

/*
 * The elements as aligned copies in the arena, converted. Floating-point types only (ints: whole
 * numbers only). They die, naming the tensor `what`, on another type and on NaN or infinity.
 */
const float *tensor_floats(const struct tensor *t, struct arena *a, const char *what);
const double *tensor_doubles(const struct tensor *t, struct arena *a, const char *what);
const int32_t *tensor_ints(const struct tensor *t, struct arena *a, const char *what);

/* Die unless the tensor has this shape; -1 stands for any size. */
void tensor_expect(const struct tensor *t, const char *what, int dimensions, ...);

/* The shape as text, "[2, 3]", in a buffer of the arena. */
const char *tensor_shape_text(const struct tensor *t, struct arena *a);

#endif
