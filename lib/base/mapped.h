/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_MAPPED_H
#define LRP_BASE_MAPPED_H

#include <stddef.h>

/*
 * Map a file for the life of the process, read only. What else may write into it meanwhile cannot
 * be kept out: a file that was cut off ends the program with a message as soon as the part that is
 * gone is read, and one that was overwritten in mapped_check(). (A file that was replaced by a
 * rename stays as it was.) NULL for an empty file; dies where it cannot be opened.
 */
const void *mapped_open(const char *path, size_t *size);

/* Bytes of a mapped file that will not be read for a while need not stay in memory; no others. */
void mapped_spare(const void *from, size_t size);

/* Die where a mapped file is not what it was when it was mapped, by its size and time. To be called
 * before results are given away. */
void mapped_check(void);

#endif
