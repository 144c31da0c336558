/* SPDX-License-Identifier: Apache-2.0 */
#define ZSTD_STATIC_LINKING_ONLY /* frame header, stable output buffer: one copy less */
#include "stream/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/die.h"

enum { INPUT = 1 << 17, WINDOW_LOG_MAX = 31, DESCRIPTOR = 4 };

size_t frame_limit(void)
{
	const char *text = getenv("LRPIPE_MAX_RECORD");
	char *end;

	if (!text || !*text)
		return (size_t)1 << 30;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n == 0 || n > 1ULL << WINDOW_LOG_MAX)
		die("LRPIPE_MAX_RECORD must be a number of bytes up to 2147483648, not '%s'", text);
	return (size_t)n;
}

struct frame_reader {
	int fd;
	bool at_start;
	ZSTD_DCtx *zstd;
	XXH3_state_t *hash;
	uint64_t before;
	size_t limit, begin, end;
	char input[INPUT];
};

struct frame_reader *frame_reader_new(void)
{
	struct frame_reader *r = must_alloc(1, sizeof *r);

	r->zstd = ZSTD_createDCtx();
	r->hash = XXH3_createState();
	if (!r->zstd || !r->hash)
		die("out of memory");
	ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_stableOutBuffer, 1);
	r->limit = frame_limit();
	frame_hash_begin(r);
	return r;
}

void frame_reader_free(struct frame_reader *r)
{
	ZSTD_freeDCtx(r->zstd);
	XXH3_freeState(r->hash);
	free(r);
}

void frame_source(struct frame_reader *r, int fd)
{
	r->fd = fd;
	r->at_start = true;
	r->begin = r->end = 0;
	frame_hash_begin(r);
}

void frame_hash_begin(struct frame_reader *r)
{
	XXH3_64bits_reset(r->hash);
}

uint64_t frame_hash_before(const struct frame_reader *r)
{
	return r->before;
}

void frame_hash_text(char text[FRAME_HASH_DIGITS + 1], uint64_t hash)
{
	snprintf(text, FRAME_HASH_DIGITS + 1, "%016llx", (unsigned long long)hash);
}

/* More input behind what is left; false at the end of the file. */
static bool fill(struct frame_reader *r)
{
	ssize_t n;

	memmove(r->input, r->input + r->begin, r->end - r->begin);
	r->end -= r->begin;
	r->begin = 0;
	do
		n = read(r->fd, r->input + r->end, INPUT - r->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		die_errno("cannot read");
	r->end += (size_t)n;
	return n > 0;
}

static _Noreturn void die_cut(void)
{
	die("cut off inside a record: the program before it failed or was stopped, or the file is "
	    "not whole");
}

static _Noreturn void die_no_frame(const struct frame_reader *r)
{
	if (r->at_start)
		die("not an lrpipe stream (no zstd frame)");
	die("damaged: no zstd frame where a record should begin");
}

/*
 * The descriptor's bits: 7-6 content size, 5 single segment, 4 unused, 3 reserved, 2 checksum,
 * 1-0 dictionary. zstd ignores the unused one; here each flipped bit is an error.
 */
static void check_header(const struct frame_reader *r, const ZSTD_frameHeader *h)
{
	unsigned char descriptor = (unsigned char)r->input[r->begin + DESCRIPTOR];

	if (h->frameType != ZSTD_frame)
		die_no_frame(r);
	if (h->frameContentSize == ZSTD_CONTENTSIZE_UNKNOWN || h->frameContentSize == 0)
		die("a zstd frame without its content size");
	if (!h->checksumFlag)
		die("a zstd frame without a checksum");
	if (descriptor & 0x1b)
		die("a zstd frame with a dictionary or unknown flags");
	if (h->frameContentSize > r->limit)
		die("a record of %llu bytes, more than the limit of %zu; LRPIPE_MAX_RECORD raises "
		    "it",
			h->frameContentSize, r->limit);
}

/* The size of the next frame's content; 0 at the end of the file. */
static size_t read_header(struct frame_reader *r)
{
	ZSTD_frameHeader h;
	size_t more = ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1);

	do {
		while (r->end - r->begin < more)
			if (!fill(r)) {
				if (r->end == r->begin)
					return 0;
				die_cut();
			}
		more = ZSTD_getFrameHeader(&h, r->input + r->begin, r->end - r->begin);
		if (ZSTD_isError(more))
			die_no_frame(r);
	} while (more);
	check_header(r, &h);
	return (size_t)h.frameContentSize;
}

