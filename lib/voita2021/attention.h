/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_VOITA2021_ATTENTION_H
#define LRP_VOITA2021_ATTENTION_H

#include "voita2021/stages.h"

/* The relevance of the context vectors, handed on to q, k and v. */
void voita_attention(struct block *b, const struct stage *st);

#endif
