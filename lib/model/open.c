/* SPDX-License-Identifier: Apache-2.0 */
#include "model/open.h"

#include <string.h>

#include "build/build.h"
#include "shape/family.h"

struct model model_open(const char *directory, struct arena *a)
{
	struct model m = { .shape = shape_read(
				   directory) }; /* first: it may be of no known family */

	m.checkpoint = checkpoint_open(directory);
	m.graph = graph_build(m.shape, m.checkpoint, a);
	return m;
}

struct tokenizer *model_tokenizer(const struct shape *s, enum task task)
{
	const long sizes[] = { [SOURCE] = s->vocabulary[ENC], [TARGET] = s->vocabulary[DEC] };

	return tokenizer_open(s->directory, sizes, task == TRANSLATE ? s->eos : NO_END,
		json_text_or(&s->file, "tokenizer_class", s->family->tokenizer));
}

struct tokenizer *tokenizer_alone(const char *directory)
{
	struct json_file f = json_file_try(directory, "config.json");
	const char *type = json_text_or(&f, "model_type", ""), *class = NULL;

	for (int i = 0; families[i]; i++)
		if (!strcmp(families[i]->type, type))
			class = families[i]->tokenizer;
	return tokenizer_open(directory, (const long[]){ 0, 0 }, END_BY_CLASS,
		json_text_or(&f, "tokenizer_class", class));
}

struct tokenizer *model_tokenizer_beside(const char *directory, const struct checkpoint *c)
{
	struct arena a = { 0 };
	struct shape *s = shape_read(directory);
	struct tokenizer *t = model_tokenizer(s, graph_task(graph_build(s, c, &a)));

	arena_free(&a);
	return t;
}
