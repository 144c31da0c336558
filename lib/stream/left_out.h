/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_LEFT_OUT_H
#define LRP_STREAM_LEFT_OUT_H

#include "stream/stream.h"

/* Does a record say that its target was cut? Note of a record made from another that its target was cut, where that says so. */
bool cut_is(const struct record *from);
void cut_pass(struct draft *d, const struct record *from);

#endif
