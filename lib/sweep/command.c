/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "graph/graph_record.h"
#include "model/weights.h"

static struct start_token parse_token(const char *text)
{
	static const char *const words[] = { "top", "top1", "top2", "forced" };
	struct start_token t = { .at = START_ID };
	char *end;

	for (int i = 0; i < 4; i++)
		if (strcmp(text, words[i]) == 0) {
			t.at = i < 2 ? START_TOP1 : i == 2 ? START_TOP2 : START_FORCED;
			return t;
		}
	long id = strtol(text, &end, 10);
	if (end == text || *end || id < 0 || id > INT32_MAX)
		die_usage("-t takes top, top2, forced or a token's id, or two of them with '-' between, "
			  "not '%s'",
			text);
	t.id = (int32_t)id;
	return t;
}

static void parse_tokens(struct start_request *s, const char *text, struct arena *a)
{
	size_t length = strcspn(text, "-");

	s->token[s->tokens++] = parse_token(arena_text(a, text, length));
	if (text[length])
		s->token[s->tokens++] = parse_token(text + length + 1);
}

static long parse_index(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 0)
		die_usage("--from takes NODE[:POSITION[:NEURON]], whole numbers from 0 on, not '%s'",
			text);
	return n;
}

/* NODE[:POSITION[:NEURON]]; an empty position is each step's own */
static void parse_from(struct start_request *s, const char *text, struct arena *a)
{
	char *node = arena_text(a, text, strlen(text)), *position = strchr(node, ':'), *neuron = NULL;

	s->from = node;
	s->position = s->neuron = -1;
	if (position) {
		*position++ = '\0';
		neuron = strchr(position, ':');
	}
	if (neuron) {
		*neuron++ = '\0';
		s->neuron = parse_index(neuron);
	}
	if (position && *position)
		s->position = parse_index(position);
}

static void parse_size(struct start_request *s, const char *text)
{
	static const char *const words[] = { "one", "logit", "loss" };

	for (int i = 0; i < 3; i++)
		if (strcmp(text, words[i]) == 0) {
			s->size = i;
			return;
		}
	die_usage("-s takes one, logit or loss, not '%s'", text);
}

struct layer_request sweep_request(const struct sweep_options *typed, const struct options *o)
{
	struct arena *a = must_alloc(1, sizeof *a);
	struct rule *rule = must_alloc(1, sizeof *rule);
	struct layer_request q = {
		.rule = rule, .max_leak = typed->max_leak, .threads = o->threads };

	if (strcmp(typed->rule, "list") == 0) {
		rule_list();
		exit(fflush(stdout) ? 1 : 0);
	}
	*rule = rule_parse(typed->rule, a);
	parse_tokens(&q.start, typed->start, a);
	parse_size(&q.start, typed->size);
	if (typed->from)
		parse_from(&q.start, typed->from, a);
	if (typed->from && (q.start.size || strcmp(typed->start, "top")))
		die_usage("--from starts with 1 and not at a token: leave -t and -s out");
	return q;
}

/* The start, as the header has it. */
static const char *start_text(const struct sweep_options *typed, struct arena *a)
{
	if (typed->from)
		return arena_printf(a, "from %s", typed->from);
	if (strcmp(typed->size, "one") == 0)
		return typed->start;
	return arena_printf(a, "%s, with its %s", typed->start, typed->size);
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
	draft_text(d, "start", start_text(typed, a));
	stream_begin(out, d);
}
