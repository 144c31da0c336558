/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_SETTING_H
#define LRP_TEXT_SETTING_H

#include "pack/json.h"
#include "text/piece.h"

/* Settings of a part of a tokenizer, beside those that json.h gets. All die, naming file and key. */

/* The object of a key; none: `object` is NULL. Its path in messages names the key. */
struct json_file setting_object(const struct json_file *f, const char *key);

/* Dies, naming it, on a key that is none of these and not "type". */
void settings_check(const struct json_file *f, const char *const *keys);

/* A string of any length, for the life of the process; dies where the key has none. */
struct piece setting_piece(const struct json_file *f, const char *key);

/* A string of one character: its code point; `otherwise` where the key is absent. */
unsigned setting_character(const struct json_file *f, const char *key, unsigned otherwise);

/* One of a list of words that ends with NULL: its index; `otherwise` where the key is absent. */
int setting_word(
	const struct json_file *f, const char *key, const char *const *words, int otherwise);

#endif
