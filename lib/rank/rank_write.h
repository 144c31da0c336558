/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RANK_RANK_WRITE_H
#define LRP_RANK_RANK_WRITE_H

#include <stdio.h>

#include "rank/rank.h"

/* `bare`: a choice of one kind without the kind's name around it. */
typedef void rank_writer(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare);

/* A table that fits a terminal: a line for each head in its order. */
rank_writer rank_write_table;

/* Warn of the units that are kept, and of those that are not, for the sake of `leave` alone. */
void rank_tell_left(const struct ranking *r, const struct head_shares *s, long leave);

/* One line, or one object, for each head in its order. */
rank_writer rank_write_tsv, rank_write_json;

/* The choice: {layer: [pruned heads]}; rows of 0 and 1 = keep, as JSON and as a float32 .npy file;
 * the kept [layer, head], the most relevant first. Heads that were not measured are kept. */
rank_writer rank_write_prune, rank_write_mask, rank_write_npy, rank_write_pairs;

#endif
