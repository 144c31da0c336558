/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_START_H
#define LRP_SWEEP_START_H

#include "op/op.h"
#include "stream/record.h"
#include "sweep/request.h"

#define start_neurons EITHER(start_neurons)
#define start_relevance EITHER(start_relevance)

/* The neuron of the last node at which each step starts; dies where the model has no such token. */
const int32_t *start_neurons(const struct layer_request *q, const struct record *r, long steps);

/* How much relevance it starts with: 1, or its logit. */
const double *start_relevance(const struct layer_request *q, struct model *m, struct arena *a,
	real *const *value, const int32_t *neuron, long steps);

#endif
