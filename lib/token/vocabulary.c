/* SPDX-License-Identifier: Apache-2.0 */
#include "token/vocabulary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "ckpt/release.h"

/* Classes of tokenizers whose pieces have the numbers of their SentencePiece model. */
static const struct tokenizer_class {
	const char *name;
	const char *
		bos; /* in front of a text that begins, where no setting says another; NULL: none */
	long extra;  /* tokens behind the pieces, <extra_id_0> the last, where no setting says */
} classes[] = { { "LlamaTokenizer", "<s>", 0 }, { "GemmaTokenizer", "<bos>", 0 },
	{ "T5Tokenizer", NULL, 100 } };

struct tokenizer *tokenizer_open(
	const char *directory, const long sizes[2], long eos, const char *class)
{
	struct tokenizer *t = must_alloc(1, sizeof *t);

	t->directory = directory;
	t->eos = eos;
	t->bos = -1;
	t->class = class;
	for (int side = SOURCE; side <= TARGET; side++) {
		t->sides[side].file_name = "vocab.json";
		t->sides[side].size = sizes[side];
	}
	return t;
}

/* tokenizer_config.json, which is optional, and what it says of both sides. */
static void read_settings(struct tokenizer *t)
{
	if (t->settings_read)
		return;
	t->settings_read = true;
	t->settings = json_file_try(t->directory, "tokenizer_config.json");
	if (json_bool_or(&t->settings, "separate_vocabs", false))
		t->sides[TARGET].file_name = "target_vocab.json";
	t->added = added_tokens_read(t->directory, &t->settings);
}

long vocabulary_id(const struct vocabulary *v, const char *piece, size_t length)
{
	const json_t *id = json_object_getn(v->file.object, piece, length);

	return id ? (long)json_integer_value(id) : -1;
}

static void index_pieces(struct vocabulary *v)
{
	const char *piece;
	json_t *value;
	long id;

	json_object_foreach((json_t *)v->file.object, piece, value)
	{
		if (!json_is_integer(value))
			die("%s: the id of '%s' must be a whole number", v->file.path, piece);
		id = (long)json_integer_value(value);
		if (id < 0 || id >= v->size)
			die("%s: '%s' has id %ld, but the model has %ld tokens", v->file.path,
				piece, id, v->size);
		v->pieces[id] = piece;
	}
}

long vocabulary_added_id(const struct vocabulary *v, const struct added_token *token)
{
	return token->id >= 0 ? token->id : vocabulary_id(v, token->text, token->length);
}

static void index_added(const struct tokenizer *t, struct vocabulary *v)
{
	for (int i = 0; i < t->added.count; i++) {
		const struct added_token *token = &t->added.at[i];
		long id = vocabulary_added_id(v, token);

		if (id < 0 || id >= v->size)
			continue; /* an error where a text has it */
		v->pieces[id] = token->text;
		v->kind[id] = token->special ? ID_SPECIAL : ID_ADDED;
	}
}

/* The class that the files name, a fast one or the other. */
static const struct tokenizer_class *find_class(const struct tokenizer *t)
{
	const char *name = json_text_or(&t->settings, "tokenizer_class", t->class ? t->class : "");
	struct arena a = { 0 };
	const char *all = "";

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		size_t n = strlen(classes[i].name);

		if (!strncmp(name, classes[i].name, n) && (!name[n] || !strcmp(name + n, "Fast")))
			return &classes[i];
		all = arena_printf(&a, "%s%s%s", all, *all ? ", " : "", classes[i].name);
	}
	die("%s: tokenizer_class '%s' is not supported; supported with tokenizer.model or "
	    "spiece.model: %s; tokens can be given as ids",
		t->settings.path, name, all);
}

