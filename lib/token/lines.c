/* SPDX-License-Identifier: Apache-2.0 */
#include "token/lines.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/die.h"
#include "token/characters.h"

struct sentences {
	struct sentence_request asked;
	const char *const *files;
	int file_count, next_file;
	const char *name;
	FILE *file; /* NULL: none is open */
	char *text;
	size_t room;
	long number, line; /* of the next line over all files; of the last one in its own */
	bool completes;	   /* a line had no target: how it is completed was looked at */
	enum { SEEN_NONE, SEEN_SOURCES, SEEN_PAIRS, SEEN_BOTH } seen;
};

long text_lines(const struct options *files)
{
	char text[1 << 16];
	long lines = 0;

	for (int i = 0; i < files->file_count; i++) {
		struct stat s;
		FILE *f = stat(files->files[i], &s) || !S_ISREG(s.st_mode)
				  ? NULL
				  : fopen(files->files[i], "r");

		if (!f)
			return 0;
		for (size_t n; (n = fread(text, 1, sizeof text, f));)
			for (size_t k = 0; k < n; k++)
				lines += text[k] == '\n';
		fclose(f);
	}
	return lines;
}

/* The side whose tokens a text has: what is continued and what is filled in are of one. */
static enum side side_of(const struct sentences *s, enum side side)
{
	return s->asked.task == CONTINUE ? TARGET : s->asked.task == FILL ? SOURCE : side;
}

struct sentences *sentences_open(const struct sentence_request *request)
{
	static const char *const standard_input[] = { "-" };
	struct sentences *s = must_alloc(1, sizeof *s);
	const struct options *o = request->files;

	s->asked = *request;
	s->files = o->file_count ? o->files : standard_input;
	s->file_count = o->file_count ? o->file_count : 1;
	s->number = request->first_line - 1;
	s->line = s->number;
	for (int i = 0; i < s->file_count; i++)
		if (strcmp(s->files[i], "-") && access(s->files[i], R_OK)) {
			place_source(s->files[i]);
			die_errno("cannot open");
		}
	return s;
}

static void open_next(struct sentences *s)
{
	const char *name = s->files[s->next_file];

	s->file = strcmp(name, "-") ? fopen(name, "r") : stdin;
	s->name = s->file == stdin ? "<stdin>" : name;
	place_source(s->name);
	if (!s->file)
		die_errno("cannot open");
	if (s->next_file++)
		s->line = 0;
}

static void close_file(struct sentences *s)
{
	if (ferror(s->file))
		die_errno("cannot read");
	if (s->file != stdin)
		fclose(s->file);
	s->file = NULL;
}

/* The text of the next line without its end, its length in bytes; NULL: there is none. */
static char *next_line(struct sentences *s, size_t *length)
{
	static const char mark[] = "\xef\xbb\xbf";
	bool opened = false;
	ssize_t n;

	for (;;) {
		if (!s->file) {
			if (s->next_file == s->file_count)
				return NULL;
			open_next(s);
			opened = true;
		}
		place_source(s->name);
		n = getline(&s->text, &s->room, s->file);
		if (n >= 0)
			break;
		close_file(s);
	}
	char *text = s->text;

	place_record("line", ++s->line);
	if (n && text[n - 1] == '\n')
		text[--n] = '\0';
	if (n && text[n - 1] == '\r')
		text[--n] = '\0';
	if (opened && !strncmp(text, mark, 3)) {
		text += 3;
		n -= 3;
	}
	*length = (size_t)n;
	return text;
}

/* Leave the line out, or die of it. */
static void leave_out(const struct sentences *s, struct sentence_line *line, enum left_out reason,
	const char *why)
{
	if (!s->asked.skip && reason != LEFT_BLANK)
		die("%s; --skip leaves such lines out", why);
	line->left_out = reason;
	line->source.count = line->target.count = 0;
}

/* A token without a position would move those behind it: nothing else says where. */
static void check_placeless(
	struct sentences *s, struct sentence_line *line, const struct tokens *t, struct arena *a)
{
	for (int i = 0; i < t->count && !line->left_out; i++)
		if (t->ids[i] == s->asked.placeless)
			leave_out(s, line, LEFT_PADDING,
				arena_printf(a,
					"token %ld is the padding, which has no position in this model",
					s->asked.placeless));
}

