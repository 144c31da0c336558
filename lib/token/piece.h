/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_PIECE_H
#define LRP_TOKEN_PIECE_H

#include <stddef.h>

/* A piece of a text: `length` bytes, and a NUL behind them. */
struct piece {
	const char *text;
	size_t length;
};

#endif
