/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/task.h"

#include "base/die.h"

enum task graph_task(const struct graph *g)
{
	if (graph_steps(g) == SOURCE)
		return FILL;
	return graph_has_side(g, SOURCE) ? TRANSLATE : CONTINUE;
}

void task_check(const struct graph *g)
{
	if (graph_task(g) == FILL && graph_has_side(g, TARGET))
		die("graph: its logits are on the source's side, and so must all nodes be");
}

void task_check_steps(enum task task, bool all_steps, bool mask_each)
{
	static const char *const does[] = { [TRANSLATE] = "translates",
		[CONTINUE] = "continues a text",
		[FILL] = "fills in masks" };

	if (all_steps && task != CONTINUE)
		die_usage("--all-steps is of models that continue a text: this one %s", does[task]);
	if (mask_each && task != FILL)
		die_usage("--mask-each is of models that fill in masks: this one %s", does[task]);
}

void task_check_generation(const struct graph *g)
{
	for (int i = 0; i < g->nodes; i++) {
		const struct node *n = &g->node[i];

		if (!n->kind->attends || node_keys(n) != TARGET)
			continue;
		if (n->side == SOURCE || !sees_past_only(attention_of(n)))
			die("node '%s' sees target tokens that are still to come, so nothing can be "
			    "generated; give the targets",
				n->name);
	}
}
