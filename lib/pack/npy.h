/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PACK_NPY_H
#define LRP_PACK_NPY_H

#include "tensor/tensor.h"

/*
 * The array of a .npy file, numpy's format, that is in memory: its data stay there. Of types <f4, <f8,
 * <f2, <i4 and <i8, in the order of C. Dies on another, and on a file that is not whole; `what` names
 * it in messages.
 */
struct tensor npy_tensor(const void *bytes, size_t size, const char *what);

/* The bytes of one that is of bytes, signed or not, as texts are kept in; *count of them. */
const char *npy_bytes(const void *bytes, size_t size, const char *what, size_t *count);

#endif
