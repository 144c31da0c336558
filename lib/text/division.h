/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_DIVISION_H
#define LRP_TEXT_DIVISION_H

#include "text/pattern.h"
#include "text/piece.h"

/* What becomes of the matches that a text is divided at. */
enum behavior { REMOVED, ISOLATED, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT, CONTIGUOUS };

/* Their names in tokenizer.json, up to NULL. */
extern const char *const behaviors[];

/* A part of a text, and whether it is a match; a text's parts follow each other without a gap. */
struct text_parts {
	struct part_of_text {
		size_t begin, end;
		bool match;
	} * at;
	size_t count, room;
};

/* The parts of a text by what a pattern finds; and by characters, each match one of them. */
void parts_by_pattern(
	struct text_parts *parts, struct piece text, const struct pattern *p, struct arena *a);
void parts_by_character(
	struct text_parts *parts, struct piece text, bool (*matches)(unsigned c), struct arena *a);

/* The other way round: what matched is between. */
void parts_invert(struct text_parts *parts);

/* Add the text as divided; parts of no bytes are left out. */
void parts_divide(struct text_parts *parts, struct piece text, enum behavior behavior,
	struct pieces *to, struct arena *a);

#endif
