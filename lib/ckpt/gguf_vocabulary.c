/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/gguf_vocabulary.h"

#include <sys/stat.h>

#include "ckpt/format.h"
#include "gguf/gguf_tokenizer.h"

json_t *gguf_tokenizer_in(const char *model)
{
	const struct format *format;
	const char *path = model;
	struct stat st;
	bool is_index;

	if (stat(model, &st))
		return NULL;
	if (S_ISDIR(st.st_mode)) {
		path = weights_in(model, &format, &is_index);
		if (!path || is_index || format != &format_gguf)
			return NULL;
	}
	if (weight_file_format(path) != &format_gguf)
		return NULL;
	return gguf_tokenizer(weight_file_open(path)->own);
}
