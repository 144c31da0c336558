/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SAVE_WRITE_H
#define LRP_SAVE_WRITE_H

#include <stdio.h>

/* A new file in parts: the last waits until the disk has it. `path` is its name in messages. */
FILE *file_create(const char *path);
void file_put(FILE *to, const char *path, const void *bytes, size_t size);
void file_finish(FILE *to, const char *path);

/* All of that at once; `file_sync` waits so for a directory. */
void file_write(const char *path, const void *bytes, size_t size);
void file_sync(const char *path);

#endif
