/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "show/compare.h"
#include "show/show.h"
#include "stat/left_out_counts.h"
#include "stream/stream.h"
#include "record/text.h"

static const char help[] =
	"usage: stream-diff [-qv] [-k key[,key...]] [--tolerance x] stream stream\n"
	"Tell whether two streams hold the same records.\n"
	"\n"
	"  |a[i] - b[i]| <= x * max_j |b[j]|    for each tensor a, b and each number\n"
	"\n"
	"Contents and data records are compared in their order, wherever segments are cut. Where\n"
	"they came from ('history', 'checkpoint') does not count. Of the headers of averages the lines\n"
	"that were left out count, added up.\n"
	"\n"
	"Reads  any two streams, one of them may be '-'\n"
	"Writes the first difference; exits 0: the same, 1: different, 2: trouble\n"
	"  -k key[,key]   compare only these keys of data records, or nodes of a trace\n"
	"  --tolerance x  0 (default): the same numbers\n"
	"  -q             say nothing, exit only\n"
	"  -v             say also what is the same\n"
	"  -h, -V         this help, the version\n"
	"Example:  stream-diff --tolerance 1e-6 want.lrp got.lrp\n";

enum { SAME, DIFFERENT, TROUBLE };

struct diff {
	struct comparison c;
	const char **keys; /* NULL: all */
	bool *seen;	   /* some record had the key */
	int key_count;
};

/* Only the keys asked for. */
static bool same_keys(struct diff *d, const struct record *a, const struct record *b)
{
	for (int i = 0; i < d->key_count; i++) {
		const msgpack_object *x = show_find(a, d->keys[i]), *y = show_find(b, d->keys[i]);

		d->seen[i] |= x || y;
		if (!x != !y) {
			snprintf(d->c.text, sizeof d->c.text,
				"has the key '%s' in the %s stream only", d->keys[i],
				x ? "first" : "second");
			return false;
		}
		if (x && !compare_objects(&d->c, d->keys[i], x, y))
			return false;
	}
	return true;
}

static bool same_records(struct diff *d, const struct record *a, const struct record *b)
{
	if (d->key_count)
		return same_keys(d, a, b);
	return compare_objects(&d->c, "", &a->map, &b->map);
}

/* The next data record; a header on the way sets *content, and its counts are added up. */
static bool next(struct instream *in, struct record *r, const char **content,
	struct left_out_counts *left_out)
{
	while (stream_next(in, r)) {
		if (!r->is_header)
			return true;
		*content = record_text(r, "content");
		left_out_add_header(left_out, r);
	}
	return false;
}

static int say(const struct options *o, const char *text)
{
	if (!o->quiet) {
		put_plain(stdout, text, strlen(text));
		putchar('\n');
	}
	return DIFFERENT;
}

static int compare_streams(struct diff *d, const struct options *o)
{
	struct instream *a = stream_open_file(o->files[0], NULL);
	struct instream *b = stream_open_file(o->files[1], NULL);
	const char *content_a = "", *content_b = "";
	struct record r, s;
	struct left_out_counts left_a = { .count = 0 }, left_b = { .count = 0 };
	struct arena text = { 0 };
	long n = 0;

	for (;; n++) {
		bool more_a = next(a, &r, &content_a, &left_a),
		     more_b = next(b, &s, &content_b, &left_b);

		if (strcmp(content_a, content_b) != 0)
			return say(o, arena_printf(&text, "contents are '%s' and '%s'", content_a,
					      content_b));
		if (more_a != more_b)
			return say(o, arena_printf(&text, "%s ends after %ld data records",
					      o->files[more_a], n));
		if (!more_a)
			break;
		if (!same_records(d, &r, &s))
			return say(o, arena_printf(&text, "data record %ld: %s", n + 1, d->c.text));
	}
	if (!d->key_count && !left_out_same(&left_a, &left_b))
		return say(o, "the headers count other lines that were left out ('left_out')");
	place_source(NULL);
	for (int i = 0; i < d->key_count; i++)
		if (!d->seen[i])
			die("no record has the key '%s'", d->keys[i]);
	if (o->verbose)
		say(o, arena_printf(&text, "%ld data records are the same", n));
	return SAME;
}

int main(int argc, char **argv)
{
	struct diff d = { .keys = NULL };
	const char *keys = NULL;
	const struct option_entry entries[] = {
		{ .letter = 'k', .text = &keys },
		{ .letter = 't', .name = "tolerance", .real = &d.c.tolerance },
		{ 0 },
	};

	die_status(TROUBLE);
	struct options o = options_parse(argc, argv, entries, 2, help);

	if (o.file_count != 2)
		die_usage("two streams are needed");
	if (strcmp(o.files[0], "-") == 0 && strcmp(o.files[1], "-") == 0)
		die_usage("only one of the streams can be standard input");
	if (d.c.tolerance < 0)
		die_usage("the tolerance is at least 0");
	if (keys)
		d.keys = split_keys(keys, &d.key_count);
	d.seen = must_alloc((size_t)d.key_count, sizeof *d.seen);
	int verdict = compare_streams(&d, &o);
	if (fflush(stdout))
		die_errno("cannot write to standard output");
	return verdict;
}
