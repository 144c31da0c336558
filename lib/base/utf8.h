/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_UTF8_H
#define LRP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* All text in streams is UTF-8; text that others wrote is printed without what could steer a
 * terminal, split a line or end an XML document. */

/* The bytes of the UTF-8 character at p, of which `left` > 0 bytes are there; 0: it is none. */
size_t utf8_char(const char *p, size_t left);

/* Is every byte of the text part of a character? */
bool utf8_valid(const char *text, size_t size);

/* The code point of a character of so many bytes, of utf8_char(). */
unsigned utf8_code(const char *p, size_t bytes);

/*
 * The bytes of the character at p, 1 where it is none, and whether it is plain: UTF-8, no control
 * character (below space, U+007F to U+009F), no separator of lines, nothing that turns the
 * direction of text around (U+202A to U+202E, U+2066 to U+2069), no U+FFFE and U+FFFF.
 */
size_t utf8_plain(const char *p, size_t left, bool *plain);

/* Make a text plain where it stands: each character that is not becomes '?'. */
void plain_text(char *text);

/* Print text; each character that is not plain becomes '?'. */
void put_plain(FILE *to, const char *text, size_t size);

/* The same, but the characters of `kept` stay. */
void put_plain_but(FILE *to, const char *text, size_t size, const char *kept);

/* Print text that is or will be part of a string of JSON; what is not plain becomes \uXXXX, and
 * bytes that are no UTF-8 become \ufffd. Quotes and backslashes are the caller's. */
void put_plain_json(FILE *to, const char *text, size_t size);

#endif
