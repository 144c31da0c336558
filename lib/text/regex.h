/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_REGEX_H
#define LRP_TEXT_REGEX_H

#include "text/piece.h"

/*
 * Regular expressions of tokenizers, by PCRE2. They are written for Oniguruma with Ruby's syntax; of
 * what the two read differently \s, \w and their opposites are as there, and the rest is refused by name.
 */
struct regex;

/* Dies where it is none, or has what PCRE2 reads differently; `where` names it in messages. */
struct regex *regex_open(const char *pattern, size_t length, const char *where);

/* The first match from byte `from` on, of valid UTF-8; false: none. Dies where it takes too long. */
bool regex_find(const struct regex *r, struct piece text, size_t from, size_t *begin, size_t *end);

#endif
