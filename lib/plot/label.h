/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_LABEL_H
#define LRP_PLOT_LABEL_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

/*
 * Pieces of text as labels. Widths are in columns of a terminal: two for the wide characters of
 * East Asia and for emoji, none for accents that stand on the character before them.
 */

/* A plain copy (base/utf8.h), not wider than `most`: a longer one ends in an ellipsis, and so does
 * one with accents beyond all measure. */
const char *label_cut(struct arena *a, const char *text, long most);

/* These take what label_cut() gave. */
long label_width(const char *label);
/* Write it, of more columns than `width` in several lines, broken at spaces; 0: in one. `used` columns of the first are taken. */
void label_wrap(FILE *to, const char *label, long width, long used);
/* Bytes of the first character, with the accents that follow it; its width. */
size_t label_char(const char *label, long *width);

#endif
