/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_TORCH_ARCHIVE_H
#define LRP_CKPT_TORCH_ARCHIVE_H

#include "ckpt/format.h"

/*
 * The archive that torch.save writes (torch/serialization.py, from version 1.6 on): a zip of files that
 * are stored, not compressed, in a folder of any name,
 *
 *   data.pkl    a pickle: what was saved, without the numbers of its tensors
 *   data/KEY    the bytes of the storage KEY
 *   byteorder   "little"
 *   version and others, which say nothing of the numbers
 *
 * All of these die, naming the file, on what is wrong with it.
 */
struct archive;

/* Refuses what torch.load takes besides: TorchScript, and numbers of the other byte order. */
struct archive *archive_open(const struct weight_file *f);

/* Where a file of the folder lies in the map; NULL: there is none. */
const unsigned char *archive_find(struct archive *a, const char *name, size_t *size);

/* data.pkl, verified by its checksum and copied into the arena, and where it lies. */
const void *archive_pickle(
	struct archive *a, struct arena *arena, const unsigned char **place, size_t *size);

#endif
