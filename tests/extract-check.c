/* SPDX-License-Identifier: Apache-2.0 */
/* trace-extract with one family more. */
#include "toy.h"

#include "../bin/trace-extract.c"
