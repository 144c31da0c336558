/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/extract.h"
#include "op/operations.h"

#include <limits.h>
#include <string.h>

#include "forward/forward.h"
#include "forward/generate.h"
#include "stream/left_out.h"

/* Rows of one forward pass: enough for fast matrix products, few enough for little memory. */
enum { GENERATE_ROWS = 512, FORWARD_ROWS = 256, LOGIT_ROWS = 64, TOP = 2 };

struct extractor {
	struct extract_request asked;
	struct network *network;
	struct arena model_memory;
	struct arena arena;			/* of one batch of sentences */
	struct arena targets;			/* of one call: what was generated */
	const struct sentence_line *next, *end; /* of one call: lines that have no record yet */
};

/* The values of some sentences. */
struct forward_pass {
	struct batch batch;
	struct span *spans[2];
	int32_t *inputs; /* of all sentences */
	real **value;
};

static struct extractor *extract_open(const struct extract_request *asked)
{
	struct extractor *e = must_alloc(1, sizeof *e);

	e->asked = *asked;
	e->network = network_bind(asked->graph, asked->weights, &e->model_memory);
	e->network->threads = asked->threads;
	if (!asked->keep) {
		bool *keep = must_alloc((size_t)asked->graph->nodes, sizeof *keep);

		for (int i = 0; i < asked->graph->nodes - 1; i++)
			keep[i] = asked->graph->node[i].kind->stored;
		e->asked.keep = keep;
	}
	return e;
}

/* How many sentences from the first on have at most so many rows; at least one. */
static int sentences_of_rows(struct sentence_line *const *s, int count, long rows)
{
	long source = 0, target = 0;
	int n = 0;

	while (n < count && (!n || (source + s[n]->source.count <= rows &&
					   target + s[n]->target.count <= rows))) {
		source += s[n]->source.count;
		target += s[n]->target.count;
		n++;
	}
	return n;
}

/* Translate those of the sentences that have no target. */
static void translate(struct extractor *e, struct sentence_line *const *s, int count)
{
	struct arena *a = &e->targets;
	struct tokens *source = arena_array(a, (size_t)count, sizeof *source);
	struct tokens *target = arena_array(a, (size_t)count, sizeof *target);
	int *which = arena_array(a, (size_t)count, sizeof *which), n = 0;
	bool *cut = arena_array(a, (size_t)count, sizeof *cut);

	for (int i = 0; i < count; i++)
		if (!s[i]->target.count) {
			which[n] = i;
			source[n++] = s[i]->source;
		}
	if (n)
		generate(e->network, e->asked.generation, n, source, target, cut, &e->arena);
	for (int i = 0; i < n; i++) {
		struct tokens *t = &s[which[i]]->target;

		s[which[i]]->cut = cut[i];
		t->count = target[i].count;
		t->ids = arena_array(a, (size_t)t->count, sizeof *t->ids);
		memcpy(t->ids, target[i].ids, (size_t)t->count * sizeof *t->ids);
		t->pieces = arena_array(a, (size_t)t->count, sizeof *t->pieces);
		for (int k = 0; k < t->count; k++)
			t->pieces[k] = e->asked.piece(e->asked.context, t->ids[k]);
		t->text = e->asked.text(e->asked.context, t, a);
	}
	arena_reset(&e->arena);
}

/* The decoder's inputs: the start token, then the target without its last token. */
static void set_inputs(const struct extractor *e, const struct tokens *target, int32_t *inputs)
{
	inputs[0] = (int32_t)e->asked.generation->decoder_start_token_id;
	memcpy(inputs + 1, target->ids, (size_t)(target->count - 1) * sizeof *inputs);
}

static struct forward_pass pack(struct extractor *e, struct sentence_line *const *s, int count)
{
	struct arena *a = &e->arena;
	struct forward_pass p = { .batch = { .sentences = count } };
	struct batch *b = &p.batch;
	int32_t *source;

