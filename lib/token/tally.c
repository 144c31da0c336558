/* SPDX-License-Identifier: Apache-2.0 */
#include "token/tally.h"

#include "base/arena.h"
#include "base/die.h"

enum { NAMED = 3 }; /* cut lines that a message names */

struct tally {
	bool quiet, expected;
	long maximum, cut, left_out[LEFT_REASONS];
};

struct tally *tally_new(bool quiet, long maximum, bool expected)
{
	struct tally *t = must_alloc(1, sizeof *t);

	*t = (struct tally){ .quiet = quiet, .maximum = maximum, .expected = expected };
	return t;
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
	warn("its translation is cut at %d tokens without an end of sentence", line->target.count);
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
		warn("translations cut at %ld tokens, as -g says: %ld", t->maximum, t->cut);
	else if (t->cut)
		warn("translations cut at %ld tokens without an end of sentence: %ld; --skip-cut "
		     "leaves them out",
			t->maximum, t->cut);
}
