/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHAPE_CONFIG_KEYS_H
#define LRP_SHAPE_CONFIG_KEYS_H

#include "shape/family.h"

/*
 * Keys of config.json that are the same in all families. Each key of a file is in the family's table,
 * or known here to have no effect on the computation, or refused by name: what nobody looked at could
 * change it.
 */
void config_check_keys(const struct json_file *f, const struct family *family);

/* The version of transformers that wrote the file, 402 for 4.2.1; 0 where it does not say. */
int config_version(const struct json_file *f);

/* The heads that were taken out. */
struct mask config_pruned(const struct json_file *f);

#endif
