/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/heat_map.h"

#include "base/die.h"
#include "plot/label.h"

enum { MAX_CELLS = 1 << 20, TITLE = 4096 /* columns of a title */ };

/* The rows of the layers that are there: shares are ordered by layer. */
static void take_rows(struct heat_panel *p, const struct head_shares *s)
{
	p->layer = must_alloc((size_t)(p->to - p->from), sizeof *p->layer);
	for (long i = p->from; i < p->to; i++) {
		if (!p->rows || s->at[i].layer != p->layer[p->rows - 1])
			p->layer[p->rows++] = s->at[i].layer;
		if (s->at[i].head >= p->heads)
			p->heads = s->at[i].head + 1;
	}
}

static void take_cells(struct heat_panel *p, const struct head_shares *s)
{
	long row = 0;

	p->cell = must_alloc((size_t)(p->rows * p->heads), sizeof(struct share *));
	for (long i = p->from; i < p->to; i++) {
		row += s->at[i].layer != p->layer[row];
		p->cell[row * p->heads + s->at[i].head] = &s->at[i];
	}
}

static struct scale scale_of(const struct head_shares *s, double max)
{
	struct scale scale = { .max = max };

	for (long i = 0; i < s->count; i++)
		scale_take(&scale, s->at[i].mean);
	if (s->compared) /* no difference is in the middle of the scale */
		scale_take(&scale, scale.high > -scale.low ? -scale.high : -scale.low);
	return scale;
}

struct heat_map heat_map_new(struct head_shares *s, const struct picture *p)
{
	struct heat_map m = { .shares = s, .scale = scale_of(s, p->max) };

	m.panels = must_alloc((size_t)s->count, sizeof *m.panels);
	for (long i = 0, end; i < s->count; i = end) {
		struct heat_panel *panel = &m.panels[m.count++];

		end = shares_kind_end(s, i);
		*panel = (struct heat_panel){ .kind = s->at[i].kind, .from = i, .to = end };
		take_rows(panel, s);
		m.rows = panel->rows > m.rows ? panel->rows : m.rows;
		m.heads = panel->heads > m.heads ? panel->heads : m.heads;
	}
	if (m.count * m.rows * m.heads > MAX_CELLS)
		die("%d panels of %ld layers and %ld heads are too large for a picture", m.count,
			m.rows, m.heads);
	for (int i = 0; i < m.count; i++)
		take_cells(&m.panels[i], s);
	m.title = label_cut(&s->arena, p->title ? p->title : shares_title(s, &s->arena), TITLE);
	m.legend = label_cut(&s->arena, shares_legend(s, &s->arena), TITLE);
	return m;
}
