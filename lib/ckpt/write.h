/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_WRITE_H
#define LRP_CKPT_WRITE_H

#include <jansson.h>
#include <stdbool.h>

#include "ckpt/safetensors.h"

/* A change of a tensor: rows (its first dimension) or columns (its second) set to zero or cut. */
struct tensor_edit {
	const char *tensor;
	bool columns, cut;
	long length; /* how many rows or columns there are to be */
	bool *which; /* one flag for each */
};

/*
 * Write a copy of a safetensors file with the edits to its tensors; every other tensor's bytes
 * are as before. `note` says in the header's __metadata__, behind what earlier edits said, what
 * was done, so that the fingerprint is another one.
 */
void safetensors_write(const struct safetensors *f, const struct tensor_edit *edits, int count,
	const char *note, const char *path);

/* Write a file and wait until the disk has it; `file_sync` does so for a directory. */
void file_write(const char *path, const void *bytes, size_t size);
void file_sync(const char *path);

#endif
