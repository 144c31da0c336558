/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_LAYOUT_H
#define LRP_SWEEP_LAYOUT_H

#include "op/block.h"

#define layout_block EITHER(layout_block)

/* Lay out the rows of a block's relevance, for each reach; b->sentence, first and steps are set. */
void layout_block(struct block *b);

#endif
