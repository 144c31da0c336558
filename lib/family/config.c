/* SPDX-License-Identifier: Apache-2.0 */
#include "family/config.h"

#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "family/config_keys.h"

static long size_or(const struct json_file *f, const char *key, long otherwise, long limit)
{
	long n = json_int_or(f, key, otherwise);

	if (n < 1 || n > limit)
		die("%s: '%s' is %ld; expected 1 to %ld", f->path, key, n, limit);
	return n;
}

long json_token_id(const struct json_file *f, const char *key, long otherwise, long limit)
{
	long id = json_int_or(f, key, otherwise);

	if (id >= limit || (id < 0 && (id != -1 || json_find(f, key))))
		die("%s: '%s' is %ld; expected an id from 0 to %ld", f->path, key, id, limit - 1);
	return id;
}

static void check_family(const struct json_file *f, const char *type)
{
	if (strcmp(type, "marian"))
		die("%s: model_type '%s' is not supported; supported: marian", f->path, type);
	if (!json_bool_or(f, "is_encoder_decoder", true))
		die("%s: 'is_encoder_decoder' is false: not supported for marian", f->path);
}

/* The activation function's place among those of graphs. */
static int read_activation(const struct json_file *f)
{
	const char *name = json_text_or(f, "activation_function", "gelu"), *all = "";
	struct arena a = { 0 };

	for (int i = 0; function_names[i]; i++) {
		if (strcmp(function_names[i], name) == 0)
			return i;
		all = arena_printf(&a, "%s%s%s", all, i ? ", " : "", function_names[i]);
	}
	die("%s: activation_function '%s' is not supported; supported: %s", f->path, name, all);
}

/*
 * By kind, layer and head: {"enc-self": {"0": [1]}}. Our own key has it; files of the first
 * versions have it under `pruned_heads`, where others keep lists by layer alone, which do not say
 * which of the three kinds of heads they mean.
 */
static void read_pruned(struct model_config *c)
{
	const char *path = c->file.path, *kind;
	const json_t *own = json_find(&c->file, PRUNED_HEADS);
	const json_t *old = json_find(&c->file, "pruned_heads");
	json_t *layers;
	bool foreign =
		json_array_size(old) > 0 || (old && !json_is_object(old) && !json_is_array(old));

	if (own && !json_is_object(own))
		die("%s: '" PRUNED_HEADS "' must be an object", path);
	json_object_foreach((json_t *)old, kind, layers) if (!json_is_object(layers)) foreign =
		true;
	if (foreign)
		die("%s: 'pruned_heads' is not empty, and does not say of which kind the heads are; "
		    "if they were taken out of the weights, list them under '" PRUNED_HEADS
		    "' as in {\"enc-self\": {\"0\": [1]}}, else remove it",
			path);
	if (json_object_size(own) && json_object_size(old))
		die("%s: has both 'pruned_heads' and '" PRUNED_HEADS "'", path);
	c->pruned = mask_of_json(
		json_object_size(own) ? own : old, path, must_alloc(1, sizeof(struct arena)));
}

static void read_sizes(struct model_config *c)
{
	const struct json_file *f = &c->file;
	enum { LAYERS = 10000, WIDTH = 1000000, TOKENS = 100000000 };

	c->d_model = size_or(f, "d_model", 1024, WIDTH);
	c->encoder_layers = size_or(f, "encoder_layers", 12, LAYERS);
	c->decoder_layers = size_or(f, "decoder_layers", 12, LAYERS);
	c->encoder_attention_heads = size_or(f, "encoder_attention_heads", 16, WIDTH);
	c->decoder_attention_heads = size_or(f, "decoder_attention_heads", 16, WIDTH);
	c->encoder_ffn_dim = size_or(f, "encoder_ffn_dim", 4096, WIDTH);
	c->decoder_ffn_dim = size_or(f, "decoder_ffn_dim", 4096, WIDTH);
	c->vocab_size = size_or(f, "vocab_size", 58101, TOKENS);
	c->decoder_vocab_size = c->share_encoder_decoder_embeddings
					? c->vocab_size /* whatever the file says */
					: size_or(f, "decoder_vocab_size", c->vocab_size, TOKENS);
	c->max_position_embeddings = size_or(f, "max_position_embeddings", 1024, TOKENS);
	if (c->d_model % c->encoder_attention_heads)
		die("%s: 'd_model' is %ld: not a multiple of 'encoder_attention_heads', %ld",
			f->path, c->d_model, c->encoder_attention_heads);
	if (c->d_model % c->decoder_attention_heads)
		die("%s: 'd_model' is %ld: not a multiple of 'decoder_attention_heads', %ld",
			f->path, c->d_model, c->decoder_attention_heads);
}

