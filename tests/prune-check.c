/* SPDX-License-Identifier: Apache-2.0 */
/* head-prune with one family more. */
#include "toy.h"

#include "../bin/head-prune.c"
