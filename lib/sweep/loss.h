/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_LOSS_H
#define LRP_SWEEP_LOSS_H

#include "graph/graph.h"
#include "op/model.h"
#include "stream/stream.h"

/* The loss of each step of traces: l[t] = -log softmax(z[t])[target[t]], z the logits. In double.
 */
struct step_loss;
struct step_loss *step_loss_open(const struct graph *g, struct weight_source weights, int threads);
void step_loss_close(struct step_loss *l);

/* Write the losses record of one trace record. */
void step_loss_record(struct step_loss *l, const struct record *trace, struct outstream *out);

#endif
