/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TEXT_PATTERN_H
#define LRP_TEXT_PATTERN_H

#include "pack/json.h"
#include "text/piece.h"

/* What a Split or a Replace looks for: {"String": "..."} or {"Regex": "..."}. */
struct pattern;

struct pattern *pattern_open(const struct json_file *settings, const char *key);

/* A regular expression as one. */
struct pattern *pattern_regex(const char *regex, const char *where);

/* A search through a text: begun with the pattern and the text alone. */
struct search {
	const struct pattern *pattern;
	struct piece text;
	size_t begin, end; /* the match */
	bool found;	   /* there was one before */
};

/* The next match behind the last; false: none. One of no bytes may not touch the one before it. */
bool pattern_next(struct search *s);

/* The text with `content` in place of each match. */
struct piece pattern_replace(
	const struct pattern *p, struct piece text, struct piece content, struct arena *a);

#endif
