/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rank/head_shares.h"

/* What numbers are, by the name that a header has for it. */
struct quantity {
	const char *name, *text;
};

static const struct quantity measures[] = {
	{ "confidence", "mean of the largest attention weight" },
	{ "output", "mean length of the head's output" },
	{ "effect", "divergence without the head, to first order (nats)" },
	{ NULL, NULL },
};

/* %s is relevance, or the name of a measure. */
static const struct quantity norms[] = {
	{ "sum", "share of the layer's %s" },
	{ "abs", "share of the size of the layer's %s" },
	{ "max", "%s, as part of the layer's largest" },
	{ "size", "size of the %s" },
	{ "square", "square of the %s" },
	{ NULL, NULL },
};

static const char *find(const struct quantity *q, const char *name)
{
	while (q->name && name && strcmp(q->name, name) != 0)
		q++;
	return name ? q->text : NULL;
}

/* "rule magnitude, ", or nothing. */
static const char *part(const char *name, const char *value, struct arena *a)
{
	return value ? arena_printf(a, "%s%s, ", name, value) : "";
}

/* A step of most measures is a sentence: what is counted then is said once. */
static const char *counts(const struct head_shares *s, struct arena *a)
{
	const char *sentences =
		arena_printf(a, "%ld sentence%s", s->sentences, s->sentences == 1 ? "" : "s");
	const char *steps = arena_printf(a, "%ld step%s of ", s->steps, s->steps == 1 ? "" : "s");

	if (s->measure && s->steps == s->sentences)
		steps = "";
	return arena_printf(a, "%s%s%s", s->greedy ? "" : "mean over ", steps, sentences);
}

const char *shares_title(const struct head_shares *s, struct arena *a)
{
	const char *start = s->start && strcmp(s->start, "top") != 0 ? s->start : NULL;
	const char *groups = s->unit > 1 ? arena_printf(a, "groups of %ld heads, ", s->unit) : "";

	return arena_printf(a, "%s%s%s%s%s%s%s", part("", s->model, a), part("rule ", s->rule, a),
		part("", s->greedy ? "greedy order" : s->measure, a), part("start ", start, a),
		part("norm ", s->norm, a), groups, s->compared ? s->compared : counts(s, a));
}

/* "rule a minus rule b" of "rule a minus rule b, 100 sentences in pairs". */
static const char *difference(const char *compared, struct arena *a)
{
	const char *comma = strrchr(compared, ',');

	return arena_printf(
		a, "%.*s", comma ? (int)(comma - compared) : (int)strlen(compared), compared);
}

const char *shares_legend(const struct head_shares *s, struct arena *a)
{
	const char *noun = s->measure ? s->measure : "relevance";
	const char *norm = find(norms, s->norm), *measure = find(measures, s->measure);
	const char *rule = s->rule ? arena_printf(a, ", rule %s", s->rule) : "";

	if (s->compared && (norm || measure) && strncmp(s->compared, "norm ", 5) != 0) {
		struct head_shares one = *s;

		one.compared = NULL;
		return arena_printf(
			a, "%s: %s", shares_legend(&one, a), difference(s->compared, a));
	}
	if (s->compared)
		return difference(s->compared, a);
	if (s->greedy)
		return "divergence to expect when the head and those before it are gone (nats)";
	if (!s->measure && !s->rule && !s->norm)
		return "mean";
	if (norm) {
		const char *gap = strstr(norm, "%s");

		return arena_printf(a, "%.*s%s%s%s", (int)(gap - norm), norm, noun, gap + 2, rule);
	}
	return measure ? measure : arena_printf(a, "%s%s", noun, rule);
}
