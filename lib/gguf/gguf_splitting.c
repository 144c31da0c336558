/* SPDX-License-Identifier: Apache-2.0 */
#include "gguf/gguf_splitting.h"

#include <string.h>

#include "base/die.h"

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define LLAMA3                                                                                     \
	CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"   \
		     "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define QWEN2                                                                                      \
	CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"        \
		     "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define TEKKEN                                                                                     \
	"[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER        \
	"*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

/* How texts are split before merging, by tokenizer.ggml.pre: as published files of those models do. */
static const struct gguf_splitting splittings[] = { { "gpt-2", NULL, false, false, false, false },
	{ "phi-2", NULL, false, false, false, false }, { "olmo", NULL, false, false, false, false },
	{ "smollm", NULL, true, false, false, false },
	{ "starcoder", NULL, true, false, false, false },
	{ "refact", NULL, true, false, false, false },
	{ "llama-bpe", LLAMA3, false, false, true, true },
	{ "llama3", LLAMA3, false, false, true, true },
	{ "llama-v3", LLAMA3, false, false, true, true },
	{ "falcon3", LLAMA3, false, false, true, true },
	{ "smaug-bpe", LLAMA3, false, false, false, false },
	{ "qwen2", QWEN2, false, true, false, false },
	{ "deepseek-r1-qwen", QWEN2, false, false, false, false },
	{ "tekken", TEKKEN, false, false, true, true } };

const struct gguf_splitting *gguf_splitting(const struct gguf *g)
{
	const char *name = gguf_text(g, GGUF_TOKENIZER "pre"),
		   *model = gguf_text(g, "general.architecture");

	if (!name || !strcmp(name, "default")) /* of files from before there was the key */
		name = !model			    ? "default"
		       : !strcmp(model, "gpt2")	    ? "gpt-2"
		       : !strncmp(model, "qwen", 4) ? "qwen2"
						    : "default";
	for (size_t i = 0; i < sizeof splittings / sizeof *splittings; i++)
		if (!strcmp(splittings[i].name, name))
			return &splittings[i];
	die("%s: '" GGUF_TOKENIZER
	    "pre' is '%s': how its texts are split is not known; supported: gpt-2, "
	    "llama-bpe, qwen2, smollm, tekken and names of the same; convert the model again",
		g->path, name);
}

json_t *gguf_byte_level(bool regex)
{
	return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", 0,
		"trim_offsets", 1, "use_regex", regex);
}

json_t *gguf_pre_tokenizer(const struct gguf_splitting *s)
{
	json_t *list = json_array();

	if (s->digits)
		json_array_append_new(
			list, json_pack("{s:s, s:b}", "type", "Digits", "individual_digits", 1));
	if (s->regex)
		json_array_append_new(
			list, json_pack("{s:s, s:{s:s}, s:s, s:b}", "type", "Split", "pattern",
				      "Regex", s->regex, "behavior", "Isolated", "invert", 0));
	json_array_append_new(list, gguf_byte_level(!s->regex));
	return json_pack("{s:s, s:o}", "type", "Sequence", "pretokenizers", list);
}
