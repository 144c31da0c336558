/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_WEIGHTS_H
#define LRP_CKPT_WEIGHTS_H

#include "ckpt/checkpoint.h"
#include "record/record.h"

/* Where weights come from: a checkpoint, or a header that carries them. False: no such tensor. */
struct weight_source {
	bool (*find)(const void *from, const char *name, struct tensor *t);
	const void *from;
};

/* The weights of an open checkpoint. */
struct weight_source weights_of_checkpoint(const struct checkpoint *c);

/*
 * The weights a trace was made with: those its header carries, else those of the checkpoint that
 * it names, or that lies in `directory` (NULL: as the header says). Dies where the checkpoint's
 * fingerprint is not the header's. A checkpoint that `open` holds and that is the one is used
 * again; else it is set.
 */
struct weight_source weights_of_header(
	const struct record *header, const char *directory, struct checkpoint **open);

#endif
