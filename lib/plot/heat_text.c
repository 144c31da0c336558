/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/heat_map.h"
#include "plot/shade.h"
#include "stream/text.h"

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

void heat_map_text(FILE *to, const struct heat_map *m, bool colours)
{
	struct arena a = { 0 };
	const char *title = heat_map_title(m->shares, &a);

	put_plain(to, title, strlen(title));
	fputc('\n', to);
	arena_free(&a);
	for (int i = 0; i < m->count; i++)
		put_panel(to, m, &m->panels[i], m->heads > NUMBERS ? 2 : 9, colours);
	fputc('\n', to);
	shade_scale(to, &m->scale, colours, "");
}
