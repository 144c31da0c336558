/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/colour.h"
#include "plot/heat_map.h"
#include "stream/text.h"

enum { NUMBERS = 16 }; /* with more heads than these, cells have no room for their numbers */

static const char shades[] = " .:-=+*#%@";

/* A cell of `width` characters: colour or shade, with its number where there is room. */
static void put_cell(
	FILE *to, const struct heat_map *m, const struct share *h, int width, bool colours)
{
	double place = h ? heat_map_place(m, h->mean) : 0;
	struct colour c = colour_at(place);
	char text[32] = "";

	if (!h) {
		fprintf(to, "%*s", width, width > 2 ? "- " : "");
		return;
	}
	if (width > 2)
		heat_map_number(m, h->mean, text);
	if (colours)
		fprintf(to, "\33[48;2;%d;%d;%dm\33[%sm%*s\33[0m", c.red, c.green, c.blue,
			colour_is_dark(c) ? "97" : "30", width, text);
	else if (width > 2)
		fprintf(to, " %c%*s", shades[(int)(place * 9 + 0.5)], width - 2, text);
	else
		fprintf(to, "%c%c", shades[(int)(place * 9 + 0.5)], shades[(int)(place * 9 + 0.5)]);
}

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
		for (long h = 0; h < p->heads; h++)
			put_cell(to, m, heat_map_cell(m, p, l, h), width, colours);
		fputc('\n', to);
	}
}

static void put_scale(FILE *to, const struct heat_map *m, bool colours)
{
	char text[32];

	heat_map_number(m, m->low, text);
	fprintf(to, "\n%s ", text);
	for (int i = 0; i < 20; i++) {
		struct colour c = colour_at(i / 19.0);

		if (colours)
			fprintf(to, "\33[48;2;%d;%d;%dm \33[0m", c.red, c.green, c.blue);
		else
			fputc(shades[i / 2], to);
	}
	heat_map_number(m, m->high, text);
	fprintf(to, " %s\n", text);
}

void heat_map_text(FILE *to, const struct heat_map *m, bool colours)
{
	const struct shares *s = m->shares;

	if (s->model) {
		put_plain(to, s->model, strlen(s->model));
		fputs(", ", to);
	}
	fprintf(to, "mean over %ld steps of %ld sentences\n", s->steps, s->sentences);
	for (int i = 0; i < m->count; i++)
		put_panel(to, m, &m->panels[i], m->heads > NUMBERS ? 2 : 9, colours);
	put_scale(to, m, colours);
}
