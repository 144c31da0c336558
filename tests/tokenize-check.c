/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "model/open.h"
#include "token/tokenizer.h"

/*
 * What the tokenizer makes of each line of standard input:
 *
 *   tokenize-check directory source|target text|pieces|ids|join
 *
 * writes the ids, a tab, and the pieces; with `join` the text of the ids.
 */
typedef struct encoded tokenize(
	struct tokenizer *t, enum side side, enum place place, struct piece text, struct arena *a);

static tokenize *choose(const char *form)
{
	if (!strcmp(form, "text"))
		return tokenizer_encode;
	return strcmp(form, "pieces") ? tokenizer_ids : tokenizer_pieces;
}

static void print(const struct tokens *list)
{
	for (int i = 0; i < list->count; i++)
		printf(i ? " %d" : "%d", (int)list->ids[i]);
	for (int i = 0; i < list->count; i++)
		printf("%c%s", i ? ' ' : '\t', list->pieces[i]);
	putchar('\n');
}

/* Of a line of ids: their text. */
static void print_text(
	struct tokenizer *t, enum side side, const struct tokens *list, struct arena *a)
{
	const char *text = tokenizer_text(t, side, list->ids, list->count, a);

	puts(text ? text : "(unknown)");
}

int main(int argc, char **argv)
{
	struct arena arena = { 0 };
	char line[65536];

	place_program(argv[0]);
	if (argc != 4)
		die_usage("directory, side and form are needed");
	enum side side = strcmp(argv[2], "target") ? SOURCE : TARGET;
	struct tokenizer *t = model_tokenizer(shape_read(argv[1]), TRANSLATE);

	for (long n = 1; fgets(line, sizeof line, stdin); n++) {
		place_record("line", n);
		line[strcspn(line, "\n")] = '\0';
		arena_reset(&arena);
		struct encoded list = choose(argv[3])(t, side, BEGINS, piece_of(line), &arena);
		if (list.unfit)
			die("%s", list.why);
		if (strcmp(argv[3], "join"))
			print(&list.tokens);
		else
			print_text(t, side, &list.tokens, &arena);
	}
	return 0;
}