/* What is wrong with the tokenizer's files is no fault of a line. */
static void open_pieces(struct sentences *s, enum side side)
{
	place_source(NULL);
	place_record("line", 0);
	tokenizer_require(s->asked.tokenizer, side);
	place_source(s->name);
	place_record("line", s->line);
}

/* A side's tokens; where they cannot be used the line is left out. */
static struct tokens tokens_of(struct sentences *s, struct sentence_line *line, enum side side,
	const char *text, struct arena *a)
{
	static struct encoded (*const read[])(
		struct tokenizer *, enum side, enum place, struct piece, struct arena *) = {
		[FORM_TEXT] = tokenizer_encode,
		[FORM_PIECES] = tokenizer_pieces,
		[FORM_IDS] = tokenizer_ids,
	};
	enum place place = side == SOURCE || s->asked.task == TRANSLATE ? BEGINS : GOES_ON;

	side = side_of(s, side);
	if (s->asked.form == FORM_TEXT)
		open_pieces(s, side);
	struct encoded t = read[s->asked.form](s->asked.tokenizer, side, place, piece_of(text), a);
	struct tokens tokens = t.tokens;
	long positions = s->asked.positions;

	if (t.unfit)
		leave_out(s, line, t.unfit, t.why);
	else if (tokens.count > positions)
		leave_out(s, line, LEFT_TOO_LONG,
			arena_printf(a, "%d tokens; the model has positions for %ld", tokens.count,
				positions));
	else
		tokens.text = tokenizer_text(s->asked.tokenizer, side, tokens.ids, tokens.count, a);
	check_placeless(s, line, &tokens, a);
	return tokens;
}

/* Is there nothing in a text but the end of sentence that was added to it? */
static bool is_nothing(const struct sentences *s, const char *text, const struct tokens *t)
{
	return is_blank(text) ||
	       (s->asked.form == FORM_TEXT && s->asked.task == TRANSLATE && t->count == 1);
}

/* Lines with a target and lines without one make a text of two kinds: say so once. */
static void note_kind(struct sentences *s, bool pair)
{
	if (s->seen == (pair ? SEEN_SOURCES : SEEN_PAIRS))
		warn(pair ? "a tab: this line has a target, lines before it have none"
			: s->asked.task == FILL
				? "no tab: this line has no target, lines before it have one"
			: s->asked.task == CONTINUE
				? "no tab: this line is continued, lines before it have a target"
				: "no tab: this line is translated, lines before it have a target");
	s->seen = s->seen == SEEN_NONE ? (pair ? SEEN_PAIRS : SEEN_SOURCES)
		  : s->seen == (pair ? SEEN_SOURCES : SEEN_PAIRS) ? SEEN_BOTH
								  : s->seen;
}

/* Of the text before the tab; of pieces and ids that of their text, where it is known. */
static uint64_t text_hash(const struct sentences *s, const char *text, const struct tokens *t)
{
	if (s->asked.form == FORM_TEXT)
		return XXH3_64bits(text, strlen(text));
	return t->text ? XXH3_64bits(t->text, strlen(t->text))
		       : XXH3_64bits(t->ids, (size_t)t->count * sizeof *t->ids);
}

/* Tokens of both sides, or why there are none. */
static void read_sides(struct sentences *s, struct sentence_line *line, const char *source,
	const char *target, struct arena *a)
{
	bool no_source = is_blank(source), no_target = target && is_blank(target);

	if (!no_source) {
		line->source = tokens_of(s, line, SOURCE, source, a);
		no_source = !line->left_out && is_nothing(s, source, &line->source);
	}
	if (target && !no_target && !line->left_out) {
		line->target = tokens_of(s, line, TARGET, target, a);
		no_target = !line->left_out && is_nothing(s, target, &line->target);
	}
	if (line->left_out)
		return;
	line->text_hash = text_hash(s, source, &line->source);
	if (no_source && (!target || no_target))
		leave_out(s, line, LEFT_BLANK, NULL);
	else if (no_source)
		leave_out(s, line, LEFT_ONE_SIDED,
			s->asked.task == TRANSLATE ? "no source before the tab"
						   : "no text before the tab");
	else if (no_target)
		leave_out(s, line, LEFT_ONE_SIDED, "no target behind the tab");
}

