/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_VALUES_H
#define LRP_FORWARD_VALUES_H

#include "network/op.h"
#include "request/trace.h"

/*
 * The values of the nodes marked in need[], one pointer a node: those that the record holds,
 * converted, and the others computed from them by the operations' forward formulas.
 */
real **trace_values(struct network *net, const struct trace *t, bool *need);

#endif
