/* SPDX-License-Identifier: Apache-2.0 */
/* narrow-check in single precision. */
#define SINGLE
#include "narrow-check.c"
