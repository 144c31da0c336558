/* SPDX-License-Identifier: Apache-2.0 */
#include "ablation/loss_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "stream/stream.h"

/* Up to which no sum and no square of losses is beyond the range of a double. */
static const double max_loss = 1e100;

/* The sums of a file in the making. */
struct reading {
	struct loss_file f;
	long *steps, sentences, sentence; /* the number of the last one */
};

static void begin_sentence(struct reading *x, long sentence)
{
	size_t count = (size_t)++x->sentences;

	x->f.loss = must_realloc(x->f.loss, count, sizeof *x->f.loss);
	x->f.top1 = must_realloc(x->f.top1, count, sizeof *x->f.top1);
	x->steps = must_realloc(x->steps, count, sizeof *x->steps);
	x->f.loss[count - 1] = x->f.top1[count - 1] = 0;
	x->steps[count - 1] = 0;
	x->sentence = sentence;
}

static void add_steps(struct reading *x, const struct record *r, const char *judge)
{
	if (record_has(r, "loss") && !record_has(r, judge))
		die("no '%s' in 'losses'; make them with step-loss --against", judge);
	struct tensor loss = record_tensor(r, judge), top1 = record_tensor(r, "top1");
	long first = record_int(r, "first_step"), sentence = record_int(r, "sentence");

	tensor_expect(&loss, judge, 1, -1);
	tensor_expect(&top1, "top1", 1, loss.shape[0]);
	if (!loss.shape[0])
		die("sentence %ld: a record without steps", sentence);
	if (first == 0)
		begin_sentence(x, sentence);
	if (!x->sentences || x->sentence != sentence || x->steps[x->sentences - 1] != first)
		die("sentence %ld: a record starts at step %ld; steps are missing or doubled",
			sentence, first);
	const double *y = tensor_doubles(&loss, r->arena, judge);
	const double *hit = tensor_doubles(&top1, r->arena, "top1");
	for (long t = 0; t < loss.shape[0]; t++) {
		if (!(fabs(y[t]) <= max_loss && fabs(hit[t]) <= max_loss))
			die("sentence %ld: step %ld: %s %g, top1 %g; none may be above %g",
				sentence, first + t, judge, y[t], hit[t], max_loss);
		x->f.loss[x->sentences - 1] += y[t];
		x->f.top1[x->sentences - 1] += hit[t];
	}
	x->steps[x->sentences - 1] += loss.shape[0];
}

static void same_sentences(struct loss_sums *l, const struct reading *x)
{
	if (!x->sentences)
		die("no losses came in");
	if (!l->files) {
		l->sentences = x->sentences;
		l->steps = x->steps;
	}
	if (l->sentences != x->sentences ||
		memcmp(l->steps, x->steps, (size_t)x->sentences * sizeof *x->steps))
		die("other sentences than in '%s', or in another order; compare losses of the same "
		    "text",
			l->file->path);
	if (l->steps != x->steps)
		free(x->steps);
}

long loss_sums_file(struct loss_sums *l, const char *path)
{
	struct reading x = { .sentences = 0 };
	struct record r;

	for (long i = 0; i < l->files; i++)
		if (!strcmp(l->file[i].path, path))
			return i;
	struct instream *in = stream_open_file(path, "losses");
	while (stream_next(in, &r))
		if (!r.is_header)
			add_steps(&x, &r, l->judge);
	same_sentences(l, &x);
	stream_close(in);
	x.f.path = must_strdup(path);
	l->file = must_realloc(l->file, (size_t)l->files + 1, sizeof *l->file);
	l->file[l->files] = x.f;
	return l->files++;
}

double loss_mean(const struct loss_sums *l, const long *weight, long file)
{
	double sum = 0, steps = 0;

	for (long s = 0; s < l->sentences; s++) {
		sum += (double)weight[s] * l->file[file].loss[s];
		steps += (double)(weight[s] * l->steps[s]);
	}
	return sum / steps;
}

void loss_means(const struct loss_sums *l, const long *weight, double *mean)
{
	for (long i = 0; i < l->files; i++)
		mean[i] = loss_mean(l, weight, i);
}
