/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_OP_OPERATIONS_H
#define LRP_OP_OPERATIONS_H

#include "network/op.h"

/* The operations that there are, one a kind. */
extern const struct op op_embed, op_linear, op_add, op_norm, op_activation, op_scores, op_softmax,
	op_context, op_rms, op_multiply, op_rotate, op_scale;

/* The operation of nodes of a kind, or NULL. */
const struct op *op_of(const struct kind *kind);

/* A graph with its operations, and its weights when they are asked for. Dies where an operation is
 * unknown. */
struct network *network_bind(const struct graph *g, struct weight_source source, struct arena *a);

#endif
