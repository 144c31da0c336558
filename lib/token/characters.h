/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_CHARACTERS_H
#define LRP_TOKEN_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 character at `text`, which ends in NUL; 0 where there is none (too long forms
 * and surrogates included). */
int character_length(const char *text);

/* Bytes of the white space at `text`, of Unicode's and ASCII's separators; 0: something else. */
int character_space(const char *text);

/* Is there nothing but white space? */
bool is_blank(const char *text);

/* The text without white space at its ends: where it begins, and its length. */
const char *trimmed(const char *text, size_t *length);

/* The byte, from 1, at which a text stops being UTF-8; 0: all of it is. */
long invalid_utf8(const char *text, size_t length);

#endif