/* Memory that malloc has given but nobody has touched costs nothing: a size alone takes none. */
static void make_room(struct frame_buffer *b, size_t size)
{
	if (size > b->room) {
		free(b->data);
		b->data = malloc(size);
		if (!b->data)
			die("out of memory: a record of %zu bytes", size);
		b->room = size;
	}
	b->size = size;
}

bool frame_read(struct frame_reader *r, struct frame_buffer *b)
{
	size_t size = read_header(r), left;

	if (size == 0)
		return false;
	make_room(b, size);
	r->before = XXH3_64bits_digest(r->hash);
	ZSTD_DCtx_reset(r->zstd, ZSTD_reset_session_only);
	ZSTD_outBuffer out = { b->data, size, 0 };
	do {
		if (r->begin == r->end && !fill(r))
			die_cut();
		ZSTD_inBuffer in = { r->input + r->begin, r->end - r->begin, 0 };
		left = ZSTD_decompressStream(r->zstd, &out, &in);
		if (ZSTD_isError(left))
			die("damaged record (%s)", ZSTD_getErrorName(left));
		XXH3_64bits_update(r->hash, in.src, in.pos);
		r->begin += in.pos;
	} while (left);
	if (out.pos != size)
		die("damaged record (%zu bytes instead of %zu)", out.pos, size);
	r->at_start = false;
	return true;
}

/* Of the process: a program writes one stream. Whoever dies asks, at any point. */
static enum frame_output output = FRAMES_NONE;

enum frame_output frame_output(void)
{
	return output;
}

struct frame_writer {
	int fd;
	ZSTD_CCtx *zstd;
	XXH3_state_t *hash;
	char *buffer;
	size_t room, limit;
};

struct frame_writer *frame_writer_new(int fd, int level)
{
	struct frame_writer *w = must_alloc(1, sizeof *w);

	w->fd = fd;
	w->limit = frame_limit();
	w->zstd = ZSTD_createCCtx();
	w->hash = XXH3_createState();
	if (!w->zstd || !w->hash)
		die("out of memory");
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_contentSizeFlag, 1);
	XXH3_64bits_reset(w->hash);
	return w;
}

static void write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			place_source(NULL);
			die_errno("cannot write to standard output");
		}
		data += n;
		size -= (size_t)n;
	}
}

/* A window as large as the record makes the frame a single segment: no window byte, in which a
 * flipped bit would go unseen. */
static int window_log(size_t size)
{
	int log = 10;

	while (log < WINDOW_LOG_MAX && (size_t)1 << log < size)
		log++;
	return log;
}

void frame_write(struct frame_writer *w, const void *data, size_t size)
{
	size_t bound = ZSTD_compressBound(size);

	if (size > w->limit)
		die("a record of %zu bytes, more than the limit of %zu; LRPIPE_MAX_RECORD raises "
		    "it",
			size, w->limit);
	if (bound > w->room) {
		free(w->buffer);
		w->buffer = must_alloc(bound, 1);
		w->room = bound;
	}
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_windowLog, window_log(size));
	size_t n = ZSTD_compress2(w->zstd, w->buffer, w->room, data, size);
	if (ZSTD_isError(n))
		die("cannot compress a record: %s", ZSTD_getErrorName(n));
	XXH3_64bits_update(w->hash, w->buffer, n);
	output = FRAMES_BROKEN;
	write_all(w->fd, w->buffer, n);
	output = FRAMES_WHOLE;
}

static char *put_little_endian(char *to, uint64_t x, int bytes)
{
	for (int i = 0; i < bytes; i++, x >>= 8)
		*to++ = (char)(x & 0xff);
	return to;
}

/* Magic number; descriptor: single segment, size in 4 bytes, checksum; one raw block; checksum. */
void frame_write_last(int fd, const char *data, size_t size)
{
	char frame[FRAME_LAST + 32], *p = frame;

	if (size > FRAME_LAST)
		return;
	p = put_little_endian(p, ZSTD_MAGICNUMBER, 4);
	p = put_little_endian(p, 0xa4, 1);
	p = put_little_endian(p, size, 4);
	p = put_little_endian(p, size << 3 | 1, 3);
	memcpy(p, data, size);
	p = put_little_endian(p + size, XXH64(data, size, 0), 4);
	for (const char *from = frame; from < p;) {
		ssize_t n = write(fd, from, (size_t)(p - from));

		if (n < 0 && errno != EINTR)
			return;
		from += n > 0 ? n : 0;
	}
}

uint64_t frame_hash_end(struct frame_writer *w)
{
	uint64_t hash = XXH3_64bits_digest(w->hash);

	XXH3_64bits_reset(w->hash);
	return hash;
}
