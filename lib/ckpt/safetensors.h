/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_SAFETENSORS_H
#define LRP_CKPT_SAFETENSORS_H

#include <jansson.h>
#include <stddef.h>

#include "tensor/tensor.h"

/*
 * A safetensors file, mapped for the life of the process:
 *
 *   8 bytes   length of the header, little-endian
 *   header    JSON: {"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, ...}
 *   data      the offsets count from here
 */
struct safetensors_entry {
	const char *name, *dtype; /* the dtype as the file spells it */
	struct tensor tensor;	  /* type "" where we cannot compute with the dtype */
	size_t size;		  /* bytes of its data */
	const struct safetensors *file;
};

struct safetensors {
	const char *path, *name; /* name: the last part of the path */
	const char *header;
	size_t header_size;
	const unsigned char *data;
	size_t data_size, size; /* size: of the whole file */
	struct safetensors_entry *entries;
	size_t count;
	const json_t *metadata; /* texts by name; NULL: none */
};

/* Map and check the file: every tensor's shape, type and offsets against each other and the file.
 */
const struct safetensors *safetensors_open(const char *path);

#endif
