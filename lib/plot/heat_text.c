/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/heat_map.h"
#include "plot/shade.h"
#include "record/text.h"

enum { NUMBERS = 16 }; /* with more heads than these, cells have no room for their numbers */

static void put_panel(
	FILE *to, const struct heat_map *m, const struct heat_panel *p, int width, bool colours)
{
	fputc('\n', to);
	put_plain(to, p->kind, strlen(p->kind));
	fputs("\nlayer", to);
	for (long h = 0; h<p->heads; h += width> 2 ? 1 : 4)
		fprintf(to, width > 2 ? "%*ld" : "%-*ld", width > 2 ? width : 8, h);
	fputc('\n', to);
	for (long l = 0; l < p->layers; l++) {
		fprintf(to, "%4ld ", l);
		for (long h = 0; h < p->heads; h++) {
			const struct share *cell = p->cell[l * p->heads + h];

			if (cell)
				shade_cell(to, &m->scale, cell->mean, width, colours);
			else
				fprintf(to, "%*s", width, width > 2 ? "- " : "");
		}
		fputc('\n', to);
	}
}

/* "enc-self.2: head 5 (was 6), 6 (was 7)", a line for each layer whose heads have other numbers. */
static void put_numbers_before(FILE *to, const struct head_shares *s)
{
	const char *site = NULL;

	for (long i = 0; i < s->count; i++) {
		const struct share *h = &s->at[i];

		if (h->was == h->head)
			continue;
		if (h->site == site) {
			fprintf(to, ", %ld (was %ld)", h->head, h->was);
			continue;
		}
		fputc('\n', to);
		put_plain(to, h->site, strlen(h->site));
		fprintf(to, ": head %ld (was %ld)", h->head, h->was);
		site = h->site;
	}
	if (site)
		fputc('\n', to);
}

void heat_map_text(FILE *to, const struct heat_map *m, bool colours)
{
	struct arena a = { 0 };
	const char *title = heat_map_title(m->shares, &a);

	put_plain(to, title, strlen(title));
	fputc('\n', to);
	arena_free(&a);
	for (int i = 0; i < m->count; i++)
		put_panel(to, m, &m->panels[i], m->heads > NUMBERS ? 2 : 9, colours);
	put_numbers_before(to, m->shares);
	fputc('\n', to);
	shade_scale(to, &m->scale, colours, "");
}
