/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/compared_side.h"

#include <string.h>

#include "base/die.h"
#include "record/pruned.h"
#include "stat/agree.h"
#include "stream/stream.h"

struct record compared_record(struct draft *d)
{
	size_t size;
	const void *bytes = draft_bytes(d, &size);
	char *copy = must_alloc(size, 1);
	msgpack_zone *zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);
	struct record r;

	if (!zone)
		die("out of memory");
	memcpy(copy, bytes, size);
	record_parse(&r, copy, size, zone, must_alloc(1, sizeof(struct arena)));
	return r;
}

static void take_header(struct compared_side *s, struct agree *agree, const struct record *r)
{
	bool sentences = strcmp(record_text(r, "content"), "heads") == 0;

	averages_check_header(r);
	averages_close(&s->all);
	s->all.segment++;
	agree_check(agree, r);
	left_out_add_header(&s->left_out, r);
	if (agree->headers > 1) {
		if (sentences != s->has_sentences)
			die("heads and averages in one stream; average the heads first");
		return;
	}
	struct draft *d = draft_new();

	draft_begin(d, "header");
	draft_pass(d, r, NULL);
	s->header = compared_record(d);
	s->pruned = pruned_heads(&s->header);
	s->has_sentences = s->all.keep = sentences;
}

static void take_record(struct compared_side *s, const struct record *r)
{
	bool heads = strcmp(r->type, "heads") == 0;

	if (strcmp(r->type, LEFT_OUT) == 0)
		left_out_add(&s->left_out, r);
	else if (heads != s->has_sentences)
		die("a record of the type '%s' in a stream of the content '%s'", r->type,
			record_text(&s->header, "content"));
	else if (heads)
		averages_add_heads(&s->all, r);
	else
		averages_add_average(&s->all, r);
}

struct compared_side *compared_read(const char *file)
{
	struct compared_side *s = must_alloc(1, sizeof *s);
	struct instream *in = stream_open_file(file, "heads average");
	struct agree agree = { .headers = 0 };
	struct record r;

	s->file = strcmp(file, "-") ? file : "<stdin>";
	stream_takes_left_out(in);
	while (stream_next(in, &r))
		if (r.is_header)
			take_header(s, &agree, &r);
		else
			take_record(s, &r);
	averages_close(&s->all);
	averages_sort(&s->all);
	stream_close(in);
	if (!s->all.count)
		die("%s: no heads came in", s->file);
	return s;
}
