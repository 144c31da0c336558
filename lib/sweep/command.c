/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "graph/graph_record.h"
#include "model/weights.h"

static void set_start(struct layer_request *q, const char *text)
{
	char *end;

	if (strcmp(text, "top") == 0) {
		q->start = START_TOP;
	} else if (strcmp(text, "forced") == 0) {
		q->start = START_FORCED;
	} else {
		long id = strtol(text, &end, 10);

		if (end == text || *end || id < 0 || id > INT32_MAX)
			die_usage("-t takes top, forced or a token's id, not '%s'", text);
		q->start = START_ID;
		q->id = (int32_t)id;
	}
}

struct layer_request sweep_request(const struct sweep_options *typed, const struct options *o)
{
	struct arena *a = must_alloc(1, sizeof *a);
	struct rule *rule = must_alloc(1, sizeof *rule);
	struct layer_request q = { .rule = rule,
		.max_leak = typed->max_leak,
		.threads = o->threads,
		.from_logit = strcmp(typed->size, "logit") == 0 };

	*rule = rule_parse(typed->rule, a);
	set_start(&q, typed->start);
	if (!q.from_logit && strcmp(typed->size, "one"))
		die_usage("-s takes one or logit, not '%s'", typed->size);
	return q;
}

bool sweep_in_double(const struct sweep_options *typed, const struct rule *rule)
{
	if (strcmp(typed->precision, "auto") == 0)
		return !rule_is_positive(rule);
	if (strcmp(typed->precision, "f32") && strcmp(typed->precision, "f64"))
		die_usage("-p takes f32, f64 or auto, not '%s'", typed->precision);
	return strcmp(typed->precision, "f64") == 0;
}

/* Relevance can be read anywhere below the node where it starts. */
static void check_sites(const struct graph *g, const bool *site)
{
	int last = g->nodes - 1, i = 0;

	while (i < last && !site[i])
		i++;
	if (site[last])
		die_usage("relevance starts at '%s'; name sites before it", g->node[last].name);
	if (i == last)
		die_usage("no site is named, or 'all' of a model without heads; see -l");
}

void sweep_begin(struct layer_request *q, const struct sweep_options *typed,
	const struct record *header, struct outstream *out)
{
	struct arena *a = must_alloc(1, sizeof *a); /* sites live as long as the segment's model */
	struct draft *d = stream_header_draft(out, header, "graph", "weights", "rule", "start", NULL);

	q->graph = graph_read(header);
	q->weights = weights_of_header(header, typed->model);
	q->site = graph_sites(q->graph, typed->sites, a);
	check_sites(q->graph, q->site);
	rule_write(d, q->rule);
	draft_text(d, "start", q->from_logit ? arena_printf(a, "%s, with its logit", typed->start)
					     : typed->start);
	stream_begin(out, d);
}
