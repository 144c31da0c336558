/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BUILD_PREFIX_H
#define LRP_BUILD_PREFIX_H

#include "ckpt/checkpoint.h"
#include "shape/family.h"

/* Note whether the checkpoint is that of a model without its output, whose names lack the prefix. */
void prefix_find(struct shape *s, const struct checkpoint *c);

/* The checkpoint's name for a name of the family's table. */
const char *prefix_name(const struct shape *s, const char *name);

#endif
