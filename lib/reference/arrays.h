/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REFERENCE_ARRAYS_H
#define LRP_REFERENCE_ARRAYS_H

#include "tensor/tensor.h"

/*
 * What another program computed of a text: an .npz file, numpy's zip of arrays, in which those of
 * line i (from 0) are called `i.NAME`.
 */
struct reference;

struct array {
	const char *whole; /* "0.logits" */
	const char *name;  /* "logits" */
	long line;	   /* 0; -1: its name begins with no number */
	size_t file;	   /* its number in the zip */
	enum { NOT_LOOKED_AT, COMPARED, OF_NO_NODE } fate;
};

struct arrays {
	struct array *at;
	size_t count;
};

struct reference *reference_open(const char *path);

/* All, those of a line behind those of the one before and in the order of their names; those of a
 * line. */
struct arrays reference_all(const struct reference *r);
struct arrays reference_line(const struct reference *r, long line);

/* The array of that name, or NULL. */
struct array *arrays_find(struct arrays list, const char *name);

/* "FILE: array 'NAME'", for messages. */
const char *array_place(const struct reference *r, const struct array *x, struct arena *a);

/* Its numbers, in the arena. Dies where they cannot be read. */
struct tensor array_read(struct reference *r, const struct array *x, struct arena *a);

#endif
