/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FORWARD_TRACE_H
#define LRP_FORWARD_TRACE_H

#include "network/op.h"
#include "record/record.h"

/* Source positions and steps of a trace record. */
void trace_lengths(const struct record *r, long rows[2]);

/*
 * The values of the nodes marked in need[], one pointer a node: those that the record holds,
 * converted, and the others computed from them by the operations' forward formulas.
 */
real **trace_values(struct network *net, const struct record *r, bool *need);

#endif