/* A setting of BART, which the definition of Marian reads in its first versions only. */
static bool bart_switch(const struct json_file *f, const char *key, bool otherwise)
{
	bool value = json_bool_or(f, key, otherwise);

	if (value == otherwise || !config_ignores_bart(f))
		return value;
	warn("%s: '%s' is %s: without effect, since the version of transformers that wrote the file "
	     "ignores it",
		f->path, key, value ? "true" : "false");
	return otherwise;
}

static void read_switches(struct model_config *c)
{
	const struct json_file *f = &c->file;

	c->static_position_embeddings = bart_switch(f, "static_position_embeddings", true);
	c->scale_embedding = json_bool_or(f, "scale_embedding", false);
	c->tie_word_embeddings = json_bool_or(f, "tie_word_embeddings", true);
	c->share_encoder_decoder_embeddings =
		json_bool_or(f, "share_encoder_decoder_embeddings", true);
	c->normalize_before = bart_switch(f, "normalize_before", false);
	c->normalize_embedding = bart_switch(f, "normalize_embedding", false);
	c->add_final_layer_norm = bart_switch(f, "add_final_layer_norm", false);
	c->add_bias_logits = bart_switch(f, "add_bias_logits", false);
}

/* Only learned positions have some extra ones in front of them. */
static void check_positions(const struct model_config *c)
{
	const struct json_file *f = &c->file;

	if (!c->static_position_embeddings && json_int_or(f, "extra_pos_embeddings", 0))
		die("%s: 'extra_pos_embeddings' is %ld: not supported where "
		    "'static_position_embeddings' is false",
			f->path, json_int(f, "extra_pos_embeddings"));
}

/* The first of the ids, where there are several. */
static long first_eos(const struct model_config *c)
{
	const json_t *value = json_find(&c->file, "eos_token_id");
	long id;

	if (!json_is_array(value))
		return json_token_id(&c->file, "eos_token_id", 0, c->decoder_vocab_size);
	if (!json_whole(json_array_get(value, 0), &id) || id < 0 || id >= c->decoder_vocab_size)
		die("%s: 'eos_token_id' must list ids from 0 to %ld", c->file.path,
			c->decoder_vocab_size - 1);
	return id;
}

/* The default of an id that the file does not mention; null says that there is no such token. */
static long unless_null(const struct json_file *f, const char *key, long id, long tokens)
{
	return json_object_get(f->object, key) || id >= tokens ? -1 : id;
}

static void read_ids(struct model_config *c)
{
	enum { LAST_TOKEN = 58100 }; /* of the vocabulary that the defaults are made for */
	const struct json_file *f = &c->file;
	long tokens = c->decoder_vocab_size;
	long either = tokens > c->vocab_size ? tokens : c->vocab_size;
	long pad = unless_null(f, "pad_token_id", LAST_TOKEN, either);
	long start = unless_null(f, "decoder_start_token_id", LAST_TOKEN, tokens);
	long forced = unless_null(f, "forced_eos_token_id", 0, tokens);

	c->pad_token_id = json_token_id(f, "pad_token_id", pad, either);
	c->bos_token_id = json_token_id(f, "bos_token_id", -1, either);
	c->eos_token_id = first_eos(c);
	c->decoder_start_token_id = json_token_id(f, "decoder_start_token_id", start, tokens);
	c->forced_eos_token_id = json_token_id(f, "forced_eos_token_id", forced, tokens);
}

static const char *directory_name(const char *directory)
{
	const char *slash;
	size_t n = strlen(directory);
	char *name = must_alloc(n + 1, 1);

	memcpy(name, directory, n);
	while (n > 1 && name[n - 1] == '/')
		name[--n] = '\0';
	slash = strrchr(name, '/');
	return slash && slash[1] ? slash + 1 : name;
}

struct model_config *model_config_read(const char *directory)
{
	struct model_config *c = must_alloc(1, sizeof *c);
	const struct json_file *f = &c->file;

	c->file = json_file_open(directory, "config.json");
	c->directory = directory;
	c->model_type = json_text(f, "model_type");
	check_family(f, c->model_type);
	config_check_keys(f);
	c->name = json_text_or(f, "_name_or_path", directory_name(directory));
	c->activation = read_activation(f);
	read_switches(c);
	check_positions(c);
	read_sizes(c);
	read_pruned(c);
	read_ids(c);
	return c;
}
