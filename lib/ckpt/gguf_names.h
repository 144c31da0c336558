/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_GGUF_NAMES_H
#define LRP_CKPT_GGUF_NAMES_H

#include <jansson.h>

#include "ckpt/format.h"
#include "ckpt/gguf.h"

/*
 * The settings of a GGUF file in the words of a config.json: the keys of its architecture, with what
 * llama.cpp takes for those that are not there. Dies, naming it, on an architecture or a key that is
 * not known. `f` is of format_gguf.
 */
json_t *gguf_settings(const struct weight_file *f);

#endif