	for (int side = SOURCE; side <= TARGET; side++) {
		p.spans[side] = arena_array(a, (size_t)count, sizeof *p.spans[side]);
		b->queries[side] = b->keys[side] = p.spans[side];
		for (int i = 0; i < count; i++) {
			long rows = side == SOURCE ? s[i]->source.count : s[i]->target.count;

			p.spans[side][i] = (struct span){ b->rows[side], rows };
			b->rows[side] += rows;
		}
	}
	b->ids[SOURCE] = source = arena_array(a, (size_t)b->rows[SOURCE], sizeof *source);
	b->ids[TARGET] = p.inputs = arena_array(a, (size_t)b->rows[TARGET], sizeof *p.inputs);
	for (int i = 0; i < count; i++) {
		memcpy(source + p.spans[SOURCE][i].start, s[i]->source.ids,
			(size_t)s[i]->source.count * sizeof *source);
		set_inputs(e, &s[i]->target, p.inputs + p.spans[TARGET][i].start);
	}
	return p;
}

static void run(struct extractor *e, struct forward_pass *p)
{
	const struct graph *g = e->asked.graph;
	bool *need = arena_zero(&e->arena, (size_t)g->nodes, sizeof *need);

	p->value = arena_zero(&e->arena, (size_t)g->nodes, sizeof *p->value);
	memcpy(need, e->asked.keep, (size_t)g->nodes * sizeof *need);
	need[g->node[g->nodes - 1].input[0]] = true; /* the top logits are made from it */
	forward_needs(e->network, need);
	forward_run(e->network, &p->batch, need, p->value, &e->arena);
}

/* The tokens with the highest logits at every row, [rows, TOP], a few rows of logits at a time. */
static void find_top(struct extractor *e, struct forward_pass *p, int32_t *ids, real *logits)
{
	const struct graph *g = e->asked.graph;
	int last = g->nodes - 1, in = g->node[last].input[0];
	long width = g->node[in].width, vocabulary = g->node[last].width;
	struct arena_mark mark = arena_mark(&e->arena);
	real **value = arena_zero(&e->arena, (size_t)g->nodes, sizeof *value);

	value[last] = arena_array(&e->arena, (size_t)(LOGIT_ROWS * vocabulary), sizeof(real));
	for (long row = 0; row < p->batch.rows[TARGET]; row += LOGIT_ROWS) {
		struct batch b = { .rows = { 0, p->batch.rows[TARGET] - row } };

		if (b.rows[TARGET] > LOGIT_ROWS)
			b.rows[TARGET] = LOGIT_ROWS;
		value[in] = p->value[in] + row * width;
		e->network->op[last]->forward(e->network, last, &b, value);
		for (long i = 0; i < b.rows[TARGET]; i++) {
			const real *y = value[last] + i * vocabulary;
			int32_t *best = ids + (row + i) * TOP;

			for (int k = 0; k < TOP; k++) {
				best[k] = generate_best(e->asked.generation, y, vocabulary, NULL, 0,
					k ? best[k - 1] : -1);
				logits[(row + i) * TOP + k] = y[best[k]];
			}
		}
	}
	arena_back(&e->arena, mark);
}

static void write_value(const struct extractor *e, struct draft *d, const struct forward_pass *p,
	int node, int sentence)
{
	const struct node *n = &e->asked.graph->node[node];
	long rows = p->batch.queries[n->side][sentence].rows;
	long keys = p->batch.keys[node_keys(n)][sentence].rows;
	const real *x = p->value[node];
	struct tensor t = { .type = REAL_TYPE, .dimensions = 2, .shape = { rows, n->width } };

	if (node_is_pairs(&e->network->graph->node[node])) {
		t = (struct tensor){
			.type = REAL_TYPE, .dimensions = 3, .shape = { node_heads(n), rows, keys }
		};
		t.data = x + batch_pairs_before(n, &p->batch, sentence);
		t.count = (size_t)(node_heads(n) * rows * keys);
	} else {
		t.data = x + p->batch.queries[n->side][sentence].start * n->width;
		t.count = (size_t)(rows * n->width);
	}
	draft_tensor(d, n->name, &t);
}

static void write_values(
	const struct extractor *e, struct draft *d, const struct forward_pass *p, int sentence)
{
	int kept = 0;

	for (int i = 0; i < e->asked.graph->nodes; i++)
		kept += e->asked.keep[i];
	draft_map(d, "values", kept);
	for (int i = 0; i < e->asked.graph->nodes; i++)
		if (e->asked.keep[i])
			write_value(e, d, p, i, sentence);
}

