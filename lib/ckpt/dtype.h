/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_DTYPE_H
#define LRP_CKPT_DTYPE_H

/* A type of numbers as the safetensors format spells it, which all formats list theirs by. */
struct dtype {
	const char *name;
	unsigned bits;	  /* of an element */
	const char *type; /* what we call it (tensor/tensor.h); "": we do not compute with it */
};

/* NULL: there is none of that name. */
const struct dtype *dtype_find(const char *name);

/* The one of what we call so. */
const struct dtype *dtype_of_type(const char *type);

#endif
