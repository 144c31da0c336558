/* SPDX-License-Identifier: Apache-2.0 */
/* The options that Marian keeps in its models (EncoderDecoder's modelFeatures_). */
#include "release/npz_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "release/option_words.h"

/* Options that npz_model_read() takes. */
static const char *const read_here =
	"type dim-vocabs dim-emb enc-depth dec-depth tied-embeddings tied-embeddings-src "
	"tied-embeddings-all output-omit-bias transformer-heads transformer-dim-ffn "
	"transformer-decoder-dim-ffn transformer-ffn-activation transformer-preprocess "
	"transformer-postprocess transformer-postprocess-emb transformer-postprocess-top";

/* Options of which these values alone are supported; they are those of a model without them. */
static const struct option {
	const char *key, *values;
} only[] = {
	{ "layer-normalization", "false" },
	{ "right-left", "false" },
	{ "input-types", "[] [\"sequence\",\"sequence\"]" },
	{ "special-vocab", "[]" },
	{ "lemma-dim-emb", "0" },
	{ "ulr", "false" },
	{ "ulr-dim-emb", "0" },
	{ "transformer-ffn-depth", "2" },
	{ "transformer-decoder-ffn-depth", "0 2" },
	{ "transformer-no-projection", "false" },
	{ "transformer-no-bias", "false" },
	{ "transformer-no-affine", "false" },
	{ "transformer-pool", "false" },
	{ "transformer-decoder-autoreg", "self-attention" },
	{ "transformer-tied-layers", "[]" },
	{ "transformer-train-position-embeddings", "false" },
	{ "transformer-train-positions", "false" },
	{ "transformer-disable-position-embeddings", "false" },
	{ "transformer-attention-mask", "default" },
	{ NULL, NULL },
};

/* Options that change nothing in a transformer of which the above is true. */
static const struct unused_options unused[] = {
	{ "notes", "version original-type" },
	{ "of recurrent networks",
		"dim-rnn enc-type enc-cell enc-cell-depth dec-cell dec-cell-base-depth "
		"dec-cell-high-depth skip best-deep transformer-rnn-projection" },
	{ "of characters, classifiers and BERT",
		"char-stride char-highway char-conv-filters-num char-conv-filters-widths "
		"bert-train-type-embeddings bert-type-vocab-size" },
	{ "of average attention", "transformer-dim-aan transformer-aan-depth "
				  "transformer-aan-activation transformer-aan-nogate" },
	{ "of factors, a universal vocabulary and other masks, which are refused where they are on",
		"factors-combine factors-dim-emb lemma-dependency ulr-trainable-transformation "
		"transformer-alibi-shift transformer-alibi-trainable separator-symbol" },
	{ "only training, and which head's weights are printed",
		"transformer-guided-alignment-layer transformer-depth-scaling" },
	{ NULL, NULL },
};

static void check_options(const struct json_file *o)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)o->object, key, value)
	{
		const struct option *k = only;

		if (option_among(read_here, key) || option_unused(unused, key))
			continue;
		while (k->key && strcmp(k->key, key))
			k++;
		if (!k->key)
			die("%s: '%s' is no option of a transformer that is known here", o->path,
				key);
		if (!json_is_null(value) && !option_among(k->values, option_text(value)))
			die("%s: '%s' is %s: not supported, only %s", o->path, key,
				option_text(value), k->values);
	}
}

static long size_of(const struct json_file *o, const char *key)
{
	const long most = 100000000;
	long n = json_int(o, key);

	if (n < 1 || n > most)
		die("%s: '%s' is %ld; expected 1 to %ld", o->path, key, n, most);
	return n;
}

static void read_vocabularies(const struct json_file *o, long tokens[2])
{
	const json_t *list = json_find(o, "dim-vocabs");

	if (json_array_size(list) != 2)
		die("%s: 'dim-vocabs' must list the sizes of two vocabularies", o->path);
	for (size_t i = 0; i < 2; i++)
		if (!json_whole(json_array_get(list, i), &tokens[i]) || tokens[i] < 1 ||
			tokens[i] > 100000000)
			die("%s: 'dim-vocabs' must list sizes from 1 to 100000000", o->path);
}

/* Operations around a block: d, dropout, has no effect; what is left is compared. */
static bool operations_are(const char *text, const char *wanted)
{
	for (; *text; text++)
		if (*text != 'd' && *text != *wanted++)
			return false;
	return !*wanted;
}

/* "": false, "n": true. */
static bool has_norm(const struct json_file *o, const char *key, const char *otherwise)
{
	const char *text = json_text_or(o, key, otherwise);

	if (!operations_are(text, "") && !operations_are(text, "n"))
		die("%s: '%s' is '%s': not supported, only d (no effect) and n (a norm)", o->path,
			key, text);
	return operations_are(text, "n");
}

