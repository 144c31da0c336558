/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MASK_PRUNE_H
#define LRP_MASK_PRUNE_H

#include "ckpt/checkpoint.h"
#include "graph/graph.h"
#include "shape/shape.h"

/*
 * Write a model's directory again, without the heads that are switched off in its graph: with
 * `cut` their rows are taken out of the queries, keys and values, and their columns out of the
 * output projection, and config.json lists them in `lrpipe_pruned_heads`; else the columns are
 * zero, and all shapes stay. What else belongs to a model in this format (settings, tokeniser,
 * model card, license) is copied as it is; the rest is named on stderr, unless `quiet`. `path` must
 * not exist.
 */
void prune_write(const struct graph *g, const struct shape *shape, const struct checkpoint *c,
	bool cut, bool quiet, const char *path);

#endif
