/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/die.h"
#include "subword/model.h"
#include "text/setting.h"

static const struct model_kind *const kinds[] = { &model_bpe, &model_unigram, &model_word_piece,
	&model_word_level, NULL };

/* Files of before types were written have none: then the settings tell. */
static const char *type_of(const struct json_file *f)
{
	const char *type = json_text_or(f, "type", NULL);

	if (type)
		return type;
	if (json_find(f, "merges"))
		return "BPE";
	if (json_is_array(json_find(f, "vocab")))
		return "Unigram";
	return json_find(f, "continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

struct subword_model subword_model_open(const struct json_file *tokenizer)
{
	struct json_file f = setting_object(tokenizer, "model");
	struct subword_model m = { NULL, NULL, NULL };

	if (!f.object)
		die("%s: 'model' is missing: not a tokenizer", tokenizer->path);
	for (int i = 0; kinds[i]; i++)
		if (!strcmp(kinds[i]->type, type_of(&f)))
			m.kind = kinds[i];
	if (!m.kind)
		die("%s: '%s' is not supported; supported are BPE, Unigram, WordPiece, WordLevel",
			f.path, type_of(&f));
	settings_check(&f, m.kind->keys);
	m.opened = m.kind->open(&f, &m.lexicon);
	return m;
}
