/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_INTERACT_ORDER_H
#define LRP_INTERACT_ORDER_H

#include "stream/stream.h"

/* What head-greedy is asked for. */
struct order_request {
	double factor;
	bool groups; /* heads that share keys and values go together */
	const char
		*after; /* file: the order by which the masked heads went; NULL: it is not known */
};

/*
 * Read one record of interactions, and write averages with the place at which each head goes (greedy.h).
 * Places go on behind those of the heads that are masked.
 */
void order_write(const struct order_request *q, struct instream *in, struct outstream *out);

#endif
