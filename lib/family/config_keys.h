/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_CONFIG_KEYS_H
#define LRP_FAMILY_CONFIG_KEYS_H

#include "ckpt/json.h"

/*
 * Die on a key of config.json that asks for what we do not compute, or that nobody knows: each one
 * is honoured (model/config.c, model/generation.c), without effect, or refused by name.
 */
void config_check_keys(const struct json_file *f);

/*
 * Was the file written by a version of the definition that ignores normalize_before,
 * normalize_embedding, add_final_layer_norm, static_position_embeddings and add_bias_logits? The
 * first versions made Marian of BART, which has them; transformers 4.2 gave it a definition of its
 * own, in which norms follow, positions are sinusoids where none are stored, and the logits have
 * the bias that the checkpoint has.
 */
bool config_ignores_bart(const struct json_file *f);

#endif
