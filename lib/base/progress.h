/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_PROGRESS_H
#define LRP_BASE_PROGRESS_H

#include "base/options.h"

/*
 * A line on standard error that says how far a program is: only where that is a terminal, not with
 * -q, and not in the first second.
 */
struct progress;

/* `what` is counted: "sentences". */
struct progress *progress_new(const struct options *o, const char *what);
void progress_add(struct progress *p, long count);
/* Take the line away. */
void progress_end(struct progress *p);

#endif
