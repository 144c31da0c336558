/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sentences.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"

struct sentences {
	enum sentence_form form;
	struct tokenizer *tokenizer;
	const struct model_config *config;
	const struct generation *generation;
	FILE *file;
	char *line;
	size_t room;
	long lines;
};

struct sentences *sentences_open(const struct options *o, enum sentence_form form,
	struct tokenizer *tokenizer, const struct model_config *config,
	const struct generation *generation, long first_line)
{
	const char *name = o->file_count ? o->files[0] : "-";
	struct sentences *s = must_alloc(1, sizeof *s);

	if (first_line < 1)
		die_usage("--first-line takes 1 or more: lines count from 1");
	s->form = form;
	s->tokenizer = tokenizer;
	s->config = config;
	s->generation = generation;
	s->lines = first_line - 1;
	s->file = strcmp(name, "-") ? fopen(name, "r") : stdin;
	place_source(s->file == stdin ? "<stdin>" : name);
	if (!s->file)
		die_errno("cannot open");
	return s;
}

static struct tokens tokens_of(
	struct sentences *s, enum tokenizer_side side, const char *text, struct arena *a)
{
	static struct token_list (*const read[])(
		struct tokenizer *, enum tokenizer_side, const char *, struct arena *) = {
		[FORM_TEXT] = tokenizer_encode,
		[FORM_PIECES] = tokenizer_pieces,
		[FORM_IDS] = tokenizer_ids,
	};
	struct token_list t = read[s->form](s->tokenizer, side, text, a);

	if (t.count > s->config->max_position_embeddings)
		die("%d tokens; the model has positions for %ld; split the sentence", t.count,
			s->config->max_position_embeddings);
	if (!t.count)
		die("no tokens; --ids takes sources as they are");
	return (struct tokens){ t.ids, t.pieces, t.count };
}

/* The text of the next line without its end, or NULL. */
static char *next_line(struct sentences *s)
{
	ssize_t n = getline(&s->line, &s->room, s->file);

	if (n < 0) {
		if (ferror(s->file))
			die_errno("cannot read");
		return NULL;
	}
	place_record("line", ++s->lines);
	if (n && s->line[n - 1] == '\n')
		s->line[--n] = '\0';
	if (n && s->line[n - 1] == '\r')
		s->line[--n] = '\0';
	if (strlen(s->line) != (size_t)n)
		die("a NUL byte; is this text?");
	return s->line;
}

bool sentences_next(struct sentences *s, struct sentence_line *line, struct arena *a)
{
	char *source = next_line(s);

	if (!source)
		return false;
	char *target = strchr(source, '\t');
	if (target)
		*target++ = '\0';
	if (target && strchr(target, '\t'))
		die("more than one tab; a line is a source, or a source, a tab and its target");
	*line = (struct sentence_line){ .number = s->lines - 1,
		.source = tokens_of(s, TOKENIZER_SOURCE, source, a) };
	if (target)
		line->target = tokens_of(s, TOKENIZER_TARGET, target, a);
	else
		generation_check(s->generation);
	return true;
}
