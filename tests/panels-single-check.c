/* SPDX-License-Identifier: Apache-2.0 */
/* panels-check in single precision. */
#define SINGLE
#include "panels-check.c"
