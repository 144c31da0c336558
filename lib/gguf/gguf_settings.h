/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GGUF_GGUF_SETTINGS_H
#define LRP_GGUF_GGUF_SETTINGS_H

#include <jansson.h>

#include "gguf/gguf.h"

/*
 * The settings of a GGUF file in the words of a config.json: the keys of its architecture, with what
 * llama.cpp takes for those that are not there. Dies, naming it, on an architecture or a key that is
 * not known.
 */
json_t *gguf_settings(const struct gguf *g);

#endif
