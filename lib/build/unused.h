/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BUILD_UNUSED_H
#define LRP_BUILD_UNUSED_H

#include "ckpt/checkpoint.h"
#include "shape/family.h"
#include "graph/graph.h"

/*
 * Die on a tensor of the checkpoint that no node of the graph uses, naming it: a family's table that
 * forgot one, or another kind of model, would give wrong numbers. Left alone is what is known to
 * have no effect, and a copy of a table that is used.
 */
void unused_check(const struct graph *g, const struct shape *shape, const struct checkpoint *c);

#endif
