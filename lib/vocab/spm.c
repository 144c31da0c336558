/* SPDX-License-Identifier: Apache-2.0 */
/* SentencePiece: text to pieces and back. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "pack/pointer.h"
#include "vocab/sentencepiece.h"
#include "vocab/splitter.h"

/* A model for each side, as Hugging Face's MarianTokenizer has it. */
static char *path_of_side(const char *directory, enum side side)
{
	return path_join(directory, side == SOURCE ? "source.spm" : "target.spm");
}

/* One for all, as Llama's and T5's tokenizers have it. */
static char *path_of_both(const char *directory)
{
	static const char *const names[] = { "tokenizer.model", "spiece.model",
		"sentencepiece.bpe.model" };
	char *path = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		free(path);
		path = path_join(directory, names[i]);
		if (!access(path, R_OK))
			break;
	}
	return path;
}

static bool is_there(char *path)
{
	bool found = !access(path, R_OK);

	free(path);
	return found;
}

static bool serves_side(const char *directory, enum side side)
{
	return is_there(path_of_side(directory, side));
}

static bool serves_both(const char *directory, enum side side)
{
	(void)side;
	return is_there(path_of_both(directory));
}

/* The library's own options: of a sampling that does not take place alone they are without effect. */
static void check_options(const struct json_file *settings)
{
	const json_t *options = json_find(settings, "sp_model_kwargs");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)options, key, value)
	{
		bool sampling = strcmp(key, "enable_sampling") == 0;

		if (sampling && json_is_true(value))
			die("%s: 'enable_sampling' is true: random pieces are not supported",
				settings->path);
		if (!sampling && strcmp(key, "nbest_size") && strcmp(key, "alpha") &&
			!json_is_false(value))
			die("%s: 'sp_model_kwargs' has '%s', which is not supported",
				settings->path, key);
	}
}

/* Takes the path. */
static void *open_model(char *path, const struct json_file *settings)
{
	check_options(settings);
	if (access(path, R_OK))
		die_errno("cannot open %s", path);
	pointer_check(path);

	struct sentencepiece_model *s = sentencepiece_open(path);

	if (!s)
		die("%s: not a SentencePiece model", path);
	free(path);
	return s;
}

/* Marian's older releases have byte pairs instead, of words that another program splits first. */
static void refuse_byte_pairs(const char *directory, enum side side)
{
	const char *name = side == SOURCE ? "source.bpe" : "target.bpe";

	if (!serves_side(directory, side) && is_there(path_join(directory, name)))
		die("%s: has %s: byte pairs of subword-nmt are not supported; tokens can be given as "
		    "pieces or ids",
			directory, name);
}

static void *open_side(const char *directory, enum side side, const struct json_file *settings)
{
	refuse_byte_pairs(directory, side);
	return open_model(path_of_side(directory, side), settings);
}

static void *open_both(const char *directory, enum side side, const struct json_file *settings)
{
	(void)side;
	return open_model(path_of_both(directory), settings);
}

/* Pieces have the numbers of the model. */
static const char *put_ids(void *opened, const char *directory, json_t *ids, struct arena *a)
{
	char *path = path_of_both(directory);
	const char *kept = arena_text(a, path, strlen(path));

	free(path);
	for (int id = 0; id < sentencepiece_size(opened); id++) {
		const char *piece = sentencepiece_piece(opened, id);

		if (!piece || json_object_set_new(ids, piece, json_integer(id)))
			die("%s: piece %d is not UTF-8", kept, id);
	}
	return kept;
}

static int split(void *opened, const char *text, size_t length, const struct piece **pieces)
{
	return sentencepiece_split(opened, text, length, pieces);
}

/* The sign that stands for a space, where the model knows it as no space, is one in a text. */
static const char *spaced(const char *text, struct arena *a)
{
	static const char sign[] = "▁";
	char *copy = arena_text(a, text, strlen(text)), *to = copy;

	for (const char *from = text; *from;)
		if (strncmp(from, sign, sizeof sign - 1) == 0) {
			*to++ = ' ';
			from += sizeof sign - 1;
		} else {
			*to++ = *from++;
		}
	*to = '\0';
	return copy;
}

static const char *join(void *opened, const char *const *pieces, int count, struct arena *a)
{
	const char *text = sentencepiece_join(opened, pieces, count);

	return text ? spaced(text, a) : NULL;
}

const struct splitter splitter_sentencepiece = { .name = "SentencePiece",
	.serves = serves_side,
	.open = open_side,
	.split = split,
	.join = join };

const struct splitter splitter_sentencepiece_numbered = { .name = "SentencePiece",
	.serves = serves_both,
	.open = open_both,
	.ids = put_ids,
	.split = split,
	.join = join };
