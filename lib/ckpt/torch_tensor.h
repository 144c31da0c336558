/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_TORCH_TENSOR_H
#define LRP_CKPT_TORCH_TENSOR_H

#include "pack/pickle.h"
#include "ckpt/torch_archive.h"

/* Is it one of the functions and classes that torch.save names for tensors? */
bool torch_known(const char *name);

/* What the values of tensors refer to, for all of a file's. */
struct storages {
	struct archive *archive;
	const struct weight_file *f;
	const unsigned char *begin, *end; /* all of them that were used; NULL: none */
	size_t copied;			  /* bytes of tensors in another order */
};

/* Is a value a call that makes a tensor? */
bool torch_is_tensor(const struct pickled *v);

/*
 * Fill in an entry, which has its name, from such a value. A tensor whose strides are not those of C is
 * copied for the life of the process. Dies on what is no window in its storage.
 */
void torch_tensor(struct storages *s, struct entry *e, const struct pickled *v);

#endif
