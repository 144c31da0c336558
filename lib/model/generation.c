/* SPDX-License-Identifier: Apache-2.0 */
#include "model/generation.h"

#include "base/arena.h"
#include "base/die.h"

/* No text is longer. */
enum { MOST_TOKENS = 1000000000 };

/* A list of ids; `key` names the setting in messages. */
static struct token_ids read_list(
	const struct json_file *f, const char *key, const json_t *list, long limit)
{
	size_t n = json_array_size(list);
	int *ids = must_alloc(n, sizeof *ids);
	long id;

	if (!n || n > 1000000)
		die("%s: '%s' must hold lists of token ids", f->path, key);
	for (size_t i = 0; i < n; i++) {
		if (!json_whole(json_array_get(list, i), &id) || id < 0 || id >= limit)
			die("%s: '%s' must hold ids from 0 to %ld", f->path, key, limit - 1);
		ids[i] = (int)id;
	}
	return (struct token_ids){ ids, (int)n };
}

static struct token_ids read_eos(const struct json_file *f, const struct shape *shape)
{
	const json_t *value = json_find(f, "eos_token_id");
	int *ids = must_alloc(1, sizeof *ids);

	if (json_is_array(value))
		return read_list(f, "eos_token_id", value, shape->vocabulary[DEC]);
	*ids = (int)json_token_id(f, "eos_token_id", shape->eos, shape->vocabulary[DEC]);
	return (struct token_ids){ ids, 1 };
}

bool ids_hold(const struct token_ids *list, long id)
{
	for (int i = 0; i < list->count; i++)
		if (list->ids[i] == id)
			return true;
	return false;
}

static void read_bad_words(struct generation *g, const struct shape *shape)
{
	const json_t *value = json_find(&g->file, "bad_words_ids");
	size_t n = json_array_size(value);
	struct token_ids *words;

	if (!value)
		return;
	if (!n || n > 1000000)
		die("%s: 'bad_words_ids' must be a list of lists of token ids", g->file.path);
	words = must_alloc(n, sizeof *words);
	for (size_t i = 0; i < n; i++) {
		struct token_ids w = read_list(&g->file, "bad_words_ids", json_array_get(value, i),
			shape->vocabulary[DEC]);

		if (w.count > 1 || !ids_hold(&g->eos, w.ids[0]))
			words[g->bad_word_count++] = w;
	}
	g->bad_words = words;
}

/* What the settings say of tokens that are no text. */
static struct token_ids read_special(
	const struct generation *g, const struct shape *s, struct tokenizer *t)
{
	long limit =
		s->vocabulary[DEC] > s->vocabulary[ENC] ? s->vocabulary[DEC] : s->vocabulary[ENC];
	const long more[] = { s->bos, s->eos, s->pad, g->mask_token_id,
		json_token_id(&s->file, "cls_token_id", -1, limit),
		json_token_id(&s->file, "sep_token_id", -1, limit) };
	int most = (int)(sizeof more / sizeof *more), n = 0;
	int32_t *others;
	int known = g->task == FILL && t ? tokenizer_special(t, SOURCE, &others) : 0;
	int *ids = must_alloc((size_t)most + (size_t)g->eos.count + (size_t)known, sizeof *ids);

	for (int i = 0; i < most; i++)
		if (more[i] >= 0)
			ids[n++] = (int)more[i];
	for (int i = 0; i < g->eos.count; i++)
		ids[n++] = g->eos.ids[i];
	for (int i = 0; i < known; i++)
		ids[n++] = others[i];
	return (struct token_ids){ ids, n };
}

/* max_new_tokens does not count what stands in front, max_length does; the former wins. */
static void read_lengths(struct generation *g)
{
	const struct json_file *f = &g->file;

	if (json_find(f, "max_new_tokens")) {
		g->max_new = json_int(f, "max_new_tokens");
		if (g->max_new < 1 || g->max_new >= MOST_TOKENS)
			die("%s: 'max_new_tokens' is %ld; expected 1 or more", f->path, g->max_new);
		return;
	}
	g->max_length = json_int_or(f, "max_length", 20);
	if (g->max_length < 2)
		die("%s: 'max_length' is %ld; expected 2 or more", f->path, g->max_length);
}

