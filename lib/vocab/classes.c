/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab/classes.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

#define BOS "bos_token"
#define EOS "eos_token"
#define CLS "cls_token"
#define SEP "sep_token"

#define NAMES(...)                                                                                 \
	&(const struct special_names)                                                              \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define MARIAN_NAMES NAMES(.eos_token = "</s>", .unk_token = "<unk>", .pad_token = "<pad>")
#define FAIRSEQ_NAMES NAMES("<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>")
#define GPT2_NAMES                                                                                 \
	NAMES(.bos_token = "<|endoftext|>", .eos_token = "<|endoftext|>",                          \
		.unk_token = "<|endoftext|>")
#define BERT_NAMES                                                                                 \
	NAMES(.unk_token = "[UNK]", .sep_token = "[SEP]", .pad_token = "[PAD]",                    \
		.cls_token = "[CLS]", .mask_token = "[MASK]")

/* clang-format off */
static const struct tokenizer_class classes[] = {
	{ "MarianTokenizer", OF_SIDES, .behind = EOS, .names = MARIAN_NAMES },
	{ "M2M100Tokenizer", WITH_SPM, .behind = EOS, .language = LANGUAGE_IN_FRONT, .source_language = "en",
		.names = NAMES(.bos_token = "<s>", .eos_token = "</s>", .unk_token = "<unk>", .sep_token = "</s>", .pad_token = "<pad>") },
	{ "LlamaTokenizer", BY_SPM, .front = BOS, .behind = EOS, .by_settings = true, .begins = true,
		.names = NAMES(.bos_token = "<s>", .eos_token = "</s>", .unk_token = "<unk>") },
	{ "CodeLlamaTokenizer", BY_SPM, .front = BOS, .behind = EOS, .by_settings = true, .begins = true,
		.names = NAMES(.bos_token = "<s>", .eos_token = "</s>", .unk_token = "<unk>") },
	{ "GemmaTokenizer", BY_SPM, .front = BOS, .behind = EOS, .by_settings = true, .begins = true,
		.names = NAMES(.bos_token = "<bos>", .eos_token = "<eos>", .unk_token = "<unk>", .pad_token = "<pad>") },
	{ "T5Tokenizer", BY_SPM, .behind = EOS, .extra = 100, .names = MARIAN_NAMES },
	{ "PegasusTokenizer", BY_SPM, .behind = EOS, .offset = 103,
		.names = NAMES(.eos_token = "</s>", .unk_token = "<unk>", .pad_token = "<pad>", .mask_token = "<mask_2>") },
	{ "XLMRobertaTokenizer", BY_FAIRSEQ, .front = BOS, .behind = EOS, .mask_trims = true, .names = FAIRSEQ_NAMES },
	{ "MBartTokenizer", BY_FAIRSEQ, .behind = EOS, .language = LANGUAGE_BEHIND, .source_language = "en_XX",
		.mask_trims = true, .names = FAIRSEQ_NAMES },
	{ "MBart50Tokenizer", BY_FAIRSEQ, .behind = EOS, .language = LANGUAGE_IN_FRONT, .source_language = "en_XX",
		.mask_trims = true, .names = FAIRSEQ_NAMES },
	{ "NllbTokenizer", BY_FAIRSEQ, .behind = EOS, .language = LANGUAGE_IN_FRONT, .source_language = "eng_Latn",
		.mask_trims = true, .names = FAIRSEQ_NAMES },
	{ "GPTNeoXTokenizer", BY_JSON, .front = BOS, .behind = EOS, .by_settings = true, .names = GPT2_NAMES },
	{ "GPT2Tokenizer", BY_MERGES, .names = GPT2_NAMES },
	{ "Qwen2Tokenizer", BY_MERGES,
		.names = NAMES(.eos_token = "<|endoftext|>", .unk_token = "<|endoftext|>", .pad_token = "<|endoftext|>") },
	{ "RobertaTokenizer", BY_MERGES, .front = CLS, .behind = SEP, .mask_trims = true, .names = FAIRSEQ_NAMES },
	{ "BartTokenizer", BY_MERGES, .front = CLS, .behind = SEP, .mask_trims = true, .names = FAIRSEQ_NAMES },
	{ "BlenderbotTokenizer", BY_MERGES, .behind = EOS, .names = FAIRSEQ_NAMES },
	{ "BertTokenizer", BY_WORDS, .front = CLS, .behind = SEP, .names = BERT_NAMES },
	{ "DistilBertTokenizer", BY_WORDS, .front = CLS, .behind = SEP, .names = BERT_NAMES },
};
/* clang-format on */

static const struct tokenizer_class by_json = { .name = "", .files = BY_JSON };

static const struct {
	const char *key;
	size_t offset;
} special_keys[] = { { BOS, offsetof(struct special_names, bos_token) },
	{ EOS, offsetof(struct special_names, eos_token) },
	{ "unk_token", offsetof(struct special_names, unk_token) },
	{ SEP, offsetof(struct special_names, sep_token) },
	{ "pad_token", offsetof(struct special_names, pad_token) },
	{ CLS, offsetof(struct special_names, cls_token) },
	{ "mask_token", offsetof(struct special_names, mask_token) } };

enum { SPECIAL_KEYS = sizeof special_keys / sizeof *special_keys };

static const char **name_at(const struct special_names *names, int i)
{
	return (const char **)((const char *)names + special_keys[i].offset);
}

const char *special_name(const struct special_names *names, const char *key)
{
	for (int i = 0; names && i < SPECIAL_KEYS; i++)
		if (!strcmp(special_keys[i].key, key))
			return *name_at(names, i);
	return NULL;
}

bool is_special_name(const struct special_names *names, const char *token)
{
	for (int i = 0; i < SPECIAL_KEYS; i++)
		if (*name_at(names, i) && !strcmp(*name_at(names, i), token))
			return true;
	return false;
}

struct special_names special_names_by(
	const char *(*name)(const void *context, const char *key), const void *context)
{
	struct special_names names = { NULL };

	for (int i = 0; i < SPECIAL_KEYS; i++)
		*name_at(&names, i) = name(context, special_keys[i].key);
	return names;
}

const char *tokenizer_class_name(const struct json_file *settings, const char *otherwise)
{
	return json_text_or(settings, "tokenizer_class", otherwise ? otherwise : "");
}

const struct tokenizer_class *tokenizer_class_of(
	const struct json_file *settings, const char *otherwise)
{
	const char *name = tokenizer_class_name(settings, otherwise);

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		size_t n = strlen(classes[i].name);

		if (!strncmp(name, classes[i].name, n) && (!name[n] || !strcmp(name + n, "Fast")))
			return &classes[i];
	}
	return &by_json;
}

const struct tokenizer_class *tokenizer_class_by_files(int files)
{
	const struct tokenizer_class *class = classes;

	while ((int)class->files != files)
		class ++;
	return class;
}

const char *tokenizer_classes_by_spm(void)
{
	struct arena *a = must_alloc(1, sizeof *a);
	const char *all = "";

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (classes[i].files == BY_SPM || classes[i].files == BY_FAIRSEQ)
			all = arena_printf(a, "%s%s%s", all, *all ? ", " : "", classes[i].name);
	return all;
}
