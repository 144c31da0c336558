/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library reads from a model directory, for the tests:
 *
 *   convert            every 16-bit number against its definition, computed another way
 *   tensor DIR NAME    the elements, as floats and as doubles
 *   config DIR         the settings of the model
 *   generation DIR     those of generation, and whether we follow them
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/checkpoint.h"
#include "tensor/convert.h"
#include "family/config.h"
#include "model/generation.h"

/* sign, `bits` of exponent, `fraction` of fraction: the value by the definition of IEEE 754 */
static double defined_value(unsigned h, int fraction)
{
	int exponent_bits = 15 - fraction, exponent = (h & 0x7fff) >> fraction;
	int last = (1 << exponent_bits) - 1, bias = last / 2;
	double sign = h & 0x8000 ? -1 : 1, part = ldexp(h & ((1u << fraction) - 1), -fraction);

	if (exponent == last)
		return part ? NAN : sign * INFINITY;
	return sign * (exponent ? ldexp(1 + part, exponent - bias) : ldexp(part, 1 - bias));
}

static bool same(double x, double y)
{
	return isnan(x) ? isnan(y) : x == y && signbit(x) == signbit(y);
}

/* All 65536 numbers of the type, at an odd address. */
static void check_type(const char *type, int fraction)
{
	enum { ALL = 65536 };
	unsigned char *bytes = must_alloc(ALL + 1, 2);
	float *floats = must_alloc(ALL, sizeof *floats);
	double *doubles = must_alloc(ALL, sizeof *doubles);
	struct tensor t = { .dimensions = 1, .shape = { ALL }, .count = ALL, .data = bytes + 1 };

	strcpy(t.type, type);
	for (unsigned i = 0; i < ALL; i++) {
		bytes[1 + 2 * i] = (unsigned char)i;
		bytes[2 + 2 * i] = (unsigned char)(i >> 8);
	}
	tensor_to_floats(&t, floats);
	tensor_to_doubles(&t, doubles);
	for (unsigned i = 0; i < ALL; i++)
		if (!same(floats[i], defined_value(i, fraction)) || !same(doubles[i], floats[i]))
			die("%s 0x%04x: %g and %g, not %g", type, i, floats[i], doubles[i],
				defined_value(i, fraction));
	printf("%s: %d numbers\n", type, ALL);
}

static void print_tensor(const char *directory, const char *name)
{
	struct tensor t = checkpoint_tensor(checkpoint_open(directory), name);
	float *floats = must_alloc(t.count, sizeof *floats);
	double *doubles = must_alloc(t.count, sizeof *doubles);

	tensor_to_floats(&t, floats);
	tensor_to_doubles(&t, doubles);
	for (size_t i = 0; i < t.count; i++)
		printf("%.9g %.17g\n", floats[i], doubles[i]);
}

static void print_config(const char *directory)
{
	const struct model_config *c = model_config_read(directory);

	printf("%s %s width %ld\n", c->model_type, c->name, c->d_model);
	printf("layers %ld %ld heads %ld %ld\n", c->encoder_layers, c->decoder_layers,
		c->encoder_attention_heads, c->decoder_attention_heads);
	printf("ffn %ld %ld %s\n", c->encoder_ffn_dim, c->decoder_ffn_dim,
		function_names[c->activation]);
	printf("tokens %ld %ld positions %ld\n", c->vocab_size, c->decoder_vocab_size,
		c->max_position_embeddings);
	printf("static %d scale %d tie %d share %d\n", c->static_position_embeddings,
		c->scale_embedding, c->tie_word_embeddings, c->share_encoder_decoder_embeddings);
	printf("before %d embedding %d final %d bias %d\n", c->normalize_before,
		c->normalize_embedding, c->add_final_layer_norm, c->add_bias_logits);
	printf("pad %ld bos %ld eos %ld start %ld forced %ld\n", c->pad_token_id, c->bos_token_id,
		c->eos_token_id, c->decoder_start_token_id, c->forced_eos_token_id);
}

static void print_ids(const char *name, const struct token_ids *list)
{
	printf("%s", name);
	for (int i = 0; i < list->count; i++)
		printf(" %d", list->ids[i]);
	putchar('\n');
}

static void print_generation(const char *directory)
{
	const struct generation *g = generation_read(model_config_read(directory), TRANSLATE, 0);

	printf("length %ld start %ld pad %ld forced %ld\n", generation_most(g, 1),
		g->decoder_start_token_id, g->pad_token_id, g->forced_eos_token_id);
	print_ids("eos", &g->eos);
	for (int i = 0; i < g->bad_word_count; i++)
		print_ids("bad", &g->bad_words[i]);
	fflush(stdout);
	generation_check(g);
}

int main(int argc, char **argv)
{
	place_program(argv[0]);
	if (argc == 2 && !strcmp(argv[1], "convert")) {
		check_type("<f2", 10);
		check_type("bf16", 7);
	} else if (argc == 4 && !strcmp(argv[1], "tensor")) {
		print_tensor(argv[2], argv[3]);
	} else if (argc == 3 && !strcmp(argv[1], "config")) {
		print_config(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "generation")) {
		print_generation(argv[2]);
	} else {
		die_usage("one of: convert, tensor DIR NAME, config DIR, generation DIR");
	}
	return 0;
}