/* What is continued has room for it, and something that is predicted. */
static void check_continued(struct sentences *s, struct sentence_line *line, struct arena *a)
{
	const struct tokens *source = &line->source, *target = &line->target;
	long both = (long)source->count + target->count - 1;

	if (!target->count && !s->asked.generates && !s->asked.as_it_is && source->count < 2)
		leave_out(s, line, LEFT_TOO_SHORT, "one token: none is predicted");
	else if (!target->count && s->asked.generates && source->count >= s->asked.longest)
		leave_out(s, line, LEFT_TOO_LONG,
			arena_printf(a,
				"%d tokens to continue, and no more than %ld in all; -g says how many "
				"to add",
				source->count, s->asked.longest));
	if (target->count && both > s->asked.positions)
		leave_out(s, line, LEFT_TOO_LONG,
			arena_printf(a, "%ld tokens; the model has positions for %ld", both,
				s->asked.positions));
}

/* Masks are in the text, or are put into it. */
static void check_masks(struct sentences *s, struct sentence_line *line, struct arena *a)
{
	const struct tokens *source = &line->source, *target = &line->target;
	long masks = 0, plain = 0;

	for (int i = 0; i < source->count; i++)
		plain += !s->asked.is_special(s->asked.generation, source->ids[i]);
	for (int i = 0; i < source->count; i++)
		masks += source->ids[i] == s->asked.mask;
	if (s->asked.mask_each && (masks || target->count))
		leave_out(s, line, LEFT_MASKS,
			masks ? "a mask in it; --mask-each masks each token itself"
			      : "tokens behind a tab; of --mask-each the targets are the text's own");
	else if (s->asked.mask_each && !plain)
		leave_out(s, line, LEFT_TOO_SHORT, "no token in it that could be masked");
	else if (!masks && !s->asked.mask_each)
		leave_out(s, line, LEFT_MASKS,
			arena_printf(a, "no mask in it (token %ld, %s): nothing is to be filled in",
				s->asked.mask,
				tokenizer_piece(
					s->asked.tokenizer, SOURCE, (int32_t)s->asked.mask)));
	else if (target->count && target->count != masks)
		leave_out(s, line, LEFT_MASKS,
			arena_printf(a, "%d token%s behind the tab for %ld mask%s", target->count,
				target->count == 1 ? "" : "s", masks, masks == 1 ? "" : "s"));
}

bool sentences_next(struct sentences *s, struct sentence_line *line, struct arena *a)
{
	size_t length;
	char *source = next_line(s, &length), *target;

	if (!source)
		return false;
	*line = (struct sentence_line){ .number = s->number++, .file = s->name, .line = s->line };
	if (strlen(source) != length) {
		leave_out(s, line, LEFT_NUL, "a NUL byte; is this text?");
		return true;
	}
	target = strchr(source, '\t');
	if (target && !is_blank(source) && strchr(target + 1, '\t')) {
		leave_out(s, line, LEFT_TABS,
			"more than one tab; a line is a source, or a source, a tab and its target");
		return true;
	}
	if (target)
		*target++ = '\0';
	read_sides(s, line, source, target, a);
	if (!line->left_out && s->asked.task == CONTINUE)
		check_continued(s, line, a);
	if (!line->left_out && s->asked.task == FILL && !s->asked.as_it_is)
		check_masks(s, line, a);
	if (line->left_out)
		return true;
	if (!s->asked.as_it_is)
		note_kind(s, target != NULL);
	if (target || s->asked.task == FILL || !s->asked.generates)
		return true;
	if (!s->completes)
		s->asked.check_generation(s->asked.generation);
	s->completes = true;
	if (s->asked.form != FORM_IDS)
		tokenizer_require(s->asked.tokenizer, side_of(s, TARGET));
	return true;
}
