/* SPDX-License-Identifier: Apache-2.0 */
#include "family/marian_tables.h"

#include <string.h>

#include "base/die.h"

#define SHARED "model.shared.weight"
#define SOURCE_TABLE "model.encoder.embed_tokens.weight"
#define TARGET_TABLE "model.decoder.embed_tokens.weight"
#define OUTPUT "lm_head.weight"

enum { MOST_NAMES = 4 };

/* The names of one table, ended by NULL; the first is the one the definition keeps. */
struct names {
	const char *at[MOST_NAMES + 1];
};

/* Compared at 1024 places, as the fingerprint is: tables that were trained apart differ in all. */
static bool same_table(const struct tensor *x, const struct tensor *y)
{
	enum { PLACES = 1024, PIECE = 256 };
	size_t element = strcmp(x->type, "<f4") == 0 ? 4 : 2, size = x->count * element;

	if (strcmp(x->type, y->type) != 0 || x->count != y->count)
		return false;
	if (size <= (size_t)PLACES * PIECE)
		return memcmp(x->data, y->data, size) == 0;
	for (size_t i = 0; i < PLACES; i++) {
		size_t at = i * ((size - PIECE) / (PLACES - 1));

		if (memcmp((const char *)x->data + at, (const char *)y->data + at, PIECE) != 0)
			return false;
	}
	return true;
}

/* The name under which the checkpoint has the table. */
static const char *find(const struct checkpoint *c, const struct names *names)
{
	const char *found = NULL;

	for (const char *const *name = names->at; *name; name++) {
		if (!checkpoint_has(c, *name))
			continue;
		struct tensor x = checkpoint_tensor(c, *name);
		struct tensor first = checkpoint_tensor(c, found ? found : *name);

		if (!same_table(&x, &first))
			die("tensors '%s' and '%s' differ, but config.json says that they are one",
				found, *name);
		found = found ? found : *name;
	}
	for (const char *const *name = names->at; *name && !found; name++)
		found = checkpoint_alias(c, *name);
	return found ? found : names->at[0];
}

static void check_shape(const struct model_config *config, const struct checkpoint *c,
	const char *name, long rows, struct arena *a)
{
	struct tensor x = checkpoint_tensor(c, name);

	if (x.dimensions != 2 || x.shape[0] != rows || x.shape[1] != config->d_model)
		die("tensor '%s' is %s, not [%ld, %ld] as config.json has it", name,
			tensor_shape_text(&x, a), rows, config->d_model);
}

struct marian_tables marian_tables(
	const struct model_config *config, const struct checkpoint *c, struct arena *a)
{
	bool tied = config->tie_word_embeddings;
	struct names shared = { { SHARED, SOURCE_TABLE, TARGET_TABLE, tied ? OUTPUT : NULL } };
	struct names source = { { SOURCE_TABLE } }, output = { { OUTPUT } };
	struct names target = { { TARGET_TABLE, tied ? OUTPUT : NULL } };
	struct marian_tables t;

	if (config->share_encoder_decoder_embeddings) {
		t.source = t.target = find(c, &shared);
	} else {
		t.source = find(c, &source);
		t.target = find(c, &target);
	}
	t.output = tied ? t.target : find(c, &output);
	check_shape(config, c, t.source, config->vocab_size, a);
	check_shape(config, c, t.target, config->decoder_vocab_size, a);
	check_shape(config, c, t.output, config->decoder_vocab_size, a);
	return t;
}
