/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PACK_ZIP_H
#define LRP_PACK_ZIP_H

#include <stddef.h>

#include "base/arena.h"

/*
 * The files in a zip archive, by their numbers; open for the life of the process. Not for several
 * threads at once. All of these die, naming the archive, on what is wrong with it.
 */
struct zip;

struct zip *zip_open(const char *path);

size_t zip_count(const struct zip *z);
const char *zip_name(const struct zip *z, size_t i);
size_t zip_size(const struct zip *z, size_t i);

/* Where a file's bytes, zip_size() of them, lie in the archive. Dies where they are compressed: only
 * zip_read() gives those. Nothing of them is read or verified. */
size_t zip_place(struct zip *z, size_t i);

/* The bytes of a file, zip_size() of them, in the arena; verified by their checksum. */
void *zip_read(struct zip *z, size_t i, struct arena *a);

#endif
