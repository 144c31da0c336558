/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GGUF's keys in the words of config.json (gguf-py/gguf/constants.py; what is taken for keys that are
 * not there: llama_model::load_hparams() of llama.cpp). Keys of other names than the architecture's,
 * general.*, tokenizer.* and split.* are read by no program.
 */
#include "gguf/gguf_settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"

/* The file, the settings that are made, and the architecture's name in front of its keys. */
struct in_words {
	const struct gguf *g;
	json_t *settings;
	const char *architecture;
	struct arena arena;
};

/* A key of an architecture, without its name, and the one of config.json. */
struct gguf_setting {
	const char *theirs, *ours;
	enum { WHOLE, REAL } kind;
};

static const struct gguf_setting settings_llama[] = { { "context_length", "max_position_embeddings",
							      WHOLE },
	{ "embedding_length", "hidden_size", WHOLE }, { "block_count", "num_hidden_layers", WHOLE },
	{ "feed_forward_length", "intermediate_size", WHOLE },
	{ "attention.head_count", "num_attention_heads", WHOLE },
	{ "attention.layer_norm_rms_epsilon", "rms_norm_eps", REAL }, { NULL, NULL, WHOLE } };
static const struct gguf_setting settings_gpt2[] = { { "context_length", "n_positions", WHOLE },
	{ "embedding_length", "n_embd", WHOLE }, { "block_count", "n_layer", WHOLE },
	{ "feed_forward_length", "n_inner", WHOLE }, { "attention.head_count", "n_head", WHOLE },
	{ "attention.layer_norm_epsilon", "layer_norm_epsilon", REAL }, { NULL, NULL, WHOLE } };

/* Keys that functions below read, or that say nothing about the computation; spaces around each. */
#define READ " attention.head_count_kv attention.key_length attention.value_length vocab_size "
#define READ_ROTARY                                                                                \
	READ "rope.dimension_count rope.freq_base rope.scale_linear rope.scaling.type "            \
	     "rope.scaling.factor rope.scaling.original_context_length rope.scaling.attn_factor "  \
	     "rope.scaling.yarn_beta_fast rope.scaling.yarn_beta_slow rope.scaling.finetuned "     \
	     "rope.scaling.yarn_attn_factor rope.scaling.yarn_ext_factor "

static const struct gguf_architecture {
	const char *name;
	const struct gguf_setting *settings;
	const char *read;
	bool rotary;
	bool head_width; /* has a key of its own in config.json */
	bool factors;	 /* rotary frequencies are divided by rope_freqs.weight */
} architectures[] = { { "llama", settings_llama, READ_ROTARY " tensor_data_layout ", true, true,
			      true },
	{ "qwen2", settings_llama, READ_ROTARY, true, false, false },
	{ "qwen3", settings_llama, READ_ROTARY, true, true, false },
	{ "gemma", settings_llama, READ_ROTARY, true, true, false },
	{ "gpt2", settings_gpt2, READ, false, false, false } };

static const struct gguf_architecture *find_architecture(const struct gguf *g, const char *name)
{
	for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
		if (!strcmp(architectures[i].name, name))
			return &architectures[i];
	die("%s: the architecture '%s' is not supported as GGUF; supported: llama, qwen2, qwen3, gemma, "
	    "gpt2",
		g->path, name);
}

/* "llama.block_count" */
static const char *key_of(struct in_words *r, const char *name)
{
	return arena_printf(&r->arena, "%s.%s", r->architecture, name);
}

static bool whole(struct in_words *r, const char *name, long *value)
{
	return gguf_whole(r->g, key_of(r, name), value);
}

/* Single-precision numbers were typed in decimals: 1e-5, not 9.99999975e-6. */
static double typed(double value)
{
	char text[40];

	if ((double)(float)value != value)
		return value;
	for (int digits = 1; digits <= 9; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtof(text, NULL) == (float)value)
			break;
	}
	return strtod(text, NULL);
}

