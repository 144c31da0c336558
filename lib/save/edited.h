/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SAVE_EDITED_H
#define LRP_SAVE_EDITED_H

#include <stdbool.h>

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
	const char *type; /* of its elements, as tensors have it: what is in blocks becomes <f4 */
	long shape[TENSOR_DIMENSIONS];
	size_t size, begin; /* begin: behind the bytes of those before it */
	unsigned char *own; /* edited or converted bytes; NULL: those of the entry */
};

/* Its bytes; made where they have to be, until edited_done(). */
const void *edited_bytes(struct edited *o);
void edited_done(struct edited *o);

/*
 * The tensors of a file with the edits: of safetensors in the order of their bytes, of another format as
 * its library writes them, the largest elements first, then by names. To be freed, and each done.
 */
struct edited *tensors_edited(
	const struct weight_file *f, const struct tensor_edit *edits, int count);

#endif
