/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RELEASE_OPTION_WORDS_H
#define LRP_RELEASE_OPTION_WORDS_H

#include <jansson.h>
#include <stdbool.h>

/* Options of Marian that have no effect: why, and their names, separated by spaces; up to NULL. */
struct unused_options {
	const char *why, *keys;
};

/* Is the option in such a list? */
bool option_unused(const struct unused_options *list, const char *key);

/* Is the word one of those that spaces separate? */
bool option_among(const char *words, const char *word);

/* A text as it is, other values as JSON, for the life of the process. */
const char *option_text(const json_t *value);

#endif
