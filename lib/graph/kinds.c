/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "graph/kind.h"

const struct kind *const node_kinds[] = { &kind_embed, &kind_linear, &kind_add, &kind_norm,
	&kind_activation, &kind_scores, &kind_softmax, &kind_context, &kind_rms, &kind_multiply,
	&kind_rotate, &kind_scale, NULL };

const struct kind *kind_find(const char *name)
{
	for (int i = 0; node_kinds[i]; i++)
		if (strcmp(node_kinds[i]->name, name) == 0)
			return node_kinds[i];
	return NULL;
}
