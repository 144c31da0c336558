/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/task.h"

enum task graph_task(const struct graph *g)
{
	if (graph_steps(g) == SOURCE)
		return FILL;
	return graph_has_side(g, SOURCE) ? TRANSLATE : CONTINUE;
}