static bool real(struct in_words *r, const char *name, double *value)
{
	if (!gguf_real(r->g, key_of(r, name), value))
		return false;
	*value = typed(*value);
	return true;
}

static long needed(struct in_words *r, const char *name)
{
	long value;

	if (!whole(r, name, &value))
		die("%s: no '%s'", r->g->path, key_of(r, name));
	return value;
}

static void set_whole(struct in_words *r, const char *key, long value)
{
	json_object_set_new(r->settings, key, json_integer(value));
}

static void read_settings(struct in_words *r, const struct gguf_architecture *a)
{
	for (const struct gguf_setting *s = a->settings; s->theirs; s++) {
		double x;

		if (s->kind == WHOLE)
			set_whole(r, s->ours, needed(r, s->theirs));
		else if (real(r, s->theirs, &x))
			json_object_set_new(r->settings, s->ours, json_real(x));
		else
			die("%s: no '%s'", r->g->path, key_of(r, s->theirs));
	}
}

static void expect(struct in_words *r, const char *name, long wanted, const char *why)
{
	long value;

	if (whole(r, name, &value) && value != wanted)
		die("%s: '%s' is %ld, not %ld: %s", r->g->path, key_of(r, name), value, wanted,
			why);
}

/* Keys and values of fewer heads; the width of a head. */
static long read_heads(struct in_words *r, const struct gguf_architecture *a)
{
	long width = needed(r, "embedding_length"), heads = needed(r, "attention.head_count");
	long kv_heads = heads, head_width = heads > 0 ? width / heads : 0;

	if (a->rotary && whole(r, "attention.head_count_kv", &kv_heads))
		;
	else
		expect(r, "attention.head_count_kv", heads, "heads have keys of their own");
	if (a->rotary)
		set_whole(r, "num_key_value_heads", kv_heads);
	if (a->head_width && whole(r, "attention.key_length", &head_width))
		;
	else
		expect(r, "attention.key_length", head_width, "the width by the number of heads");
	if (a->head_width)
		set_whole(r, "head_dim", head_width);
	expect(r, "attention.value_length", head_width, "values as wide as keys are supported");
	return head_width;
}

/* The table has a row for each token. */
static void read_vocabulary(struct in_words *r)
{
	const struct gguf_tensor *table = gguf_find_tensor(r->g, "token_embd.weight");
	bool tied = !gguf_find_tensor(r->g, "output.weight");

	if (!table || table->dimensions != 2)
		die("%s: no table 'token_embd.weight'", r->g->path);
	expect(r, "vocab_size", table->shape[0], "the rows of token_embd.weight");
	set_whole(r, "vocab_size", table->shape[0]);
	json_object_set_new(r->settings, "tie_word_embeddings", json_boolean(tied));
}

static void set_id(struct in_words *r, const char *theirs, const char *ours, long otherwise)
{
	long id = otherwise;

	gguf_whole(r->g, theirs, &id);
	if (id >= 0)
		set_whole(r, ours, id);
}

/* Text ends at either of these. */
static void read_ends(struct in_words *r, long otherwise)
{
	static const char *const keys[] = { "tokenizer.ggml.eos_token_id",
		"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id" };
	json_t *ids = json_array();

	for (int i = 0; i < 3; i++) {
		long id = i ? -1 : otherwise;
		bool known = false;

		gguf_whole(r->g, keys[i], &id);
		for (size_t k = 0; k < json_array_size(ids); k++)
			known |= json_integer_value(json_array_get(ids, k)) == id;
		if (id >= 0 && !known)
			json_array_append_new(ids, json_integer(id));
	}
	if (json_array_size(ids) == 1)
		json_object_set(r->settings, "eos_token_id", json_array_get(ids, 0));
	else if (json_array_size(ids))
		json_object_set(r->settings, "eos_token_id", ids);
	json_decref(ids);
}

