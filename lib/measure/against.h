/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MEASURE_AGAINST_H
#define LRP_MEASURE_AGAINST_H

#include "network/network.h"
#include "request/trace.h"

/*
 * A second stream of traces, which another one is measured against: of the same lines, in the same
 * order, with the same tokens and steps, by a model that predicts among as many tokens. One record
 * of it is in memory at a time.
 */
struct against;

/* Open it; `directory` is that of its model (NULL: the one it names), `threads` are those of the
 * products. */
struct against *against_open(const char *file, const char *directory, int threads);

/* Read its record of the same steps as a trace. Dies where there is none, naming the first token or
 * step that differs. */
void against_take(struct against *a, const struct trace *t, long width);

/* The logits of `count` steps of that record, from the `first` on: z [count, width]. */
void against_logits(struct against *a, long first, long count, real *z);

/* The other stream has ended; dies where this one has not. */
void against_end(struct against *a);

#endif
