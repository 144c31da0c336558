/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_EXACT_SUMS_H
#define LRP_EXACT_SUMS_H

#include "exact/exact.h"
#include "record/draft.h"

/* Exact sums in records: tensors [rows, parts], the largest part of a row first, zeros behind the last. */
void sums_draft(struct draft *d, const char *key, struct exact_rows *sums);

/* Add the sums of this key of a record's map `sums`. */
void sums_read(
	const struct record *r, const msgpack_object *sums, const char *key, struct exact_rows *to);

/* A sum over n steps, estimated from that over the drawn ones; where these are all, the same bits. */
double sum_estimate(double sum, double n, double drawn);

/* to += the sums over n steps of a sentence, estimated from those over the drawn ones, which become zero:
 * exactly where all were drawn, else each is rounded to a double. */
void sums_take(struct exact_rows *to, struct exact_rows *from, double n, double drawn);

#endif