/* <extra_id_N>, counted from behind, and what stands in front of a text. */
static void add_class(struct tokenizer *t, struct vocabulary *v, json_t *ids)
{
	const struct tokenizer_class *class = find_class(t);
	long extra = json_int_or(&t->settings, "extra_ids", class->extra);
	const char *bos = special_token_name(t->directory, &t->settings, "bos_token", class->bos);
	long first = (long)json_object_size(ids);

	for (long i = 0; i < extra; i++)
		json_object_set_new(ids, arena_printf(&t->texts, "<extra_id_%ld>", extra - 1 - i),
			json_integer(first + i));
	if (bos)
		added_tokens_special(&t->added, bos);
	if (bos && json_bool_or(&t->settings, "add_bos_token", class->bos != NULL))
		t->bos = vocabulary_id(v, bos, strlen(bos));
	if (json_bool_or(&t->settings, "add_eos_token", false) && t->eos < 0)
		die("%s: 'add_eos_token' is true: not supported for texts that are continued",
			t->settings.path);
}

/* Marian's own releases have no vocab.json. */
static void read_release(struct tokenizer *t, struct vocabulary *v, enum side side)
{
	struct json_file f = release_vocabulary(t->directory, side == TARGET, v->size);

	if (f.object)
		v->file = f;
}

/* The ids of pieces, of a file of their own or of the splitter's. */
static void read_ids(struct tokenizer *t, struct vocabulary *v, enum side side)
{
	const struct splitter *splitter = splitter_of(t->directory, side);

	if (!splitter->ids) {
		v->file = json_file_try(t->directory, v->file_name);
		if (!v->file.object)
			read_release(t, v, side);
		return;
	}
	json_t *ids = json_object();

	open_splitter(t, side);
	v->file.path = splitter->ids(v->model, t->directory, ids, &t->texts);
	v->file.object = ids;
	add_class(t, v, ids);
}

struct vocabulary *open_vocabulary(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = &t->sides[side];
	const char *eos;

	if (v->opened)
		return v;
	v->opened = true;
	read_settings(t);
	v->pieces = must_alloc((size_t)v->size, sizeof *v->pieces);
	v->kind = must_alloc((size_t)v->size, 1);
	read_ids(t, v, side);
	index_pieces(v);
	index_added(t, v);
	v->unknown_name = special_token_name(t->directory, &t->settings, "unk_token", "<unk>");
	v->unknown = vocabulary_id(v, v->unknown_name, strlen(v->unknown_name));
	eos = special_token_name(t->directory, &t->settings, "eos_token", "</s>");
	v->eos = vocabulary_id(v, eos, strlen(eos));
	return v;
}

struct vocabulary *must_open_vocabulary(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = open_vocabulary(t, side);

	if (!v->file.object)
		die("cannot open %s: %s; without it tokens can only be given as ids", v->file.path,
			strerror(ENOENT));
	return v;
}

void tokenizer_require(struct tokenizer *t, enum side side)
{
	must_open_vocabulary(t, side);
}

const char *tokenizer_piece(struct tokenizer *t, enum side side, int32_t id)
{
	struct vocabulary *v = open_vocabulary(t, side);

	if (id < 0 || id >= v->size)
		die("token %ld: the model has %ld tokens", (long)id, v->size);
	if (v->pieces[id])
		return v->pieces[id];
	if (!v->numbers)
		v->numbers = must_alloc((size_t)v->size, sizeof *v->numbers);
	if (!v->numbers[id])
		v->numbers[id] = arena_printf(&t->texts, "%ld", (long)id);
	return v->numbers[id];
}

bool try_splitter(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = &t->sides[side];

	if (v->model)
		return true;
	v->splitter = splitter_of(t->directory, side);
	if (!v->splitter->serves(t->directory, side))
		return false;
	open_splitter(t, side);
	return true;
}

void open_splitter(struct tokenizer *t, enum side side)
{
	struct vocabulary *v = &t->sides[side];

	if (v->model)
		return;
	v->splitter = splitter_of(t->directory, side);
	v->model = v->splitter->open(t->directory, side, &t->settings);
}
