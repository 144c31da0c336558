/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/failure.h"

#include <msgpack/pack.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"
#include "base/utf8.h"
#include "stream/frame.h"
#include "stream/stream.h"

enum { PROGRAM = 200, MESSAGE = 2000 }; /* bytes; longer ones of others are cut */

struct bytes {
	size_t size;
	char data[FRAME_LAST];
};

static int append(void *context, const char *data, size_t size)
{
	struct bytes *b = context;

	if (size > sizeof b->data - b->size)
		return -1;
	memcpy(b->data + b->size, data, size);
	b->size += size;
	return 0;
}

/* At most `most` bytes of the text, and no part of a character. */
static void pack_text(msgpack_packer *p, const char *text, size_t most)
{
	size_t size = strlen(text), end = 0, n;

	while (end < size && (n = utf8_char(text + end, size - end)) && end + n <= most)
		end += n;
	msgpack_pack_str(p, end);
	msgpack_pack_str_body(p, text, end);
}

static void pack_entry(msgpack_packer *p, const char *key, const char *value, size_t most)
{
	pack_text(p, key, most);
	pack_text(p, value, most);
}

bool failure_in_pipe(int fd)
{
	struct stat s;

	return fstat(fd, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode));
}

static bool in_file(int fd)
{
	struct stat s;

	return fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
}

static void write_failed(const char *program, const char *message)
{
	struct bytes b = { .size = 0 };
	msgpack_packer p;
	bool pipe = failure_in_pipe(STDOUT_FILENO);

	if (frame_output() == FRAMES_BROKEN)
		return;
	if (!pipe && !(in_file(STDOUT_FILENO) && frame_output() == FRAMES_WHOLE))
		return;
	msgpack_packer_init(&p, &b, append);
	msgpack_pack_map(&p, pipe ? 3 : 4);
	pack_entry(&p, "type", "failed", PROGRAM);
	pack_entry(&p, "program", program, PROGRAM);
	pack_entry(&p, "message", message, MESSAGE);
	if (!pipe) {
		pack_text(&p, "stored", PROGRAM);
		msgpack_pack_true(&p);
	}
	signal(SIGPIPE, SIG_IGN); /* where nobody reads any more, the status is still ours */
	frame_write_last(STDOUT_FILENO, b.data, b.size);
}

void failure_watch(void)
{
	die_last_words(write_failed);
}

void failure_pass_on(const char *program, const char *message, bool stored, int fd)
{
	if (!stored && failure_in_pipe(fd))
		die_silently(program, message);
	place_record("record", 0);
	die("%s failed: %s", program, message);
}

struct options stream_options(
	int argc, char **argv, const struct option_entry *entries, int max_files, const char *help)
{
	failure_watch();
	return options_parse(argc, argv, entries, max_files, help);
}
