/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_LEFT_OUT_H
#define LRP_STREAM_LEFT_OUT_H

#include "stream/stream.h"

/* The type of a record that stands in the place of an input line that was left out. */
#define LEFT_OUT "skipped"

/* Write one: the number of the line, as `sentence`, and the reason. */
void left_out_put(struct outstream *out, long sentence, const char *reason);

/* Note of a record made from another that its translation was cut, where that says so. */
void cut_pass(struct draft *d, const struct record *from);

#endif
