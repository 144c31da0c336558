/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SAVE_COPY_H
#define LRP_SAVE_COPY_H

#include "ckpt/checkpoint.h"
#include "save/edited.h"

/*
 * Write a checkpoint of any format into a directory as safetensors, with the edits to its tensors;
 * every other tensor's bytes are as before. Files of safetensors keep their names, and what else their
 * headers say; their index stays right, and is not written. Of another format one file becomes
 * model.safetensors, several become model-00001-of-0000N.safetensors and so on, with their index.
 * `note` says in each, behind what earlier edits said, what was done, so that the fingerprint is another
 * one.
 */
void checkpoint_copy(const struct checkpoint *c, const struct tensor_edit *edits, int count,
	const char *note, const char *directory, struct arena *a);

#endif