struct generation *generation_read(
	const struct shape *shape, enum task task, long maximum, struct tokenizer *t)
{
	struct generation *g = must_alloc(1, sizeof *g);
	long tokens = shape->vocabulary[DEC];
	long first = -1, last = -1;

	g->task = task;
	g->file = json_file_try(shape->directory, "generation_config.json");
	if (!g->file.object) {
		g->file = shape->file;
		first = shape->forced_bos;
		last = shape->forced_eos;
		g->encoder_ngrams = shape->encoder_ngrams;
	}
	if (maximum > 0)
		g->max_new = maximum;
	else
		read_lengths(g);
	if (!g->max_length || g->max_length > MOST_TOKENS)
		g->max_length = MOST_TOKENS;
	if (g->max_length > shape->positions + 1)
		g->max_length = shape->positions + 1;
	g->decoder_start_token_id =
		json_token_id(&g->file, "decoder_start_token_id", shape->start, tokens);
	if (task == TRANSLATE && g->decoder_start_token_id < 0)
		die("%s: 'decoder_start_token_id' is missing; add the id that targets begin with, for "
		    "some models that of the target's language",
			g->file.path);
	g->mask_token_id = shape->mask;
	if (task == FILL && shape->mask < 0 && t)
		g->mask_token_id = tokenizer_mask(t, SOURCE);
	g->placeless = shape->behind_pad ? shape->pad : -1;
	if (task == TRANSLATE && g->decoder_start_token_id == g->placeless)
		die("%s: 'decoder_start_token_id' is %ld, the padding, which has no position",
			g->file.path, g->placeless);
	if (task == FILL && g->mask_token_id < 0)
		die("%s: 'mask_token_id' is missing: add the id of the token that is to be filled in",
			shape->file.path);
	g->pad_token_id = json_token_id(&g->file, "pad_token_id", shape->pad,
		tokens > shape->vocabulary[ENC] ? tokens : shape->vocabulary[ENC]);
	g->forced_bos_token_id = json_token_id(&g->file, "forced_bos_token_id", first, tokens);
	g->forced_eos_token_id = json_token_id(&g->file, "forced_eos_token_id", last, tokens);
	g->eos = read_eos(&g->file, shape);
	g->special = read_special(g, shape, t);
	read_bad_words(g, shape);
	return g;
}

long generation_most(const struct generation *g, long given)
{
	return g->max_new > 0 && given + g->max_new < g->max_length ? given + g->max_new
								    : g->max_length;
}

/* Is the value what Hugging Face takes as "has no effect": absent, empty, or the number? */
static bool is_neutral(const json_t *value, double neutral)
{
	if (!value || json_is_false(value))
		return true;
	if (json_is_array(value))
		return !json_array_size(value);
	if (json_is_object(value))
		return !json_object_size(value);
	return json_is_number(value) && json_number_value(value) == neutral;
}

/* A model's own default, where neither file says another number. */
static void check_encoder_ngrams(const struct generation *g)
{
	const char *key = "encoder_no_repeat_ngram_size";

	if (g->encoder_ngrams && !json_find(&g->file, key))
		die("%s: '%s' is missing, and %ld where it is: not supported when generating; give the "
		    "targets, or set it to 0",
			g->file.path, key, g->encoder_ngrams);
}

void generation_check(const struct generation *g)
{
	static const struct {
		const char *key;
		double neutral;
	} settings[] = {
		{ "do_sample", 0 },
		{ "repetition_penalty", 1 },
		{ "encoder_repetition_penalty", 1 },
		{ "no_repeat_ngram_size", 0 },
		{ "encoder_no_repeat_ngram_size", 0 },
		{ "min_length", 0 },
		{ "min_new_tokens", 0 },
		{ "forced_decoder_ids", -1 },
		{ "suppress_tokens", -1 },
		{ "begin_suppress_tokens", -1 },
		{ "sequence_bias", -1 },
		{ "exponential_decay_length_penalty", -1 },
		{ "force_words_ids", -1 },
		{ "constraints", -1 },
		{ "penalty_alpha", 0 },
		{ "guidance_scale", 1 },
		{ "stop_strings", -1 },
		{ "watermarking_config", -1 },
		{ "dola_layers", -1 },
		{ "max_time", -1 },
		{ "token_healing", 0 },
		{ NULL, 0 },
	};

	check_encoder_ngrams(g);
	for (int i = 0; settings[i].key; i++) {
		const json_t *value = json_find(&g->file, settings[i].key);

		if (is_neutral(value, settings[i].neutral))
			continue;
		if (g->task == CONTINUE && i == 0) {
			warn("%s: 'do_sample' is true: texts are continued with the likeliest "
			     "tokens instead",
				g->file.path);
			continue;
		}
		die("%s: '%s' is %s: not supported when generating; give the targets, or remove it",
			g->file.path, settings[i].key,
			json_dumps(
				value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15)));
	}
}