/* A SentencePiece model has <s> and </s> where nothing is said. */
static void read_ids(struct in_words *r)
{
	const char *model = gguf_text(r->g, "tokenizer.ggml.model");
	bool pieces = model && !strcmp(model, "llama");

	set_id(r, "tokenizer.ggml.bos_token_id", "bos_token_id", pieces ? 1 : -1);
	set_id(r, "tokenizer.ggml.padding_token_id", "pad_token_id", -1);
	read_ends(r, pieces ? 2 : -1);
}

/* As longrope, in which each frequency has a factor, for texts of any length. */
static json_t *read_factors(struct in_words *r, const struct gguf_tensor *t, long head_width)
{
	json_t *factors = json_array();

	if (strcmp(t->dtype->name, "F32") || (long)t->count != head_width / 2)
		die("%s: tensor '%s' is no list of %ld numbers of type F32", r->g->path, t->name,
			head_width / 2);
	for (size_t i = 0; i < t->count; i++) {
		float x;

		memcpy(&x, t->data + 4 * i, sizeof x);
		if (!(x > 0) || !isfinite(x))
			die("%s: tensor '%s' has the factor %g", r->g->path, t->name, (double)x);
		json_array_append_new(factors, json_real((double)x));
	}
	return json_pack("{s:s, s:o, s:O, s:f, s:I}", "rope_type", "longrope", "short_factor",
		factors, "long_factor", factors, "attention_factor", 1.0,
		"original_max_position_embeddings", (json_int_t)needed(r, "context_length"));
}

/* The converter writes config.json's attention_factor as yarn_attn_factor; attn_factor is one more. */
static json_t *read_yarn(struct in_words *r, double factor)
{
	json_t *x = json_pack("{s:s, s:f}", "rope_type", "yarn", "factor", factor);
	double own, scale = 1, turns, extension = 1;
	long first;

	bool given = real(r, "rope.scaling.yarn_attn_factor", &own);
	real(r, "rope.scaling.attn_factor", &scale);
	if (given || scale != 1)
		json_object_set_new(x, "attention_factor",
			json_real(scale * (given	       ? own
						  : factor > 1 ? 0.1 * log(factor) + 1
							       : 1)));
	if (real(r, "rope.scaling.yarn_ext_factor", &extension) && extension != 1)
		die("%s: '%s' is %g; supported: 1", r->g->path,
			key_of(r, "rope.scaling.yarn_ext_factor"), extension);
	if (whole(r, "rope.scaling.original_context_length", &first))
		json_object_set_new(x, "original_max_position_embeddings", json_integer(first));
	if (real(r, "rope.scaling.yarn_beta_fast", &turns))
		json_object_set_new(x, "beta_fast", json_real(turns));
	if (real(r, "rope.scaling.yarn_beta_slow", &turns))
		json_object_set_new(x, "beta_slow", json_real(turns));
	return x;
}

static json_t *read_scaling(struct in_words *r)
{
	const char *type = gguf_text(r->g, key_of(r, "rope.scaling.type"));
	double factor = 0, scale = 1;

	if (!real(r, "rope.scaling.factor", &factor))
		real(r, "rope.scale_linear", &factor);
	type = type ? type : "linear";
	if (factor < 0)
		die("%s: '%s' is %g", r->g->path, key_of(r, "rope.scaling.factor"), factor);
	if (!strcmp(type, "yarn") && factor > 0)
		return read_yarn(r, factor);
	if (real(r, "rope.scaling.attn_factor", &scale) && scale != 1)
		die("%s: '%s' is %g: supported with yarn only", r->g->path,
			key_of(r, "rope.scaling.attn_factor"), scale);
	if (!strcmp(type, "none") || (!strcmp(type, "linear") && (factor == 0 || factor == 1)))
		return NULL;
	if (!strcmp(type, "linear"))
		return json_pack("{s:s, s:f}", "rope_type", "linear", "factor", factor);
	die("%s: '%s' is '%s'; supported: none, linear, yarn (with a factor)", r->g->path,
		key_of(r, "rope.scaling.type"), type);
}

