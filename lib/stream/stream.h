/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_STREAM_H
#define LRP_STREAM_STREAM_H

#include <stdbool.h>

#include "base/options.h"
#include "record/draft.h"
#include "record/record.h"

/* FORMAT.md is the specification of what these functions read and write. */
enum { STREAM_VERSION = 1 };

/*
 * options_parse() for programs whose standard output is a stream: from here on the stream of a
 * program that dies ends with a record that says so (stream/failure.h).
 */
struct options stream_options(
	int argc, char **argv, const struct option_entry *entries, int max_files, const char *help);

struct outstream;
struct instream;

/*
 * Read the operands of the command line one after another, or standard input. `contents` are the
 * contents the program takes, separated by spaces ("heads average"); another one is an error that
 * names both. NULL: all.
 */
struct instream *stream_open(const struct options *o, const char *contents);
/* The same for one file; NULL or "-": standard input. */
struct instream *stream_open_file(const char *file, const char *contents);

/*
 * The next header or data record. False only after the end record of the last segment was read and
 * verified and nothing follows; anything else dies, without a message where a program before this
 * one in the pipeline has failed and said so. Types of data records that are not among
 * `contents` are skipped; of them, records of lines that were left out go on to the stream whose
 * header was made from this one's. Every segment gives its header first (r->is_header), so a
 * program sees empty segments too.
 */
bool stream_next(struct instream *in, struct record *r);

/* The type of a record that stands in the place of an input line that was left out. */
#define LEFT_OUT "skipped"

/* Let stream_next() give the records of lines that were left out, too. */
void stream_takes_left_out(struct instream *in);

/* Writes one: the number of the line, as `sentence`, and the reason. */
typedef void left_out_writer(struct outstream *out, long sentence, const char *reason);
left_out_writer left_out_put;

/* Records of lines that were left out go on to this stream from now on. */
void stream_leave_to(struct instream *in, left_out_writer *leave, struct outstream *heir);

/* Give the memory of a stream of stream_open_file() back, its records too. */
void stream_close(struct instream *in);

/* What stream_next() demands of a header; dies where it is another format, version or content. */
void stream_check_header(const struct record *header, const char *contents);

/* The header of the segment that is read now. */
const struct record *stream_header(const struct instream *in);

/*
 * Write records of `content` (NULL: of the content that the header names) to standard output:
 * binary in a pipe or file, text on a terminal. The history of the headers gets the command line
 * appended.
 */
struct outstream *stream_create(const struct options *o, const char *content);

/* The draft of this stream, begun: a data record, or a header made from another (NULL: from none)
 * with all its keys but those named (list ends with NULL; content and history are ours). */
struct draft *stream_draft(struct outstream *out, const char *type);
struct draft *stream_header_draft(struct outstream *out, const struct record *from, ...);

/* Write the draft as a header (ending the segment before it) or as a data record. */
void stream_begin(struct outstream *out, struct draft *d);
void stream_put(struct outstream *out, struct draft *d);

/* If r is a header: begin a segment like it, and true. What most filters do with headers. */
bool stream_follow(struct outstream *out, const struct record *r);

/* The only way to an end record: write it, and check that everything reached standard output. */
void stream_finish(struct outstream *out);

#endif
