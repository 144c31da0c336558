/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_SUBWORD_H
#define LRP_SUBWORD_SUBWORD_H

#include "pack/json.h"
#include "subword/added.h"
#include "subword/model.h"
#include "subword/template.h"

/*
 * A tokenizer as a tokenizer.json describes it:
 *
 *   text -> added tokens found -> normalized -> divided into words -> split by the model
 *        -> special tokens around it
 *   ids -> tokens -> decoded
 *
 * with the results of Hugging Face's tokenizers library. Not for several threads at once.
 */
struct subword;

/* Of the object of a tokenizer.json; dies, naming it, on what is not supported. */
struct subword *subword_open(const struct json_file *tokenizer);

/* One more added token, or what is said of one, by other files; before the first text. */
void subword_add(struct subword *s, struct added token);

/* The tokens of a text in valid UTF-8, without those around it. */
struct subwords subword_encode(struct subword *s, struct piece text, struct arena *a);

/* What stands around a text; it may be changed. */
struct template *subword_template(struct subword *s);

/* The text of ids, without special tokens where `plain`; ids that it does not have are left out. */
struct piece subword_decode(
	struct subword *s, const int32_t *ids, size_t count, bool plain, struct arena *a);

/* The id of a token, of those added too; -1: none. */
int32_t subword_id(const struct subword *s, struct piece token);

/* The token of an id; NULL: none. */
const struct piece *subword_piece(const struct subword *s, int32_t id);

/* The added token of an id; NULL: it is none. */
const struct added *subword_added(const struct subword *s, int32_t id);

/* One more than its largest id. */
int32_t subword_end(const struct subword *s);

#endif
