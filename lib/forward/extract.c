/* SPDX-License-Identifier: Apache-2.0 */
#include "forward/extract.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/progress.h"
#include "forward/forward.h"
#include "forward/generate.h"
#include "forward/input.h"
#include "forward/logits.h"
#include "op/operations.h"
#include "stream/left_out.h"

/* Rows of one forward pass: enough for fast matrix products, few enough for little memory. */
enum { GENERATE_ROWS = 512, FORWARD_ROWS = 256, TOP = 2 };

struct extractor {
	struct extract_request asked;
	struct network *network;
	struct input_request inputs;
	struct arena model_memory;
	struct arena arena;			/* of one batch of sentences */
	struct arena targets;			/* of one call: what was generated */
	const struct sentence_line *next, *end; /* of one call: lines that have no record yet */
	const struct sentence_line *counted;	/* lines before it are counted as done */
};

/* The values of some sentences, and the tokens with the highest logits at each of their steps. */
struct forward_pass {
	struct batch batch;
	const struct input *input; /* one a sentence */
	real **value;
	int *position;	    /* of all steps, the row of the batch */
	long steps, *first; /* of all sentences; the first of each */
	int32_t *ids;	    /* [steps, TOP] */
	real *logits;	    /* [steps, TOP] */
};

static struct extractor *extract_open(const struct extract_request *asked)
{
	struct extractor *e = must_alloc(1, sizeof *e);

	e->asked = *asked;
	e->network = network_bind(asked->graph, asked->weights, &e->model_memory);
	e->network->threads = asked->threads;
	e->network->progress = asked->progress;
	e->inputs = (struct input_request){ graph_task(asked->graph), asked->generation,
		asked->all_steps, asked->mask_each };
	if (!asked->keep) {
		bool *keep = must_alloc((size_t)asked->graph->nodes, sizeof *keep);

		for (int i = 0; i < asked->graph->nodes - 1; i++)
			keep[i] = asked->graph->node[i].kind->stored;
		e->asked.keep = keep;
	}
	return e;
}

/* How many sentences from the first on have at most so many rows on each side; at least one. */
static int together(const long (*rows)[2], int count, long most)
{
	long sum[2] = { 0, 0 };
	int n = 0;

	while (n < count && (!n || (sum[0] + rows[n][0] <= most && sum[1] + rows[n][1] <= most))) {
		sum[0] += rows[n][0];
		sum[1] += rows[n][1];
		n++;
	}
	return n;
}

/* The pieces of ids that have none yet. */
static void name_pieces(const struct extractor *e, struct tokens *t, struct arena *a)
{
	t->pieces = arena_array(a, (size_t)t->count, sizeof *t->pieces);
	for (int k = 0; k < t->count; k++)
		t->pieces[k] = e->asked.piece(e->asked.context, t->ids[k]);
}

/* Predict the targets of those sentences that have none. */
static void complete(struct extractor *e, struct sentence_line *const *s, int count)
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
		name_pieces(e, t, a);
		t->text = e->asked.text(e->asked.context, t, a);
	}
	arena_reset(&e->arena);
}

/* The steps of all sentences: the rows of the batch at which they stand. */
static void pack_steps(struct forward_pass *p, struct arena *a)
{
	const struct batch *b = &p->batch;

	p->first = arena_array(a, (size_t)b->sentences, sizeof *p->first);
	for (int i = 0; i < b->sentences; i++) {
		p->first[i] = p->steps;
		p->steps += p->input[i].steps.count;
	}
	p->position = arena_array(a, (size_t)p->steps, sizeof *p->position);
	for (int i = 0; i < b->sentences; i++) {
		const struct steps *s = &p->input[i].steps;

		for (long t = 0; t < s->count; t++)
			p->position[p->first[i] + t] =
				(int)b->queries[s->side][i].start + s->position[t];
	}
}

static struct forward_pass pack(struct extractor *e, const struct input *in, int count)
{
	struct arena *a = &e->arena;
	struct forward_pass p = { .batch = { .sentences = count }, .input = in };

	const struct tokens **tokens = arena_array(a, (size_t)count, sizeof *tokens);

