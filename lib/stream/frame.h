/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_FRAME_H
#define LRP_STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One record = one zstd frame with its content size and checksum. Read and written with read(2)
 * and write(2), a record at a time, so that nothing waits in a buffer for more to come.
 */

/* Memory for the content of frames, kept and grown from one to the next. */
struct frame_buffer {
	char *data;
	size_t size, room;
};

/* The most bytes a record may have: LRPIPE_MAX_RECORD of the environment, 1 GiB by default. */
size_t frame_limit(void);

struct frame_reader;
struct frame_reader *frame_reader_new(void);
void frame_reader_free(struct frame_reader *r);

/* Read from `fd` from now on, which is at the beginning of a stream. */
void frame_source(struct frame_reader *r, int fd);

/* The next frame's content; false at the end of the file. Dies on anything but a whole frame. */
bool frame_read(struct frame_reader *r, struct frame_buffer *b);

/* The hash (XXH3, 64 bits) of the compressed bytes since frame_hash_begin(), up to the last frame
 * but one: what an end record says of the frames before it. */
uint64_t frame_hash_before(const struct frame_reader *r);
void frame_hash_begin(struct frame_reader *r);

/* A hash as an end record has it. */
enum { FRAME_HASH_DIGITS = 16 };
void frame_hash_text(char text[FRAME_HASH_DIGITS + 1], uint64_t hash);

struct frame_writer;
struct frame_writer *frame_writer_new(int fd, int level);

/* One frame, with one write(2) where the system takes it whole; dies where it does not. */
void frame_write(struct frame_writer *w, const void *data, size_t size);

/*
 * One frame without compression. It takes no memory, does not die and is the last one: for what a
 * program says when it fails. At most FRAME_LAST bytes.
 */
enum { FRAME_LAST = 4096 };
void frame_write_last(int fd, const char *data, size_t size);

/* What was written by frame_write() so far: nothing, whole frames, or a part of one behind them. */
enum frame_output { FRAMES_NONE, FRAMES_WHOLE, FRAMES_BROKEN };
enum frame_output frame_output(void);

/* The hash of what was written since the beginning or the last call of this function. */
uint64_t frame_hash_end(struct frame_writer *w);

#endif
