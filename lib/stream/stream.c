/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "stream/failure.h"
#include "stream/frame.h"
#include "record/text.h"

/* The memory of one record. */
struct record_slot {
	struct frame_buffer bytes;
	msgpack_zone *zone;
	struct arena arena;
	struct record record;
};

/* Two slots change places when a header comes, so that it outlives the data records after it. */
struct instream {
	const char *const *files;
	int file_count, next_file;
	const char *source;
	int fd; /* -1: none is open */
	const char *contents;
	struct frame_reader *frames;
	struct record_slot slots[2], *header, *data;
	bool in_segment, takes_left_out;
	struct outstream *heir;	       /* what is made from this stream; NULL: nothing yet */
	left_out_writer *leave;	       /* writes to it */
	long records, segment_records; /* of this source; data records of this segment */
};

static bool is_stdin(const char *file)
{
	return !file || strcmp(file, "-") == 0;
}

static struct instream *open_files(const char *const *files, int count, const char *contents)
{
	struct instream *in = must_alloc(1, sizeof *in);

	in->files = files;
	in->file_count = count;
	in->contents = contents;
	in->fd = -1;
	in->header = &in->slots[0];
	in->data = &in->slots[1];
	for (int i = 0; i < 2; i++) {
		in->slots[i].zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);
		if (!in->slots[i].zone)
			die("out of memory");
	}
	for (int i = 0; i < count; i++)
		if (!is_stdin(files[i]) && access(files[i], R_OK))
			die_errno("cannot open '%s'", files[i]);
	in->frames = frame_reader_new();
	return in;
}

struct instream *stream_open_file(const char *file, const char *contents)
{
	const char **files = must_alloc(1, sizeof *files);

	*files = file;
	return open_files(files, 1, contents);
}

struct instream *stream_open(const struct options *o, const char *contents)
{
	if (o->file_count == 0)
		return stream_open_file(NULL, contents);
	return open_files(o->files, o->file_count, contents);
}

void stream_close(struct instream *in)
{
	for (int i = 0; i < 2; i++) {
		free(in->slots[i].bytes.data);
		msgpack_zone_free(in->slots[i].zone);
		arena_free(&in->slots[i].arena);
	}
	frame_reader_free(in->frames);
	free((void *)in->files);
	free(in);
	place_source(NULL);
}

const struct record *stream_header(const struct instream *in)
{
	return &in->header->record;
}

static void open_next(struct instream *in)
{
	const char *file = in->files[in->next_file++];

	in->source = is_stdin(file) ? "<stdin>" : file;
	place_source(in->source);
	in->fd = is_stdin(file) ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		die_errno("cannot open it");
	if (isatty(in->fd))
		die("a terminal is no stream; name a file or put a program before this one");
	frame_source(in->frames, in->fd);
	in->records = 0;
}

/* The end of a file: it must be the end of a segment too. */
static void close_file(struct instream *in)
{
	place_record("record", 0);
	if (in->records == 0)
		die("empty: no stream came in; look at the program before it");
	if (in->in_segment)
		die("the stream ends without its end record: the program before it failed or was "
		    "stopped");
	if (in->fd != STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
}

/* The next record of any type into the data slot; false at the end of the last file. */
static bool read_record(struct instream *in)
{
	struct record_slot *s = in->data;

	for (;;) {
		if (in->fd < 0) {
			if (in->next_file == in->file_count)
				return false;
			open_next(in);
		}
		place_source(in->source);
		place_record("record", in->records + 1);
		msgpack_zone_clear(s->zone);
		arena_reset(&s->arena);
		if (frame_read(in->frames, &s->bytes))
			break;
		close_file(in);
	}
	record_parse(&s->record, s->bytes.data, s->bytes.size, s->zone, &s->arena);
	in->records++;
	return true;
}

void stream_check_header(const struct record *r, const char *contents)
{
	if (strcmp(record_text(r, "format"), "lrpipe") != 0)
		die("a stream of the format '%s', not 'lrpipe'", record_text(r, "format"));
	if (record_int(r, "version") != STREAM_VERSION)
		die("a stream of version %ld; this %s reads version %d", record_int(r, "version"),
			program_name(), STREAM_VERSION);
	const char *content = record_text(r, "content");
	if (contents && !word_among(contents, content))
		die("this is a '%s' stream; %s takes %s", content, program_name(),
			word_alternatives(contents, r->arena));
}

static void begin_segment(struct instream *in)
{
	struct record_slot *s = in->data;

	if (in->in_segment)
		die("a header before the end record of the segment before it: a program that wrote "
		    "it failed or was stopped");
	stream_check_header(&s->record, in->contents);
	s->record.from = in;
	in->data = in->header;
	in->header = s;
	in->in_segment = true;
	in->segment_records = 0;
}

static void end_segment(struct instream *in)
{
	const struct record *r = &in->data->record;
	char hash[FRAME_HASH_DIGITS + 1];

	if (record_int(r, "records") != in->segment_records)
		die("the end record counts %ld records, but %ld came", record_int(r, "records"),
			in->segment_records);
	frame_hash_text(hash, frame_hash_before(in->frames));
	if (record_has(r, "hash") && strcmp(record_text(r, "hash"), hash) != 0)
		die("damaged: the hash of the records is %s, the end record says %s", hash,
			record_text(r, "hash"));
	frame_hash_begin(in->frames);
	in->in_segment = false;
}

void stream_leave_to(struct instream *in, left_out_writer *leave, struct outstream *heir)
{
	in->leave = leave;
	in->heir = heir;
}

void stream_takes_left_out(struct instream *in)
{
	in->takes_left_out = true;
}

bool stream_next(struct instream *in, struct record *r)
{
	while (read_record(in)) {
		const struct record *new = &in->data->record;

		if (strcmp(new->type, "failed") == 0)
			failure_pass_on(record_text(new, "program"), record_text(new, "message"),
				record_has(new, "stored"), in->fd);
		if (new->is_header) {
			begin_segment(in);
			*r = in->header->record;
			return true;
		}
		if (!in->in_segment)
			die("a '%s' record where a header should begin the stream or segment",
				new->type);
		if (strcmp(new->type, "end") == 0) {
			end_segment(in);
			continue;
		}
		in->segment_records++;
		bool left_out = strcmp(new->type, LEFT_OUT) == 0;
		if (!in->contents || word_among(in->contents, new->type) ||
			(left_out && in->takes_left_out)) {
			*r = *new;
			return true;
		}
		if (left_out && in->heir)
			in->leave(
				in->heir, record_int(new, "sentence"), record_text(new, "reason"));
	}
	return false;
}
