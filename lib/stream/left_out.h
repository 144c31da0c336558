/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_LEFT_OUT_H
#define LRP_STREAM_LEFT_OUT_H

#include "stream/stream.h"

/* Does a record say that its target was cut? Note of a record made from another that its target was cut, where that says so. */
bool cut_is(const struct record *from);
void cut_pass(struct draft *d, const struct record *from);

/* Which sentence a record made from another is of: its number, the hash of its text where that is known, and was it cut. */
void sentence_pass(struct draft *d, const struct record *from);

#endif
