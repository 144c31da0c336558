/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_REQUEST_NAMES_H
#define LRP_REQUEST_NAMES_H

#include "ckpt/checkpoint.h"
#include "record/draft.h"
#include "request/request.h"
#include "request/trace.h"

/*
 * What the steps of a trace record start from, in words, for the key `predicted`: the piece of the
 * token at whose logit relevance starts, of two of them `A - B`, of the loss that of the forced
 * token. A token whose piece is not known is `id 434`. NULL: the start is no token, or the record
 * has no text.
 */
const char **start_names(const struct start_request *s, const struct trace *trace);

/* The list `predicted` of the steps from `first` on; nothing for NULL. */
void start_names_write(struct draft *d, const char *const *names, long first, long steps);

/*
 * The pieces of tokens that were typed as ids, from the vocabulary that lies beside the checkpoint;
 * where there is none (NULL, or weights without their model) they stay as they are. An id that the
 * graph has no logit for has none. Nothing is read again for the checkpoint that named them last.
 */
void start_find_pieces(struct request *q, const struct checkpoint *c);

#endif
