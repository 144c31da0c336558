/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plot/heat_map.h"
#include "plot/label.h"
#include "plot/shade.h"
#include "record/text.h"

/* With more heads than these, cells have no numbers. A cell is at least so wide, names of rows are. */
enum { NUMBERS = 16, CELL = 9, NAME = 5 };

struct heat_lines {
	FILE *to;
	const struct heat_map *map;
	int width;  /* of a cell; 2: without number */
	long block; /* heads beside each other */
	bool colours;
};

static struct heat_lines lines_of(FILE *to, const struct heat_map *m, const struct picture *p)
{
	bool numbers = m->heads <= NUMBERS && !p->no_numbers;
	int width = scale_width(&m->scale) + 3;
	long block = m->heads, blocks;

	width = !numbers ? 2 : width > CELL ? width : CELL;
	if (p->width && NAME + m->heads * width > p->width) {
		block = p->width > NAME + width ? (p->width - NAME) / width : 1;
		blocks = (m->heads + block - 1) / block;
		block = (m->heads + blocks - 1) / blocks;
	}
	return (struct heat_lines){ to, m, width, block, p->colours };
}

/* Where cells are narrow, of every fourth head from the first of the block on. */
static void put_heads(const struct heat_lines *t, long from, long to)
{
	fputs("layer", t->to);
	for (long h = from; h<to; h += t->width> 2 ? 1 : 4)
		fprintf(t->to, t->width > 2 ? "%*ld" : "%-*ld", t->width > 2 ? t->width : 8, h);
	fputc('\n', t->to);
}

static void put_block(const struct heat_lines *t, const struct heat_panel *p, long from, long to)
{
	put_heads(t, from, to);
	for (long row = 0; row < p->rows; row++) {
		fprintf(t->to, "%4ld ", p->layer[row]);
		for (long h = from; h < to; h++) {
			const struct share *cell = p->cell[row * p->heads + h];

			if (cell)
				shade_cell(t->to, &t->map->scale, cell->mean, t->width, t->colours);
			else
				fprintf(t->to, "%*s", t->width, t->width > 2 ? "- " : "");
		}
		fputc('\n', t->to);
	}
}

static void put_panel(const struct heat_lines *t, const struct heat_panel *p)
{
	fputc('\n', t->to);
	put_plain(t->to, p->kind, strlen(p->kind));
	fputc('\n', t->to);
	for (long from = 0; from < p->heads; from += t->block) {
		long to = from + t->block;

		if (from)
			fputc('\n', t->to);
		put_block(t, p, from, to < p->heads ? to : p->heads);
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

void heat_map_text(FILE *to, const struct heat_map *m, const struct picture *p)
{
	struct heat_lines t = lines_of(to, m, p);

	if (*m->title)
		label_wrap(to, m->title, p->width, 0);
	for (int i = 0; i < m->count; i++)
		put_panel(&t, &m->panels[i]);
	put_numbers_before(to, m->shares);
	fputc('\n', to);
	shade_scale(to, &m->scale, p, m->legend);
}
