/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_LAYOUT_H
#define LRP_NETWORK_LAYOUT_H

#include "network/block.h"

/* Lay out the rows of a block's relevance, for each reach; b->sentence, first and steps are set. */
void layout_block(struct block *b);

#endif
