/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mapped.h"
#include "record/check.h"
#include "stream/frame.h"
#include "show/show.h"
#include "stream/stream.h"
#include "record/text.h"

enum { MAX_KEYS = 64 };

struct outstream {
	const struct options *options;
	const char *content;
	struct frame_writer *frames; /* NULL: text on a terminal */
	struct show show;
	msgpack_zone *zone; /* of the record that is shown */
	struct arena shown; /* the same */
	struct arena arena; /* the header's command line */
	struct draft *draft, *ending;
	bool open;
	long records;
};

struct outstream *stream_create(const struct options *o, const char *content)
{
	struct outstream *out = must_alloc(1, sizeof *out);

	out->options = o;
	out->content = content;
	out->draft = draft_new();
	out->ending = draft_new();
	if (isatty(STDOUT_FILENO)) {
		out->show.to = stdout;
		out->zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);
	} else {
		out->frames = frame_writer_new(STDOUT_FILENO, o->level);
	}
	return out;
}

static void write_text(struct outstream *out, const char *bytes, size_t size)
{
	struct record r;

	msgpack_zone_clear(out->zone);
	arena_reset(&out->shown);
	record_parse(&r, bytes, size, out->zone, &out->shown);
	if (strcmp(r.type, "end") != 0)
		show_record(&out->show, &r);
	if (fflush(stdout))
		die_errno("cannot write to standard output");
}

static void write_draft(struct outstream *out, struct draft *d)
{
	size_t size;
	const char *bytes = draft_bytes(d, &size);

	mapped_check();
	check_record(bytes, size);
	if (out->frames)
		frame_write(out->frames, bytes, size);
	else
		write_text(out, bytes, size);
}

struct draft *stream_draft(struct outstream *out, const char *type)
{
	draft_begin(out->draft, type);
	return out->draft;
}

/* The strings of the history of `from`, and this program's command line. */
static void draft_history(struct outstream *out, const struct record *from)
{
	const msgpack_object *old = from ? record_find(from, "history") : NULL;
	int count = 0;

	if (old)
		count = (int)record_list(from, "history")->via.array.size;
	draft_list(out->draft, "history", count + 1);
	for (int i = 0; i < count; i++)
		draft_text(out->draft, NULL,
			object_text(&old->via.array.ptr[i], "history", from->arena));
	draft_text(out->draft, NULL,
		command_line(out->options->argc, out->options->argv, program_name(), &out->arena));
}

struct draft *stream_header_draft(struct outstream *out, const struct record *from, ...)
{
	const char *names[MAX_KEYS] = { "format", "version", "content", "history" }, *name;
	int count = 4;
	va_list ap;

	va_start(ap, from);
	while ((name = va_arg(ap, const char *)) != NULL) {
		assert(count < MAX_KEYS);
		names[count++] = name;
	}
	va_end(ap);
	arena_reset(&out->arena);
	draft_begin(out->draft, "header");
	draft_text(out->draft, "format", "lrpipe");
	draft_int(out->draft, "version", STREAM_VERSION);
	draft_text(
		out->draft, "content", out->content ? out->content : record_text(from, "content"));
	draft_history(out, from);
	if (from && from->from)
		stream_leave_to(from->from, left_out_put, out);
	if (from)
		draft_pass_except(out->draft, from, names, count);
	return out->draft;
}

/* The end record of the open segment. It is no part of the hash it holds. */
static void end_segment_out(struct outstream *out)
{
	struct draft *d = out->ending;
	char hash[FRAME_HASH_DIGITS + 1];

	draft_begin(d, "end");
	draft_int(d, "records", out->records);
	if (out->frames) {
		frame_hash_text(hash, frame_hash_end(out->frames));
		draft_text(d, "hash", hash);
	}
	write_draft(out, d);
	if (out->frames)
		frame_hash_end(out->frames);
	out->open = false;
}

void stream_begin(struct outstream *out, struct draft *d)
{
	if (out->open)
		end_segment_out(out);
	write_draft(out, d);
	out->open = true;
	out->records = 0;
}

void stream_put(struct outstream *out, struct draft *d)
{
	assert(out->open);
	write_draft(out, d);
	out->records++;
}

void left_out_put(struct outstream *out, long sentence, const char *reason)
{
	struct draft *d = stream_draft(out, LEFT_OUT);

	draft_int(d, "sentence", sentence);
	draft_text(d, "reason", reason);
	stream_put(out, d);
}

bool stream_follow(struct outstream *out, const struct record *r)
{
	if (!r->is_header)
		return false;
	stream_begin(out, stream_header_draft(out, r, NULL));
	return true;
}

void stream_finish(struct outstream *out)
{
	assert(out->open);
	end_segment_out(out);
	place_source(NULL);
	if (fflush(stdout) || close(STDOUT_FILENO))
		die_errno("cannot write to standard output");
}
