/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PACK_POINTER_H
#define LRP_PACK_POINTER_H

/* Die where a Git LFS pointer lies in the place of the file: a few lines that name it, which a
 * clone without git-lfs leaves there. To be called wherever a file of a model is opened. */
void pointer_check(const char *path);

#endif
