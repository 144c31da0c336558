/* SPDX-License-Identifier: Apache-2.0 */
/* op-check in single precision. */
#define SINGLE
#include "op-check.c"
