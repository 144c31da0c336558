/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library reads from a model directory, for the tests:
 *
 *   convert            every 16-bit number against its definition, computed another way
 *   tensor DIR NAME    the elements, as floats and as doubles
 *   config DIR         the settings of the model
 *   generation DIR     those of generation, and whether we follow them
 *   gguf-tokenizer M   the tokeniser of a GGUF file, as JSON
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/checkpoint.h"
#include "ckpt/gguf_vocabulary.h"
#include "tensor/convert.h"
#include "shape/shape.h"
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

/* A block of every scale, with all sizes of numbers. */
static void check_blocks(void)
{
	unsigned char block[35];
	struct tensor t = { .dimensions = 1, .shape = { 32 }, .count = 32, .data = block + 1 };
	float floats[32];
	double doubles[32];

	strcpy(t.type, "q8_0");
	for (unsigned h = 0; h < 65536; h++) {
		block[1] = (unsigned char)h;
		block[2] = (unsigned char)(h >> 8);
		for (unsigned i = 0; i < 32; i++)
			block[3 + i] = (unsigned char)(8 * i + h % 8);
		tensor_to_floats(&t, floats);
		tensor_to_doubles(&t, doubles);
		for (int i = 0; i < 32; i++) {
			double wanted = defined_value(h, 10) * (signed char)block[3 + i];

			if (!(isnan(wanted) && isnan(floats[i])) &&
				(floats[i] != wanted || doubles[i] != wanted))
				die("q8_0 0x%04x: %g, not %g", h, floats[i], wanted);
		}
	}
	printf("q8_0: 65536 scales\n");
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
	const struct shape *s = shape_read(directory);

	printf("%s %s width %ld\n", s->type, s->name, s->width);
	printf("layers %ld %ld heads %ld %ld\n", s->layers[ENC], s->layers[DEC], s->heads[ENC],
		s->heads[DEC]);
	printf("ffn %ld %ld %s\n", s->inner[ENC], s->inner[DEC], function_names[s->activation]);
	printf("tokens %ld %ld positions %ld\n", s->vocabulary[ENC], s->vocabulary[DEC],
		s->positions);
	printf("static %d scale %d tie %d share %d\n", s->sinusoids, s->scaled_embedding,
		s->tied_output, s->shared_tables);
	printf("before %d embedding %d final %d bias %d\n", s->norm_in_front, s->embedding_norm,
		s->final_norm, s->output_bias);
	printf("pad %ld bos %ld eos %ld start %ld forced %ld\n", s->pad, s->bos, s->eos, s->start,
		s->forced_eos);
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
	const struct generation *g = generation_read(shape_read(directory), TRANSLATE, 0, NULL);

	printf("length %ld start %ld pad %ld forced %ld %ld\n", generation_most(g, 1),
		g->decoder_start_token_id, g->pad_token_id, g->forced_bos_token_id,
		g->forced_eos_token_id);
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
		check_blocks();
	} else if (argc == 4 && !strcmp(argv[1], "tensor")) {
		print_tensor(argv[2], argv[3]);
	} else if (argc == 3 && !strcmp(argv[1], "config")) {
		print_config(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "generation")) {
		print_generation(argv[2]);
	} else if (argc == 3 && !strcmp(argv[1], "gguf-tokenizer")) {
		json_t *made = gguf_tokenizer_in(argv[2]);

		if (!made || json_dumpf(made, stdout, JSON_COMPACT | JSON_SORT_KEYS))
			die("%s: no tokeniser", argv[2]);
	} else {
		die_usage("one of: convert, tensor DIR NAME, config DIR, generation DIR, "
			  "gguf-tokenizer M");
	}
	return 0;
}
