/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_CHECKPOINT_H
#define LRP_CKPT_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "ckpt/format.h"
#include "tensor/tensor.h"

/* The weights of a model: one file or several, mapped for the life of the process. */
struct checkpoint;

/*
 * Open a model directory: of the first format that has files there (format.h) the one that holds
 * all, else those that its index names. `path` may also be one such file.
 */
struct checkpoint *checkpoint_open(const char *path);

bool checkpoint_has(const struct checkpoint *c, const char *name);

/* The tensor that the files name as the one to take for a tensor that was not kept, since both were
 * the same; NULL: none. */
const char *checkpoint_alias(const struct checkpoint *c, const char *name);

/* A tensor in place, perhaps unaligned. Dies where there is none of that name, or one whose type
 * is none that tensor/convert.h makes floats of. */
struct tensor checkpoint_tensor(const struct checkpoint *c, const char *name);

/* Every tensor, in the order of the names (bytes compared). */
void checkpoint_list(const struct checkpoint *c,
	void (*visit)(const struct entry *entry, void *context), void *context);

/* The i-th of its files, in the order of their names; NULL: there are no more. */
const struct weight_file *checkpoint_file(const struct checkpoint *c, size_t i);

/* Absolute, without symbolic links: checkpoint_open() takes it. */
const char *checkpoint_path(const struct checkpoint *c);

/* Size of the files together. */
long checkpoint_bytes(const struct checkpoint *c);

/*
 * The fingerprint, 32 hexadecimal digits: XXH3-128 of, for each file in the order of their names,
 *
 *   its size (8 bytes, little-endian), its header, and of its n bytes of data
 *   all, where n <= 4 MiB; else the 1024 blocks of 4 KiB that start at i (n - 4096) / 1023.
 *
 * Header and data are the format's: of safetensors the JSON, and all behind it; of pytorch_model.bin
 * the pickle, and all from the first byte of the storages that tensors use to the last.
 *
 * So it costs the same for a model of any size, and finds another model, another training step or
 * another precision; it may miss a change that leaves nearly all of a file as it was, so a program
 * that edits weights should say so in the file.
 */
const char *checkpoint_hash(struct checkpoint *c);

#endif
