/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "ckpt/pointer.h"
#include "token/sentencepiece.h"
#include "token/splitter.h"

/* SentencePiece with a model for each side, as Hugging Face's MarianTokenizer has it. */
static char *path_of(const char *directory, enum side side)
{
	return path_join(directory, side == SOURCE ? "source.spm" : "target.spm");
}

static bool serves(const char *directory, enum side side)
{
	char *path = path_of(directory, side);
	bool found = !access(path, R_OK);

	free(path);
	return found;
}

static void *open_model(const char *directory, enum side side, const struct json_file *settings)
{
	const json_t *options = json_find(settings, "sp_model_kwargs");
	char *path = path_of(directory, side);

	if (json_is_true(json_object_get(options, "enable_sampling")))
		die("%s: 'enable_sampling' is true: random pieces are not supported",
			settings->path);
	if (access(path, R_OK))
		die_errno("cannot open %s", path);
	pointer_check(path);

	struct sentencepiece_model *s = sentencepiece_open(path);

	if (!s)
		die("%s: not a SentencePiece model", path);
	free(path);
	return s;
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

const struct splitter splitter_sentencepiece = {
	.name = "SentencePiece", .serves = serves, .open = open_model, .split = split, .join = join
};
