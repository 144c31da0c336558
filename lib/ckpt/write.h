/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_WRITE_H
#define LRP_CKPT_WRITE_H

#include <stdbool.h>
#include <stdio.h>

#include "ckpt/format.h"

/* A change of a tensor: rows (its first dimension) or columns (its second) set to zero or cut. */
struct tensor_edit {
	const char *tensor;
	bool columns, cut;
	long length; /* how many rows or columns there are to be */
	bool *which; /* one flag for each */
};

/* A tensor as it will be: shape and bytes. */
struct edited {
	const struct entry *entry;
	long shape[TENSOR_DIMENSIONS];
	size_t size, begin; /* begin: behind the bytes of those before it */
	unsigned char *own; /* edited bytes; NULL: those of the file */
};

/* The tensors of a file with the edits, in the order of their bytes; both are to be freed. */
struct edited *tensors_edited(
	const struct weight_file *f, const struct tensor_edit *edits, int count);

/* A new file in parts: the last waits until the disk has it. `path` is its name in messages. */
FILE *file_create(const char *path);
void file_put(FILE *to, const char *path, const void *bytes, size_t size);
void file_finish(FILE *to, const char *path);

/* All of that at once; `file_sync` waits so for a directory. */
void file_write(const char *path, const void *bytes, size_t size);
void file_sync(const char *path);

#endif
