/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab/merges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/utf8.h"
#include "pack/pointer.h"
#include "vocab/added_tokens.h"

/* The words of Qwen 2's class; those of GPT-2 are ByteLevel's own. */
#define QWEN_WORDS                                                                                 \
	"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+"  \
	"[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

/* Call `take` with each line of a file, without its end. */
static void each_line(const char *directory, const char *name,
	void (*take)(void *context, const char *path, char *line, size_t length), void *context)
{
	char *path = path_join(directory, name), *line = NULL;
	size_t room = 0;
	ssize_t n;

	pointer_check(path);
	FILE *f = fopen(path, "r");
	if (!f)
		die_errno("cannot open %s", path);
	while ((n = getline(&line, &room, f)) >= 0) {
		if (n && line[n - 1] == '\n')
			line[--n] = '\0';
		if (n && line[n - 1] == '\r')
			line[--n] = '\0';
		if (!utf8_valid(line, (size_t)n) || memchr(line, '\0', (size_t)n))
			die("%s: not text in UTF-8", path);
		take(context, path, line, (size_t)n);
	}
	if (ferror(f))
		die_errno("cannot read %s", path);
	fclose(f);
	free(line);
}

struct merges {
	json_t *list;
	bool begun,
		versioned; /* versioned: the first line is one only if it does not say a version */
};

/* To most classes the first line is none, whatever it says. */
static void take_merge(void *context, const char *path, char *line, size_t length)
{
	struct merges *m = context;
	bool first = !m->begun;

	(void)path, (void)length;
	m->begun = true;
	if (*line && !(first && (!m->versioned || strncmp(line, "#version:", 9) == 0)))
		json_array_append_new(m->list, json_string(line));
}

static json_t *byte_level(bool prefix_space, bool words)
{
	return json_pack("{ss sb sb sb}", "type", "ByteLevel", "add_prefix_space",
		(int)prefix_space, "trim_offsets", 1, "use_regex", (int)words);
}

json_t *tokenizer_of_merges(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class)
{
	struct json_file vocabulary = json_file_open(directory, "vocab.json");
	bool space = json_bool_or(settings, "add_prefix_space", false);
	bool qwen = !strcmp(class->name, "Qwen2Tokenizer");
	json_t *words = byte_level(space, !qwen), *split;
	struct merges merges = { json_array(), false, qwen };

	each_line(directory, "merges.txt", take_merge, &merges);
	split = json_pack("{ss s{ss} ss sb}", "type", "Split", "pattern", "Regex", QWEN_WORDS,
		"behavior", "Isolated", "invert", 0);
	if (qwen)
		words = json_pack("{ss s[oo]}", "type", "Sequence", "pretokenizers", split, words);
	return json_pack("{so* so so s{ss sO so}}", "normalizer",
		qwen ? json_pack("{ss}", "type", "NFC") : NULL, "pre_tokenizer", words, "decoder",
		byte_level(true, true), "model", "type", "BPE", "vocab",
		(json_t *)vocabulary.object, "merges", merges.list);
}

struct words {
	json_t *vocabulary;
	json_int_t count;
};

/* A line's number is its id; of two that are the same the last. */
static void take_word(void *context, const char *path, char *line, size_t length)
{
	struct words *w = context;

	(void)path, (void)length;
	json_object_set_new(w->vocabulary, line, json_integer(w->count++));
}

json_t *tokenizer_of_words(const char *directory, const struct json_file *settings,
	const struct tokenizer_class *class)
{
	struct words w = { json_object(), 0 };
	const char *unknown = special_names_read(directory, settings, class).unk_token;

	each_line(directory, "vocab.txt", take_word, &w);
	return json_pack("{s{ss sb sb sb} s{ss} s{ss ss sb} s{ss so ss ss si}}", "normalizer",
		"type", "BertNormalizer", "clean_text", 1, "handle_chinese_chars", 1, "lowercase",
		1, "pre_tokenizer", "type", "BertPreTokenizer", "decoder", "type", "WordPiece",
		"prefix", "##", "cleanup", 1, "model", "type", "WordPiece", "vocab", w.vocabulary,
		"unk_token", unknown, "continuing_subword_prefix", "##", "max_input_chars_per_word",
		100);
}
