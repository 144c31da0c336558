/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "record/check.h"
#include "show/json.h"
#include "stream/stream.h"

static const char help[] =
	"usage: stream-pack [-qv] [--content content] [-z level] [file ...]\n"
	"Make a stream of JSON lines, such as those of 'stream-show --json'.\n"
	"\n"
	"  {\"type\":\"heads\",\"sentence\":0,\"site\":\"enc-self.0\",\"relevance\":[[0.25,0.75]]}\n"
	"\n"
	"In data records a list of numbers is a float64 tensor, except under 'ids' and 'inputs';\n"
	"{\"tensor\":\"<f4\",\"shape\":[1,2],\"data\":[1,2]} is one of any type, {\"list\":[1,2]} a list.\n"
	"Where no header line begins the stream, one is made.\n"
	"\n"
	"Reads  JSON lines\n"
	"Writes a stream of the content that the header line names\n"
	"  --content content  of a header that is made (default: the first record's type)\n"
	"  -z level           compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v             say less, say more\n"
	"  -h, -V             this help, the version\n"
	"Example:  stream-show --json a.lrp | jq -c '.sentence += 100' | stream-pack >b.lrp\n";

struct pack {
	struct outstream *out;
	const char *content; /* of headers that are made; NULL: the first record's type */
	bool begun, open;    /* a segment has begun; and its end line has not come */
	long records;
	struct draft *draft; /* a header line, to be read back as a record */
	msgpack_zone zone;
	struct arena arena;
};

/* Begin a segment with the header line, NULL: with a header of this content and nothing else. */
static void begin(struct pack *p, json_t *line, const char *content)
{
	struct record r;
	size_t size;

	draft_begin(p->draft, "header");
	if (!json_object_get(line, "format"))
		draft_text(p->draft, "format", "lrpipe");
	if (!json_object_get(line, "version"))
		draft_int(p->draft, "version", 1);
	if (!json_object_get(line, "content") && content)
		draft_text(p->draft, "content", content);
	json_draft_keys(p->draft, line, false);
	const char *bytes = draft_bytes(p->draft, &size);
	msgpack_zone_clear(&p->zone);
	arena_reset(&p->arena);
	record_parse(&r, bytes, size, &p->zone, &p->arena);
	stream_check_header(&r, NULL);
	stream_follow(p->out, &r);
	p->begun = p->open = true;
	p->records = 0;
}

static void end(struct pack *p, json_t *line)
{
	json_t *n = json_object_get(line, "records");

	if (!p->open)
		die("an 'end' line where no segment is open");
	if (n && (!json_is_integer(n) || json_integer_value(n) != p->records))
		die("the 'end' line counts other than the %ld records that came", p->records);
	p->open = false;
}

static void data(struct pack *p, json_t *line, const char *type)
{
	size_t size;

	if (p->begun && !p->open)
		die("a record behind the 'end' line; a header line begins the next segment");
	if (!p->begun)
		begin(p, NULL, p->content ? p->content : type);
	struct draft *d = stream_draft(p->out, type);
	json_draft_keys(d, line, true);
	const void *bytes = draft_bytes(d, &size);
	check_record(bytes, size);
	stream_put(p->out, d);
	p->records++;
}

static void pack_line(struct pack *p, const char *text, size_t length, int fd)
{
	const char *type;
	json_t *line = json_line(text, length, fd, &type);

	if (strcmp(type, "header") == 0)
		begin(p, line, p->content);
	else if (strcmp(type, "end") == 0)
		end(p, line);
	else
		data(p, line, type);
	json_decref(line);
}

static void pack_file(struct pack *p, const char *name)
{
	bool is_stdin = !name || strcmp(name, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(name, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t n;

	if (!f)
		die_errno("cannot open '%s'", name);
	place_source(is_stdin ? "<stdin>" : name);
	for (long line = 1; (n = getline(&text, &room, f)) >= 0; line++) {
		place_record("line", line);
		if (text[strspn(text, " \t\r\n")])
			pack_line(p, text, (size_t)n, fileno(f));
	}
	if (ferror(f))
		die_errno("cannot read");
	place_record("line", 0);
	if (!is_stdin)
		fclose(f);
	free(text);
}

int main(int argc, char **argv)
{
	struct pack p = { .draft = draft_new() };
	const struct option_entry entries[] = { { .name = "content", .text = &p.content }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);

	p.out = stream_create(&o, NULL);
	if (!msgpack_zone_init(&p.zone, MSGPACK_ZONE_CHUNK_SIZE))
		die("out of memory");
	for (int i = 0; i < o.file_count; i++)
		pack_file(&p, o.files[i]);
	if (o.file_count == 0)
		pack_file(&p, NULL);
	if (!p.begun && p.content)
		begin(&p, NULL, p.content);
	if (!p.begun)
		die("no record came; --content CONTENT makes an empty stream");
	stream_finish(p.out);
	return 0;
}
