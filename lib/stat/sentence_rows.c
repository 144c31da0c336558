/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/sentence_rows.h"

#include <stdlib.h>

#include "base/arena.h"

double *sentence_rows_add(struct sentence_rows *s, struct sentence_row row, long heads)
{
	if (s->count == s->room) {
		s->room = 2 * s->room + 64;
		s->at = must_realloc(s->at, (size_t)s->room, sizeof *s->at);
		s->y = must_realloc(s->y, (size_t)s->room, (size_t)heads * sizeof *s->y);
	}
	s->at[s->count] = row;
	return s->y + s->count++ * heads;
}

void sentence_rows_free(struct sentence_rows *s)
{
	free(s->at);
	free(s->y);
	*s = (struct sentence_rows){ .count = 0 };
}