static void read_operations(const struct json_file *o, struct npz_model *m)
{
	const char *before = json_text(o, "transformer-preprocess");
	const char *behind = json_text(o, "transformer-postprocess");

	m->in_front = operations_are(before, "n") && operations_are(behind, "a");
	if (!m->in_front && !(operations_are(before, "") && operations_are(behind, "an")))
		die("%s: 'transformer-preprocess' is '%s' and 'transformer-postprocess' is '%s': "
		    "supported are '' with 'dan', and 'n' with 'da' (d has no effect)",
			o->path, before, behind);
	m->embedding = has_norm(o, "transformer-postprocess-emb", "d");
	m->top = has_norm(o, "transformer-postprocess-top", "");
}

static void read_tables(const struct json_file *o, struct npz_model *m)
{
	bool all = json_bool_or(o, "tied-embeddings-all", false);

	m->shared = all || json_bool_or(o, "tied-embeddings-src", false);
	m->tied = all || json_bool_or(o, "tied-embeddings", false);
	m->bias = !json_bool_or(o, "output-omit-bias", false);
	if (m->shared && m->tokens[0] != m->tokens[1])
		die("%s: 'dim-vocabs' are %ld and %ld, but both sides have one table of tokens",
			o->path, m->tokens[0], m->tokens[1]);
}

struct npz_model npz_model_read(const struct json_file *o)
{
	struct npz_model m = { .path = o->path };
	const char *type = json_text(o, "type");

	if (strcmp(type, "transformer"))
		die("%s: 'type' is '%s': not supported, only transformer", o->path, type);
	check_options(o);
	read_vocabularies(o, m.tokens);
	m.width = size_of(o, "dim-emb");
	m.heads = size_of(o, "transformer-heads");
	m.layers[0] = size_of(o, "enc-depth");
	m.layers[1] = size_of(o, "dec-depth");
	m.inner[0] = m.inner[1] = size_of(o, "transformer-dim-ffn");
	if (json_int_or(o, "transformer-decoder-dim-ffn", 0))
		m.inner[1] = size_of(o, "transformer-decoder-dim-ffn");
	m.activation = json_text(o, "transformer-ffn-activation");
	if (!option_among("swish relu gelu", m.activation))
		die("%s: 'transformer-ffn-activation' is '%s': not supported, only swish relu gelu",
			o->path, m.activation);
	read_operations(o, &m);
	read_tables(o, &m);
	return m;
}

/*
 * As the converter has them, but for two things. It writes no norms elsewhere than behind blocks. And it
 * takes dim-emb for the number of positions, which are computed, so that Marian has no such limit; that
 * is 512 or more in what is published, and max_length 512 in all.
 */
json_t *npz_model_config(const struct npz_model *m, long eos)
{
	enum { MOST_TOKENS = 512 };
	json_int_t pad = m->tokens[1];
	json_t *config = json_pack("{s:s, s:[s], s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"model_type", "marian", "architectures", "MarianMTModel", "is_encoder_decoder", 1,
		"vocab_size", (json_int_t)m->tokens[0] + 1, "decoder_vocab_size",
		(json_int_t)m->tokens[1] + 1, "encoder_layers", (json_int_t)m->layers[0],
		"decoder_layers", (json_int_t)m->layers[1], "encoder_attention_heads",
		(json_int_t)m->heads, "decoder_attention_heads", (json_int_t)m->heads,
		"encoder_ffn_dim", (json_int_t)m->inner[0], "decoder_ffn_dim",
		(json_int_t)m->inner[1], "d_model", (json_int_t)m->width);
	json_t *more = json_pack("{s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "activation_function",
		m->activation, "scale_embedding", 1, "static_position_embeddings", 1,
		"share_encoder_decoder_embeddings", m->shared, "tie_word_embeddings", m->tied,
		"normalize_before", m->in_front, "normalize_embedding", m->embedding,
		"add_final_layer_norm", m->top);
	json_t *ids = json_pack("{s:I, s:I, s:I, s:I, s:I, s:[[I]], s:i, s:I}", "pad_token_id", pad,
		"decoder_start_token_id", pad, "bos_token_id", (json_int_t)0, "eos_token_id",
		(json_int_t)eos, "forced_eos_token_id", (json_int_t)eos, "bad_words_ids", pad,
		"max_length", MOST_TOKENS, "max_position_embeddings",
		(json_int_t)(m->width > MOST_TOKENS ? m->width : MOST_TOKENS));

	if (!strcmp(m->activation, "gelu"))
		warn("%s: 'transformer-ffn-activation' is gelu: x times the normal distribution's, as "
		     "in the converted model; Marian up to v1.12 computed x sigmoid(1.702 x)",
			m->path);
	if (!config || !more || !ids || json_object_update(config, more) ||
		json_object_update(config, ids))
		die("out of memory");
	json_decref(more);
	json_decref(ids);
	return config;
}
