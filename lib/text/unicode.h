/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_UNICODE_H
#define LRP_TEXT_UNICODE_H

#include "text/piece.h"

/* Unicode by the ICU library, for texts in valid UTF-8. */

enum normal_form { FORM_NFC, FORM_NFD, FORM_NFKC, FORM_NFKD };

struct piece unicode_normal(struct piece text, enum normal_form form, struct arena *a);

/* Each character by itself, whatever stands around it: a final sigma is one like all others. */
struct piece unicode_lower(struct piece text, struct arena *a);

/* The character at *p, which moves behind it. */
unsigned unicode_next(const char **p, const char *end);

/* The one that ends at *p, which moves to its beginning. */
unsigned unicode_before(const char *begin, const char **p);

/* Properties and general categories of a character. */
bool unicode_space(unsigned c);	      /* White_Space */
bool unicode_word(unsigned c);	      /* a letter, mark, decimal digit, connector or joiner */
bool unicode_number(unsigned c);      /* N */
bool unicode_mark(unsigned c);	      /* M */
bool unicode_nonspacing(unsigned c);  /* Mn */
bool unicode_punctuation(unsigned c); /* P, and all that is no letter, digit or space in ASCII */
bool unicode_other(unsigned c);	      /* Cc, Cf, Cs, Co */

/* Is this the name of a script, such as Han? */
bool unicode_script(const char *name);

/*
 * The extended grapheme clusters of a text, one after the other: what a reader takes for characters.
 */
struct graphemes;
struct graphemes *graphemes_new(void);
void graphemes_begin(struct graphemes *g, struct piece text);
bool graphemes_next(struct graphemes *g, struct piece *cluster);

/* Bytes as text: U+FFFD in place of each longest part that could have begun a character. */
struct piece unicode_repaired(const char *bytes, size_t length, struct arena *a);

#endif
