/* SPDX-License-Identifier: Apache-2.0 */
#include "token/tally.h"

#include "base/arena.h"
#include "base/die.h"

enum { NAMED = 3 }; /* cut lines that a message names */

struct tally {
	bool quiet, expected;
	enum task task;
	long maximum, cut, left_out[LEFT_REASONS];
};

struct tally *tally_new(bool quiet, enum task task, long maximum, bool expected)
{
	struct tally *t = must_alloc(1, sizeof *t);

	*t = (struct tally){
		.quiet = quiet, .task = task, .maximum = maximum, .expected = expected
	};
	return t;
}

/* What a target is that was generated. */
static const char *generated(const struct tally *t)
{
	return t->task == TRANSLATE ? "translation" : "continuation";
}

void tally_line(struct tally *t, const struct sentence_line *line)
{
	t->left_out[line->left_out]++;
	if (!line->cut || line->left_out)
		return;
	if (t->cut++ >= NAMED || t->quiet || t->expected)
		return;
	place_source(line->file);
	place_record("line", line->line);
	warn("its %s is cut at %d tokens without an end of sentence", generated(t),
		line->target.count);
}

static void say_left_out(const struct tally *t)
{
	struct arena a = { 0 };
	const char *text = "";
	long count = 0;

	for (int i = LEFT_BLANK; i < LEFT_REASONS; i++) {
		if (!t->left_out[i])
			continue;
		text = arena_printf(&a, "%s%s%ld %s", text, *text ? ", " : "", t->left_out[i],
			left_out_name((enum left_out)i));
		count += t->left_out[i];
	}
	if (count > t->left_out[LEFT_BLANK])
		warn("lines left out: %ld (%s)", count, text);
	arena_free(&a);
}

void tally_end(const struct tally *t)
{
	place_source(NULL);
	if (t->quiet)
		return;
	say_left_out(t);
	if (t->cut && t->expected)
		warn("%ss cut at %ld tokens, as -g says%s: %ld", generated(t), t->maximum,
			t->task == CONTINUE ? ", or at the model's last position" : "", t->cut);
	else if (t->cut)
		warn("%ss cut at %ld tokens%s without an end of sentence: %ld; --skip-cut leaves "
		     "them out",
			generated(t), t->maximum,
			t->task == CONTINUE ? " with what they continue" : "", t->cut);
}