	for (enum side side = SOURCE; side <= TARGET; side++) {
		for (int i = 0; i < count; i++)
			tokens[i] = &in[i].tokens[side];
		batch_side(&p.batch, side, tokens, a);
	}
	pack_steps(&p, a);
	p.ids = arena_array(a, (size_t)(p.steps * TOP), sizeof *p.ids);
	p.logits = arena_array(a, (size_t)(p.steps * TOP), sizeof *p.logits);
	return p;
}

static void run(struct extractor *e, struct forward_pass *p)
{
	const struct graph *g = e->asked.graph;
	bool *need = arena_zero(&e->arena, (size_t)g->nodes, sizeof *need);

	p->value = arena_zero(&e->arena, (size_t)g->nodes, sizeof *p->value);
	memcpy(need, e->asked.keep, (size_t)g->nodes * sizeof *need);
	need[g->node[graph_logits(g)].input[0]] = true; /* the top logits are made from it */
	forward_run(e->network, &p->batch, need, p->value, &e->arena);
}

/* The tokens with the highest logits at a step. */
struct top {
	const struct extractor *extractor;
	struct forward_pass *pass;
};

static void note_top(void *context, long step, real *z)
{
	const struct top *t = context;
	const struct graph *g = t->extractor->asked.graph;
	int32_t *best = t->pass->ids + step * TOP;

	for (int k = 0; k < TOP; k++) {
		best[k] = generate_best(t->extractor->asked.generation, z,
			g->node[graph_logits(g)].width, NULL, 0, k ? best[k - 1] : -1);
		t->pass->logits[step * TOP + k] = z[best[k]];
	}
}

static void find_top(struct extractor *e, struct forward_pass *p)
{
	const struct graph *g = e->asked.graph;
	struct top t = { e, p };

	logits_run(e->network, p->value[g->node[graph_logits(g)].input[0]], p->position, p->steps,
		note_top, &t, &e->arena);
}

static void write_values(
	const struct extractor *e, struct draft *d, const struct forward_pass *p, int sentence)
{
	const struct graph *g = e->asked.graph;
	int kept = 0;

	for (int i = 0; i < g->nodes; i++)
		kept += e->asked.keep[i];
	draft_map(d, "values", kept);
	for (int i = 0; i < g->nodes; i++) {
		if (!e->asked.keep[i])
			continue;
		struct tensor t = forward_value(e->network, &p->batch, p->value, i, sentence);
		draft_tensor(d, g->node[i].name, &t);
	}
}

