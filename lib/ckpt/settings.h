/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_SETTINGS_H
#define LRP_CKPT_SETTINGS_H

#include "pack/json.h"

/*
 * The settings of a model: config.json of its directory, else what its weights say in the words of
 * one (format.h). Dies where there is neither. `directory` may be a file of weights that says all.
 */
struct json_file settings_open(const char *directory);

/* Does the path name one file, which has to say all of a model, instead of its directory? */
bool model_is_file(const char *path);

#endif
