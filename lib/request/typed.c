/* SPDX-License-Identifier: Apache-2.0 */
#include "request/typed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/die.h"
#include "base/progress.h"
#include "graph/choice.h"
#include "graph/graph_record.h"
#include "ckpt/weights.h"
#include "rule/ledger.h"
#include "request/names.h"

/* sample:SEED */
static uint64_t parse_seed(const char *text)
{
	char *end;
	unsigned long long seed = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end)
		die_usage(
			"-t sample:SEED takes a whole number from 0 for its seed, not '%s'", text);
	return seed;
}

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
	if (strncmp(text, "sample:", 7) == 0)
		return (struct start_token){ .at = START_SAMPLE, .seed = parse_seed(text + 7) };
	long id = strtol(text, &end, 10);
	if (end == text || *end || id < 0 || id > INT32_MAX)
		die_usage("-t takes top, top2, forced or a token's id, or two of them with '-' "
			  "between, or sample:SEED, not '%s'",
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
	if (s->tokens == 2 && (s->token[0].at == START_SAMPLE || s->token[1].at == START_SAMPLE))
		die_usage("-t sample:SEED stands alone, not in '%s'", text);
}

static long parse_index(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 0)
		die_usage(
			"--from takes NODE[:POSITION[:NEURON]], whole numbers from 0 on, not '%s'",
			text);
	return n;
}

