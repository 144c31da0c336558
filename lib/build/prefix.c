/* SPDX-License-Identifier: Apache-2.0 */
#include "build/prefix.h"

#include <string.h>

static bool has_prefix(const struct shape *s, const char *name)
{
	const char *prefix = s->family->prefix;

	return prefix && strncmp(name, prefix, strlen(prefix)) == 0;
}

static void look_at(const struct entry *e, void *context)
{
	struct shape *s = context;

	s->bare = s->bare && !has_prefix(s, e->name);
}

void prefix_find(struct shape *s, const struct checkpoint *c)
{
	s->bare = s->family->prefix != NULL;
	checkpoint_list(c, look_at, s);
}

const char *prefix_name(const struct shape *s, const char *name)
{
	return s->bare && has_prefix(s, name) ? name + strlen(s->family->prefix) : name;
}