static void write_top(const struct extractor *e, struct draft *d, const int32_t *ids,
	const real *logits, long steps)
{
	struct tensor t = { .type = REAL_TYPE,
		.dimensions = 2,
		.shape = { steps, TOP },
		.count = (size_t)(steps * TOP),
		.data = logits };

	draft_map(d, "top", 3);
	draft_ints(d, "ids", ids, 2, steps, (long)TOP);
	draft_tensor(d, "logits", &t);
	draft_list(d, "pieces", (int)steps);
	for (long i = 0; i < steps; i++) {
		draft_list(d, NULL, TOP);
		for (int k = 0; k < TOP; k++)
			draft_text(d, NULL, e->asked.piece(e->asked.context, ids[i * TOP + k]));
	}
}

/* Records in the place of the lines that were left out before `number`. */
static void write_left_out(struct extractor *e, long number, struct outstream *out)
{
	for (; e->next < e->end && e->next->number < number; e->next++)
		if (e->next->left_out)
			left_out_put(out, e->next->number, left_out_name(e->next->left_out));
}

/* The forward pass of a few sentences, and their records. */
static void forward_sentences(
	struct extractor *e, struct sentence_line *const *s, int count, struct outstream *out)
{
	struct forward_pass p = pack(e, s, count);
	size_t rows = (size_t)p.batch.rows[TARGET];

	run(e, &p);
	int32_t *ids = arena_array(&e->arena, rows * TOP, sizeof *ids);
	real *logits = arena_array(&e->arena, rows * TOP, sizeof *logits);
	find_top(e, &p, ids, logits);
	for (int i = 0; i < count; i++) {
		struct span steps = p.spans[TARGET][i];
		write_left_out(e, s[i]->number, out);
		struct draft *d = stream_draft(out, "trace");

		draft_int(d, "sentence", s[i]->number);
		if (s[i]->cut)
			draft_bool(d, "cut", true);
		draft_tokens(d, "source", &s[i]->source);
		draft_tokens(d, "target", &s[i]->target);
		struct tokens inputs = { p.inputs + steps.start, NULL, (int)steps.rows, NULL };
		inputs.pieces = arena_array(&e->arena, (size_t)steps.rows, sizeof *inputs.pieces);
		for (int k = 0; k < inputs.count; k++)
			inputs.pieces[k] = e->asked.piece(e->asked.context, inputs.ids[k]);
		draft_tokens(d, "inputs", &inputs);
		write_top(e, d, ids + steps.start * TOP, logits + steps.start * TOP, steps.rows);
		write_values(e, d, &p, i);
		stream_put(out, d);
	}
	arena_reset(&e->arena);
}

/* Those of the lines that are worked on. */
static int sentences_left(struct sentence_line *lines, int count, struct sentence_line **left)
{
	int n = 0;

	for (int i = 0; i < count; i++)
		if (!lines[i].left_out)
			left[n++] = &lines[i];
	return n;
}

static void extract_sentences(
	struct extractor *e, struct sentence_line *lines, int count, struct outstream *out)
{
	struct sentence_line **s = arena_array(&e->targets, (size_t)count, sizeof(void *));
	int left = sentences_left(lines, count, s);

	for (int done = 0, n; done < left; done += n) {
		n = sentences_of_rows(s + done, left - done, GENERATE_ROWS);
		translate(e, s + done, n);
	}
	for (int i = 0; i < count; i++)
		if (lines[i].cut && e->asked.skip_cut)
			lines[i].left_out = LEFT_CUT;
	left = sentences_left(lines, count, s);
	e->next = lines;
	e->end = lines + count;
	for (int done = 0, n; done < left; done += n) {
		n = sentences_of_rows(s + done, left - done, FORWARD_ROWS);
		forward_sentences(e, s + done, n, out);
	}
	write_left_out(e, LONG_MAX, out);
	arena_reset(&e->targets);
}

const struct extract_engine extract_engine = { extract_open, extract_sentences };