/* NODE[:POSITION[:NEURON]]; an empty position is each step's own */
static void parse_from(struct start_request *s, const char *text, struct arena *a)
{
	char *node = arena_text(a, text, strlen(text)), *position = strchr(node, ':'),
	     *neuron = NULL;

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

static void parse_start(struct start_request *s, const struct sweep_options *typed, struct arena *a)
{
	*s = (struct start_request){ 0 };
	parse_tokens(s, typed->start, a);
	parse_size(s, typed->size);
	if (typed->from)
		parse_from(s, typed->from, a);
	if (typed->from && (s->size || strcmp(typed->start, "top")))
		die_usage("--from starts with 1 and not at a token: leave -t and -s out");
}

/* What voita2021 computes depends on how much relevance there is: it is not linear. */
static void check_joint(const struct request *q)
{
	if (q->rule->attention != JOINT)
		return;
	if (q->start.from || q->start.tokens != 1 || q->start.size != SIZE_ONE)
		die_usage("voita2021 starts with 1 at one token's logit, as it is not linear in "
			  "relevance: leave out -s, --from and a second token");
	if (q->to)
		die_usage(
			"voita2021 goes by residual blocks and does not stop inside one: leave out "
			"--to and --keep");
}

/* Steps are drawn once, where sites are read, and from those of a sentence. */
static struct draw parse_draw(const struct sweep_options *typed)
{
	struct draw d = { typed->steps, typed->seed < 0 ? 1 : (uint64_t)typed->seed };

	if (typed->seed >= 0 && typed->steps < 0)
		die_usage("--seed is of the steps that --steps draws, and there is none");
	if (typed->steps == 0)
		die_usage("--steps takes a whole number from 1");
	if (typed->steps > 0 && typed->to)
		die_usage("--steps draws where sites are read: leave it out with --to and --keep");
	if (typed->steps > 0 && typed->from)
		die_usage("--from takes each position for a step: leave --steps out");
	return d;
}

void sweep_check_sums(const struct request *q)
{
	if (!q->sums)
		return;
	if (q->start.size != SIZE_LOSS)
		die_usage("--sum-steps is of a loss: add -s loss");
	if (q->draw.most > 0)
		die_usage("--sum-steps sums all steps: leave --steps out");
	if (q->costs)
		die_usage("--cost counts single steps: leave --sum-steps out");
}

struct request sweep_request(const struct sweep_options *typed, const struct options *o)
{
	struct arena *a = must_alloc(1, sizeof *a);
	struct rule *rule = must_alloc(1, sizeof *rule);
	struct request q = { .rule = rule,
		.draw = parse_draw(typed),
		.max_leak = typed->max_leak,
		.threads = o->threads,
		.progress = progress_of_files(o, "sentences"),
		.counts = o->verbose,
		.to = typed->to,
		.ledger = ledger_new() };

	if (strcmp(typed->rule, "list") == 0) {
		rule_list();
		exit(fflush(stdout) ? 1 : 0);
	}
	*rule = rule_parse(typed->rule, a);
	parse_start(&q.start, typed, a);
	check_joint(&q);
	return q;
}

/* An option that the first sweep had: the default, or the same again. */
static void take_over(const char **typed, const char *otherwise, const struct record *header,
	const char *key, struct arena *a)
{
	const msgpack_object *map = record_map(header, "frontier");
	const char *first = map_find(map, key) ? map_text(map, "frontier", key, a) : NULL;

	if (*typed && (!otherwise || strcmp(*typed, otherwise)) &&
		(!first || strcmp(*typed, first)))
		die("these sweeps began with %s '%s', not '%s'; leave it out", key,
			first ? first : "", *typed);
	*typed = first;
}

/* The keys that a frontier's header has; the last one where its sweeps did not start at a logit. */
static const char *const frontier_keys[] = { "rule", "start", "size", "precision", "to", "from" };
enum { FRONTIER_KEYS = 6 };

/* XXH3 (64 bits) of the values of these keys, each with a newline behind it, in 16 digits. */
static const char *frontier_check(const char *const values[FRONTIER_KEYS], struct arena *a)
{
	const char *text = "";

	for (int i = 0; i < FRONTIER_KEYS; i++)
		text = arena_printf(a, "%s%s\n", text, values[i] ? values[i] : "");
	return arena_printf(a, "%016" PRIx64, (uint64_t)XXH3_64bits(text, strlen(text)));
}

/* Relevance that came down by one rule does not go on by another. */
static void check_frontier(const struct record *header)
{
	const msgpack_object *map = record_map(header, "frontier");
	struct arena *a = header->arena;
	const char *v[FRONTIER_KEYS];

	for (int i = 0; i < FRONTIER_KEYS; i++)
		v[i] = strcmp(frontier_keys[i], "from") || map_find(map, "from")
			       ? map_text(map, "frontier", frontier_keys[i], a)
			       : NULL;
	if (strcmp(map_text(map, "frontier", "check", a), frontier_check(v, a)))
		die("frontier: rule '%s', start '%s', size '%s', precision '%s', to '%s'%s%s%s were "
		    "changed since its sweeps began; keep them, or begin again",
			v[0], v[1], v[2], v[3], v[4], v[5] ? ", from '" : "", v[5] ? v[5] : "",
			v[5] ? "'" : "");
}

void sweep_resume(struct request *q, struct sweep_options *typed, const struct record *header)
{
	struct arena *a = header->arena;
	struct sweep_options defaults = SWEEP_DEFAULTS;

	q->resumes = record_has(header, "frontier");
	if (!q->resumes)
		return;
	check_frontier(header);
	if (q->draw.most > 0)
		die("these sweeps began with all steps of a sentence; leave --steps out");
	take_over(&typed->rule, defaults.rule, header, "rule", a);
	take_over(&typed->start, defaults.start, header, "start", a);
	take_over(&typed->size, defaults.size, header, "size", a);
	take_over(&typed->from, NULL, header, "from", a);
	take_over(&typed->precision, defaults.precision, header, "precision", a);
	struct rule *rule = arena_alloc(a, sizeof *rule);
	*rule = rule_parse(typed->rule, a);
	q->rule = rule;
	q->stopped = map_text(record_map(header, "frontier"), "frontier", "to", a);
	parse_start(&q->start, typed, a);
}

/* "f64", "f32" or "bf16". */
static const char *precision_of(const struct sweep_options *typed, const struct rule *rule)
{
	const char *p = typed->precision;

	if (strcmp(p, "auto") == 0)
		return rule_is_positive(rule) ? "f32" : "f64";
	if (strcmp(p, "f32") && strcmp(p, "f64") && strcmp(p, "bf16"))
		die_usage("-p takes f32, f64, bf16 or auto, not '%s'", p);
	if (strcmp(p, "bf16") == 0 && !rule_is_positive(rule))
		die_usage("-p bf16 is for rules whose shares have one sign; %s takes f64 or f32",
			rule->name);
	return p;
}

/* What another sweep has to know to go on. */
static void write_frontier_keys(struct draft *d, const struct sweep_options *typed,
	const struct request *q, struct arena *a)
{
	const char *const values[FRONTIER_KEYS] = { typed->rule, typed->start, typed->size,
		precision_of(typed, q->rule), q->to, typed->from };

	draft_map(d, "frontier", FRONTIER_KEYS + !!typed->from);
	for (int i = 0; i < FRONTIER_KEYS; i++)
		if (values[i])
			draft_text(d, frontier_keys[i], values[i]);
	draft_text(d, "check", frontier_check(values, a));
}

/* The start, as the header has it: a node by its name, however it was typed. */
static const char *start_text(
	const struct sweep_options *typed, const struct start_request *s, struct arena *a)
{
	if (typed->from)
		return arena_printf(
			a, "from %s%s", s->from, typed->from + strcspn(typed->from, ":"));
	if (strcmp(typed->size, "one") == 0)
		return typed->start;
	return arena_printf(a, "%s, with its %s", typed->start, typed->size);
}

bool sweep_in_double(const struct sweep_options *typed, const struct rule *rule)
{
	return strcmp(precision_of(typed, rule), "f64") == 0;
}

/* Relevance can be read anywhere before the node where it starts, and not where it was before. */
static void check_sites(const struct request *q)
{
	const struct graph *g = q->graph;
	int start = q->start.from ? graph_find(g, q->start.from) : graph_logits(g), sites = 0;
	int stopped = q->stopped ? graph_find(g, q->stopped) : start;

	if (stopped < 0)
		die("frontier: this model has no node '%s'", q->stopped);
	for (int i = 0; i < g->nodes; i++) {
		if (q->site[i] && i >= start)
			die_usage("relevance starts at '%s'; name sites before it, not '%s'",
				g->node[start].name, g->node[i].name);
		if (q->site[i] && i > stopped)
			die_usage("these sweeps have come down to '%s' and passed '%s'; read that "
				  "site before",
				q->stopped, g->node[i].name);
		sites += q->site[i];
	}
	if (!sites)
		die_usage("no site is named, or 'all' of a model without heads; see -l");
}

/* With --to: a trace again, its one site the node to stop at. */
static void stop_at(struct request *q, struct arena *a)
{
	bool *site = arena_zero(a, (size_t)q->graph->nodes, sizeof *site);
	int node = graph_node(q->graph, q->to, a);

	site[node] = true;
	q->site = site;
	q->to = q->graph->node[node].name;
}

void sweep_bind(struct request *q, const struct sweep_options *typed, const struct record *header)
{
	struct arena *a = header->arena; /* lives as long as the segment */

	q->graph = graph_read(header);
	q->weights = weights_of_header(header, typed->model, &q->checkpoint);
	struct rule *rule = arena_alloc(a, sizeof *rule);
	*rule = *q->rule;
	rule_fit(rule, q->graph);
	q->rule = rule;
	q->bf16 = strcmp(precision_of(typed, rule), "bf16") == 0;
	if (q->start.from)
		q->start.from = q->graph->node[graph_node(q->graph, q->start.from, a)].name;
	if (q->to)
		stop_at(q, a);
	else
		q->site = graph_sites(q->graph, typed->sites, a);
	check_sites(q);
	start_find_pieces(q, record_has(header, "weights") ? NULL : q->checkpoint);
}

void sweep_begin(struct request *q, const struct sweep_options *typed, const struct record *header,
	struct outstream *out)
{
	struct arena *a = header->arena;
	struct draft *d;

	sweep_bind(q, typed, header);
	if (q->to) {
		d = stream_header_draft(out, header, "frontier", NULL);
		write_frontier_keys(d, typed, q, a);
	} else {
		d = stream_header_draft(
			out, header, "graph", "weights", "rule", "start", "frontier", NULL);
		if (q->effect) {
			draft_text(d, "measure", "effect");
			draft_int(d, "top", q->top);
		} else {
			rule_write(d, q->rule);
			draft_text(d, "start", start_text(typed, &q->start, a));
		}
	}
	stream_begin(out, d);
}

void sweep_keep(struct request *asked, const struct request *q)
{
	asked->checkpoint = q->checkpoint;
	asked->named = q->named;
	memcpy(asked->start.token, q->start.token, sizeof asked->start.token);
}