static void write_top(
	const struct extractor *e, struct draft *d, const struct forward_pass *p, int sentence)
{
	long steps = p->input[sentence].steps.count;
	const int32_t *ids = p->ids + p->first[sentence] * TOP;
	struct tensor t = { .type = REAL_TYPE,
		.dimensions = 2,
		.shape = { steps, TOP },
		.count = (size_t)(steps * TOP),
		.data = p->logits + p->first[sentence] * TOP };

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

/* The masks' likeliest tokens, where the line does not say which stood there. */
static struct tokens filled(struct extractor *e, const struct forward_pass *p, int sentence)
{
	struct tokens t = { .count = (int)p->input[sentence].steps.count };

	t.ids = arena_array(&e->arena, (size_t)t.count, sizeof *t.ids);
	for (int k = 0; k < t.count; k++)
		t.ids[k] = p->ids[(p->first[sentence] + k) * TOP];
	name_pieces(e, &t, &e->arena);
	return t;
}

/* The tokens of a sentence, and the positions of its steps where not each has one. */
static void write_tokens(
	struct extractor *e, struct draft *d, const struct forward_pass *p, int sentence)
{
	const struct input *in = &p->input[sentence];
	enum task task = e->inputs.task;
	struct tokens target = in->target.count ? in->target : filled(e, p, sentence);
	struct tokens source = in->tokens[SOURCE];

	if (e->inputs.all_steps || e->inputs.mask_each) { /* lists of its own making */
		name_pieces(e, &target, &e->arena);
		target.text = e->asked.text(e->asked.context, &target, &e->arena);
	}
	if (e->inputs.mask_each)
		name_pieces(e, &source, &e->arena);
	if (task != CONTINUE)
		draft_tokens(d, side_key(SOURCE), &source);
	draft_tokens(d, "target", &target);
	if (task != FILL) {
		struct tokens inputs = in->tokens[TARGET];

		name_pieces(e, &inputs, &e->arena);
		draft_tokens(d, side_key(TARGET), &inputs);
	}
	if (in->steps.count < in->tokens[in->steps.side].count)
		draft_ids(d, "positions", in->steps.position, (int)in->steps.count);
}

/* The lines before this one have been written. */
static void count_lines(struct extractor *e, const struct sentence_line *line)
{
	if (line > e->counted)
		progress_add(e->asked.progress, line - e->counted);
	e->counted = line;
}

/* The forward pass of a few sentences, and their records. */
static void forward_sentences(struct extractor *e, struct sentence_line *const *s,
	const struct input *in, int count, struct outstream *out)
{
	struct forward_pass p = pack(e, in, count);

	run(e, &p);
	find_top(e, &p);
	for (int i = 0; i < count; i++) {
		count_lines(e, s[i]);
		write_left_out(e, s[i]->number, out);
		struct draft *d = stream_draft(out, "trace");

		draft_int(d, "sentence", s[i]->number);
		draft_text(d, "text_hash", arena_printf(&e->arena, "%016" PRIx64, s[i]->text_hash));
		if (s[i]->cut)
			draft_bool(d, "cut", true);
		if (in[i].first_step)
			draft_int(d, "first_step", in[i].first_step);
		write_tokens(e, d, &p, i);
		write_top(e, d, &p, i);
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

/* Predict the targets of all, a few at a time. */
static void complete_all(struct extractor *e, struct sentence_line *const *s, int count)
{
	long(*rows)[2] = arena_array(&e->targets, (size_t)count, sizeof *rows);

	for (int i = 0; i < count; i++) {
		rows[i][SOURCE] = s[i]->source.count;
		rows[i][TARGET] = s[i]->target.count;
	}
	for (int done = 0, n; done < count; done += n) {
		n = together(rows + done, count - done, GENERATE_ROWS);
		complete(e, s + done, n);
	}
}

static void forward_all(
	struct extractor *e, struct sentence_line *const *s, int count, struct outstream *out)
{
	struct arena *a = &e->targets;
	struct input **of_line = arena_array(a, (size_t)count, sizeof *of_line);
	int *each = arena_array(a, (size_t)count, sizeof *each), inputs = 0;

	for (int i = 0; i < count; i++)
		inputs += each[i] = inputs_of(&e->inputs, s[i], &of_line[i], a);
	struct input *in = arena_array(a, (size_t)inputs, sizeof *in);
	struct sentence_line **line = arena_array(a, (size_t)inputs, sizeof(void *));
	long(*rows)[2] = arena_array(a, (size_t)inputs, sizeof *rows);

	for (int i = 0, n = 0; i < count; i++)
		for (int k = 0; k < each[i]; k++, n++) {
			in[n] = of_line[i][k];
			line[n] = s[i];
			rows[n][SOURCE] = in[n].tokens[SOURCE].count;
			rows[n][TARGET] = in[n].tokens[TARGET].count;
		}
	for (int done = 0, n; done < inputs; done += n) {
		n = together(rows + done, inputs - done, FORWARD_ROWS);
		forward_sentences(e, line + done, in + done, n, out);
	}
}

static void extract_sentences(
	struct extractor *e, struct sentence_line *lines, int count, struct outstream *out)
{
	struct sentence_line **s = arena_array(&e->targets, (size_t)count, sizeof(void *));

	if (e->inputs.task != FILL && e->asked.generates)
		complete_all(e, s, sentences_left(lines, count, s));
	for (int i = 0; i < count; i++)
		if (lines[i].cut && e->asked.skip_cut)
			lines[i].left_out = LEFT_CUT;
	e->next = e->counted = lines;
	e->end = lines + count;
	forward_all(e, s, sentences_left(lines, count, s), out);
	write_left_out(e, LONG_MAX, out);
	count_lines(e, lines + count);
	arena_reset(&e->targets);
}

const struct extract_engine extract_engine = { extract_open, extract_sentences };
