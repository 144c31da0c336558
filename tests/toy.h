/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests: a second family, with joined and transposed weights, beside the one of the library.
 * This array takes the place of lib/family/families.c. tests/family.bats makes toy models.
 */
#ifndef TOY_H
#define TOY_H

#include "shape/family.h"

static const struct key keys[] = {
	INT("n_embd", width, 8),
	INT("n_enc", layers[ENC], 1),
	INT("n_dec", layers[DEC], 1),
	INT("n_enc_head", heads[ENC], 1),
	INT("n_dec_head", heads[DEC], 1),
	INT("n_enc_inner", inner[ENC], 1),
	INT("n_dec_inner", inner[DEC], 1),
	INT("n_vocab", vocabulary[ENC], 10),
	INT("n_positions", positions, 16),
	WORD("act", activation, function_names, RELU),
	REAL("norm_eps", eps, 1e-6),
	FLAG("pre_norm", norm_in_front, false),
	FLAG("last_norm", final_norm, false),
	ID("eos_token_id", eos, 0, FIRST_ID),
	ID("pad_token_id", pad, -1, EITHER_ID),
	ID("decoder_start_token_id", start, 1, TARGET_ID),
	{ 0 },
};

/* The encoder's matrices are transposed; the decoder's queries, keys and values are rows of one, head by head. */
static const struct sublayer encoder[] = {
	{ SELF, .norm = "ln_1", .qkv = "attn.qkv", .out = "attn.proj", .transposed = true },
	{ FEED, .norm = "ln_2", .in = "mlp.fc", .out = "mlp.proj", .transposed = true },
	{ 0 },
};

static const struct sublayer decoder[] = {
	{ SELF, .norm = "ln_1", .qkv = "attn.qkv", .by_head = true, .out = "attn.proj" },
	{ CROSS, .norm = "ln_3", .q = "cross.q", .k = "cross.k", .v = "cross.v",
		.out = "cross.proj", .transposed = true },
	{ FEED, .norm = "ln_2", .in = "mlp.fc", .out = "mlp.proj" },
	{ 0 },
};

static const struct family toy = {
	.type = "toy",
	.keys = keys,
	.fixed = { .tied_output = true,
		.shared_tables = true,
		.sinusoids = true,
		.scaled_embedding = true },
	.stack = { [ENC] = { "enc.h.%d", encoder, .positions = "enc.wpe",
			   .final_norm = "enc.ln_f" },
		[DEC] = { "dec.h.%d", decoder, .positions = "dec.wpe", .final_norm = "dec.ln_f" } },
	.shared_table = "wte",
	.output = "head",
	.output_bias = "head.bias",
};

extern const struct family family_marian;
const struct family *const families[] = { &toy, &family_marian, NULL };

#endif
