/* SPDX-License-Identifier: Apache-2.0 */
#include "family/fairseq.h"

const struct sublayer fairseq_encoder[] = {
	{ SELF, .norm = "self_attn_layer_norm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .out = "self_attn.out_proj" },
	{ FEED, .norm = "final_layer_norm", .in = "fc1", .out = "fc2" }, { 0 }
};

const struct sublayer fairseq_decoder[] = {
	{ SELF, .norm = "self_attn_layer_norm", .q = "self_attn.q_proj", .k = "self_attn.k_proj",
		.v = "self_attn.v_proj", .out = "self_attn.out_proj" },
	{ CROSS, .norm = "encoder_attn_layer_norm", .q = "encoder_attn.q_proj",
		.k = "encoder_attn.k_proj", .v = "encoder_attn.v_proj",
		.out = "encoder_attn.out_proj" },
	{ FEED, .norm = "final_layer_norm", .in = "fc1", .out = "fc2" }, { 0 }
};
