/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/options.h"
#include "base/utf8.h"
#include "model/home.h"
#include "model/open.h"
#include "show/json.h"
#include "token/json_line.h"

static const char help[] =
	"usage: text-pieces [-q] [-m DIR] [--pieces | --ids | --decode] [--target] [--json] [file ...]\n"
	"Show what a model's tokenizer makes of text: a line in, a line out.\n"
	"\n"
	"  with the special tokens that the model's own pipeline adds; text is decoded without them\n"
	"\n"
	"Reads  text, a line at a time; with --decode token ids separated by spaces\n"
	"Writes text: a line for each\n"
	"  -m DIR     the model's directory, or a GGUF file (default $LRPIPE_MODEL, else the built-in\n"
	"             model); the tokenizer's files are enough\n"
	"  --pieces   tokens, separated by spaces (default)\n"
	"  --ids      their ids\n"
	"  --decode   the text of ids\n"
	"  --target   as the target of a model that has two sides\n"
	"  --json     a line is a JSON string (with --decode a list of ids), so that it can hold\n"
	"             newlines; the answer: {\"ids\": [...], \"pieces\": [...], \"text\": \"...\"}\n"
	"  -q         no warnings\n"
	"  -h, -V     this help, the version\n"
	"Example:  echo 'How are you?' | text-pieces -m opus-mt-en-de\n";

struct asked {
	struct tokenizer *tokenizer;
	enum side side;
	bool ids, decode, json;
	struct arena arena; /* a line's */
};

static void print_json(const struct encoded *e, struct piece text)
{
	fputs("{\"ids\": [", stdout);
	for (int i = 0; i < e->tokens.count; i++)
		printf(i ? ", %d" : "%d", (int)e->tokens.ids[i]);
	fputs("], \"pieces\": [", stdout);
	for (int i = 0; i < e->tokens.count; i++) {
		fputs(i ? ", " : "", stdout);
		json_put_text(stdout, e->tokens.pieces[i], e->lengths[i]);
	}
	fputs("], \"text\": ", stdout);
	json_put_text(stdout, text.text, text.length);
	puts("}");
}

static void print_tokens(const struct asked *q, const struct encoded *e)
{
	for (int i = 0; i < e->tokens.count; i++) {
		if (i)
			putchar(' ');
		if (q->ids)
			printf("%d", (int)e->tokens.ids[i]);
		else
			put_plain(stdout, e->tokens.pieces[i], e->lengths[i]);
	}
	putchar('\n');
}

static void answer(struct asked *q, const char *line, size_t length)
{
	struct tokenizer *t = q->tokenizer;
	struct piece given = { line, length };

	arena_reset(&q->arena);
	if (q->json)
		given = (q->decode ? json_line_ids : json_line_text)(line, length, &q->arena);

	struct encoded e = (q->decode ? tokenizer_ids : tokenizer_encode)(
		t, q->side, BEGINS, given, &q->arena);

	if (e.unfit)
		die("%s", e.why);
	if (!q->json && !q->decode) {
		print_tokens(q, &e);
		return;
	}
	struct piece text = tokenizer_decode(t, q->side, e.tokens.ids, e.tokens.count, &q->arena);

	if (q->json) {
		print_json(&e, text);
		return;
	}
	put_plain(stdout, text.text, text.length);
	putchar('\n');
}

static void answer_file(struct asked *q, const char *name)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "r") : stdin;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	place_source(f == stdin ? "<stdin>" : name);
	if (!f)
		die_errno("cannot open");
	for (long number = 1; (n = getline(&line, &room, f)) >= 0; number++) {
		place_record("line", number);
		if (n && line[n - 1] == '\n')
			line[--n] = '\0';
		answer(q, line, (size_t)n);
	}
	if (ferror(f))
		die_errno("cannot read");
	free(line);
	if (f != stdin)
		fclose(f);
}

int main(int argc, char **argv)
{
	const char *directory = NULL;
	bool pieces = false, target = false;
	struct asked q = { 0 };
	const struct option_entry entries[] = { { .letter = 'm', .text = &directory },
		{ .name = "pieces", .flag = &pieces }, { .name = "ids", .flag = &q.ids },
		{ .name = "decode", .flag = &q.decode }, { .name = "target", .flag = &target },
		{ .name = "json", .flag = &q.json }, { 0 } };
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);
	static const char *const standard_input[] = { "-" };
	struct arena arena = { 0 };

	if (pieces + q.ids + q.decode > 1)
		die_usage("one of --pieces, --ids and --decode");
	q.side = target ? TARGET : SOURCE;
	q.tokenizer = tokenizer_alone(model_home(directory, &arena));
	tokenizer_require(q.tokenizer, q.side);
	for (int i = 0; i < (o.file_count ? o.file_count : 1); i++)
		answer_file(&q, (o.file_count ? o.files : standard_input)[i]);
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
	return 0;
}
