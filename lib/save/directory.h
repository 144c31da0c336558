/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SAVE_DIRECTORY_H
#define LRP_SAVE_DIRECTORY_H

#include <stdbool.h>

/*
 * Make the directory `path`, which must not exist, all at once: `fill` writes into a temporary
 * directory beside it, which is then renamed. Where fill dies, the temporary directory goes, and
 * the program ends with the same status; where a signal ends the program, it goes first.
 */
void directory_make(
	const char *path, void (*fill)(const char *temporary, void *context), void *context);

/*
 * Copy the files and folders of a directory, byte for byte, in the order of their names. `wanted`
 * says of the names at the top which are copied (NULL: all).
 */
void directory_copy(const char *from, const char *to,
	bool (*wanted)(const char *name, void *context), void *context);

#endif
