/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GRAPH_TASK_H
#define LRP_GRAPH_TASK_H

#include "graph/graph.h"

/*
 * What a model does with a line of text, by the sides that its graph has. `text TAB target`, the
 * target forced or predicted:
 *
 *     TRANSLATE  source and target   source: the text; inputs: the start token, then the target
 *                                    without its last token; a step at each of these
 *     CONTINUE   the target alone    inputs: the text, then the target without its last token; a
 *                                    step at each of its positions that predicts the target
 *     FILL       the source alone    source: the text; a step at each mask in it
 */
enum task { TRANSLATE, CONTINUE, FILL };

enum task graph_task(const struct graph *g);

/* Die where a model has nodes that its task gives no tokens to. */
void task_check(const struct graph *g);

/* Die of a mistyped option, where the task has no such steps: --all-steps, --mask-each. */
void task_check_steps(enum task task, bool all_steps, bool mask_each);

/*
 * Die unless tokens can be predicted one by one: no value of the past may change with a new token,
 * on the source's side or the target's.
 */
void task_check_generation(const struct graph *g);

#endif
