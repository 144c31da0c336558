/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MODEL_HEADER_H
#define LRP_MODEL_HEADER_H

#include "ckpt/checkpoint.h"
#include "graph/graph.h"
#include "shape/shape.h"
#include "record/draft.h"

/* The map `model` of a trace's header: family, name, sizes, the heads that were taken out
 * (shape->pruned), those that are switched off (masked), what stands in their place (mean; NULL:
 * zeros), and which checkpoint it is. */
void model_write(struct draft *d, const struct shape *shape, const char *masked, const char *mean,
	struct checkpoint *c);

/* The map `weights`: every tensor of the checkpoint that the graph uses, in single precision. */
void weights_write(struct draft *d, const struct graph *g, const struct checkpoint *c);

#endif
