/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_PROGRESS_H
#define LRP_BASE_PROGRESS_H

#include "base/options.h"

/*
 * A line on standard error that says how far a program is: only where that is a terminal, not with
 * -q, and not in the first second.
 *
 *     trace-extract: 32 of 100 sentences, 1.3/s, forward: dec.5.ffn.in, 52 s left
 *
 * Where LRPIPE_PROGRESS names a file, a byte is added to it for each that is done, in place of the
 * line: so pipelines count what several workers do.
 */
struct progress;

/* Will anybody see it? */
bool progress_is_seen(const struct options *o);

/* `what` is counted: "sentences"; `all` of them, 0: unknown. */
struct progress *progress_new(const struct options *o, const char *what, long all);

/* The same of a program that stands behind others in a pipe: NULL, unless it reads files. */
struct progress *progress_of_files(const struct options *o, const char *what);

/* So many more are done. NULL, as in all of these: nobody is told. */
void progress_add(struct progress *p, long count);

/* What is done to the next one now, and where. Threads may say so at once. */
void progress_at(struct progress *p, const char *doing, const char *where);

/* Take the line away. */
void progress_end(struct progress *p);

#endif
