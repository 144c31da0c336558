/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_NETWORK_PART_H
#define LRP_NETWORK_PART_H

#include "network/network.h"

/* w [count] becomes a part of itself. */
void part_take(real *w, enum part part, size_t count);

#endif