static void read_rotary(struct in_words *r, const struct gguf_architecture *a, long head_width)
{
	const struct gguf_tensor *factors = gguf_find_tensor(r->g, "rope_freqs.weight");
	json_t *scaling = read_scaling(r);
	double base = 10000;

	expect(r, "rope.dimension_count", head_width, "all of a head turns");
	real(r, "rope.freq_base", &base);
	json_object_set_new(r->settings, "rope_theta", json_real(base));
	if (factors && (!a->factors || scaling))
		die("%s: tensor '%s' is not supported %s", r->g->path, factors->name,
			scaling ? "beside another scaling of rotary positions"
				: "for this architecture");
	if (factors)
		scaling = read_factors(r, factors, head_width);
	if (scaling)
		json_object_set_new(r->settings, "rope_scaling", scaling);
}

static bool is_listed(const char *list, const char *word, struct in_words *r)
{
	return strstr(list, arena_printf(&r->arena, " %s ", word)) != NULL;
}

/* Of what is read nowhere, zeros and `false` say that it is not used. */
static bool says_nothing(const struct gguf_key *key)
{
	double value;

	return gguf_number(key, &value) && value == 0;
}

static void check_keys(struct in_words *r, const struct gguf_architecture *a)
{
	size_t before = strlen(a->name);

	for (size_t i = 0; i < r->g->key_count; i++) {
		const struct gguf_key *key = &r->g->keys[i];
		const char *name = key->name + before + 1;
		const struct gguf_setting *s = a->settings;

		if (!strncmp(key->name, "adapter.", 8))
			die("%s: '%s': an adapter (LoRA) is not supported; merge it into its model",
				r->g->path, key->name);
		if (strncmp(key->name, a->name, before) || key->name[before] != '.')
			continue;
		while (s->theirs && strcmp(s->theirs, name))
			s++;
		if (!s->theirs && !is_listed(a->read, name, r) && !says_nothing(key))
			die("%s: '%s' is no setting of the architecture '%s' that is known here; "
			    "convert the model without it if it does not change the computation",
				r->g->path, key->name, a->name);
	}
}

/* What kind of file it is, and of which layout. */
static void check_general(struct in_words *r)
{
	const char *type = gguf_text(r->g, "general.type");
	const char *layout = gguf_text(r->g, key_of(r, "tensor_data_layout"));
	long version = 2;

	if (type && strcmp(type, "model"))
		die("%s: general.type is '%s', not a model", r->g->path, type);
	if (layout && strcmp(layout, "Meta AI original pth"))
		die("%s: '%s' is '%s', which is not known", r->g->path,
			key_of(r, "tensor_data_layout"), layout);
	gguf_whole(r->g, "general.quantization_version", &version);
	if (version != 2)
		die("%s: general.quantization_version is %ld; supported: 2", r->g->path, version);
}

json_t *gguf_settings(const struct gguf *g)
{
	struct in_words r = { .g = g, .settings = json_object() };
	const char *name = gguf_text(r.g, "general.name");

	r.architecture = gguf_text(r.g, "general.architecture");
	if (!r.architecture)
		die("%s: no 'general.architecture'", g->path);
	const struct gguf_architecture *a = find_architecture(r.g, r.architecture);
	check_general(&r);
	check_keys(&r, a);
	json_object_set_new(r.settings, "model_type", json_string(a->name));
	if (name && *name)
		json_object_set_new(r.settings, "_name_or_path", json_string(name));
	read_settings(&r, a);
	long head_width = read_heads(&r, a);
	read_vocabulary(&r);
	read_ids(&r);
	if (a->rotary)
		read_rotary(&r, a, head_width);
	arena_free(&r.arena);
	return r.settings;
}
