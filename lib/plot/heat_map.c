/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/heat_map.h"

#include "base/die.h"

enum { MAX_CELLS = 1 << 20 };

static void take_cells(struct heat_panel *p, const struct head_shares *s)
{
	p->cell = must_alloc((size_t)(p->layers * p->heads), sizeof(struct share *));
	for (long i = p->from; i < p->to; i++)
		p->cell[s->at[i].layer * p->heads + s->at[i].head] = &s->at[i];
}

struct heat_map heat_map_new(const struct head_shares *s)
{
	struct heat_map m = { .shares = s };

	m.panels = must_alloc((size_t)s->count, sizeof *m.panels);
	for (long i = 0, end; i < s->count; i = end) {
		struct heat_panel *p = &m.panels[m.count++];

		end = shares_kind_end(s, i);
		*p = (struct heat_panel){ .kind = s->at[i].kind, .from = i, .to = end };
		shares_matrix(s, i, end, &p->layers, &p->heads);
		m.layers = p->layers > m.layers ? p->layers : m.layers;
		m.heads = p->heads > m.heads ? p->heads : m.heads;
	}
	if (m.count * m.layers * m.heads > MAX_CELLS)
		die("%d panels of %ld layers and %ld heads are too large for a picture", m.count,
			m.layers, m.heads);
	for (int i = 0; i < m.count; i++)
		take_cells(&m.panels[i], s);
	for (long i = 0; i < s->count; i++)
		scale_take(&m.scale, s->at[i].mean);
	if (s->compared) /* no difference is in the middle of the scale */
		scale_take(&m.scale, m.scale.high > -m.scale.low ? -m.scale.high : -m.scale.low);
	return m;
}

/* "rule magnitude, ", or nothing. */
static const char *part(const char *name, const char *value, struct arena *a)
{
	return value ? arena_printf(a, "%s%s, ", name, value) : "";
}

const char *heat_map_title(const struct head_shares *s, struct arena *a)
{
	const char *groups = s->unit > 1 ? arena_printf(a, "groups of %ld heads, ", s->unit) : "";

	if (s->compared)
		return arena_printf(a, "%s%s%s%s%s", part("", s->model, a),
			part("rule ", s->rule, a), part("norm ", s->norm, a), groups, s->compared);
	return arena_printf(a, "%s%s%s%smean over %ld step%s of %ld sentence%s",
		part("", s->model, a), part("rule ", s->rule, a), part("norm ", s->norm, a), groups,
		s->steps, s->steps == 1 ? "" : "s", s->sentences, s->sentences == 1 ? "" : "s");
}
