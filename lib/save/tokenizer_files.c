/* SPDX-License-Identifier: Apache-2.0 */
#include "save/tokenizer_files.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "ckpt/gguf_vocabulary.h"
#include "release/release.h"
#include "save/write.h"

static void write_json(const char *directory, const char *name, const json_t *object)
{
	char *text = json_dumps(object, JSON_INDENT(1));

	if (!text)
		die("out of memory");
	file_write(path_join(directory, name), text, strlen(text));
	free(text);
}

static void write_release(const char *model, const char *directory, const long sizes[2])
{
	struct json_file source = release_vocabulary(model, false, sizes[0]);
	struct json_file target = release_vocabulary(model, true, sizes[1]);

	if (!source.object || !target.object)
		return;
	write_json(directory, "vocab.json", source.object);
	if (json_equal((json_t *)source.object, (json_t *)target.object))
		return;
	write_json(directory, "target_vocab.json", target.object);
	write_json(directory, "tokenizer_config.json", json_pack("{sb}", "separate_vocabs", 1));
}

void tokenizer_files_write(const char *model, const char *directory, const long sizes[2])
{
	json_t *described = gguf_tokenizer_in(model);

	if (!described) {
		write_release(model, directory, sizes);
		return;
	}
	write_json(directory, "tokenizer.json", described);
	/* a class of its own would put other tokens around a text */
	write_json(directory, "tokenizer_config.json",
		json_pack("{ss}", "tokenizer_class", "PreTrainedTokenizerFast"));
}
