/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

#define DIGITS "0123456789"

/* Of a number; and of the runs of layers that messages name. */
enum { MOST_DIGITS = 6, MOST_RUNS = 12 };

struct range {
	long from, to;
};

/* Is the whole text N or N-M? */
static bool parse_range(const char *text, struct range *r)
{
	size_t n = strspn(text, DIGITS), m = text[n] == '-' ? strspn(text + n + 1, DIGITS) : 0;

	if (!n || n > MOST_DIGITS || m > MOST_DIGITS || text[n + (m ? m + 1 : 0)])
		return false;
	r->from = strtol(text, NULL, 10);
	r->to = m ? strtol(text + n + 1, NULL, 10) : r->from;
	if (r->to < r->from)
		die_usage("'%s' is no range: the smaller number comes first", text);
	return true;
}

/* The layer of a head site of this kind, from its name KIND.N; -1: it is none. */
static long layer_of_kind(const struct node *n, const char *kind, size_t length)
{
	const char *name = n->name;

	if (!node_is_heads(n) || strncmp(name, kind, length) || name[length] != '.')
		return -1;
	size_t digits = strspn(name + length + 1, DIGITS);
	return digits && digits <= MOST_DIGITS && !name[length + 1 + digits]
		       ? strtol(name + length + 1, NULL, 10)
		       : -1;
}

/* Head sites of neighbouring layers: from names the first; its last layer, -1: it has no number. */
struct run {
	const char *from;
	size_t kind; /* length of the kind, a part of the name */
	long to;
};

static struct run run_of(const struct node *n)
{
	const char *dot = strrchr(n->name, '.');
	size_t length = dot ? (size_t)(dot - n->name) : 0;

	return (struct run){ n->name, length, dot ? layer_of_kind(n, n->name, length) : -1 };
}

/* Does the site follow the run? */
static bool follows(const struct run *r, const struct run *site)
{
	return site->to > 0 && r->to == site->to - 1 && r->kind == site->kind &&
	       strncmp(r->from, site->from, r->kind) == 0;
}

const char *graph_head_names(const struct graph *g, struct arena *a)
{
	struct run runs[MOST_RUNS];
	const char *text = "";
	int count = 0, k;

	for (int i = 0; i < g->nodes && count <= MOST_RUNS; i++) {
		if (!node_is_heads(&g->node[i]))
			continue;
		struct run site = run_of(&g->node[i]);
		for (k = 0; k < count && !follows(&runs[k], &site); k++)
			;
		if (k < count)
			runs[k].to = site.to;
		else if (count++ < MOST_RUNS)
			runs[k] = site;
	}
	for (k = 0; k < count && k < MOST_RUNS; k++) {
		struct run *r = &runs[k];
		bool one = r->to < 0 || strtol(r->from + r->kind + 1, NULL, 10) == r->to;

		text = arena_printf(a, "%s%s%s", text, k ? ", " : "", r->from);
		if (!one)
			text = arena_printf(a, "%s-%ld", text, r->to);
	}
	return !count ? "none" : count > MOST_RUNS ? arena_printf(a, "%s, ...", text) : text;
}

/* What a list may name. */
enum among { HEAD_SITES, SITES, NODES };

static _Noreturn void no_site(
	const struct graph *g, const char *item, const char *missing, enum among among)
{
	struct arena a = { 0 };
	const char *known = graph_head_names(g, &a);

	missing = missing && strcmp(item, missing) ? arena_printf(&a, ": no %s", missing) : "";
	if (among == HEAD_SITES)
		die_usage("this model has no heads at '%s'%s; it has them at %s", item, missing,
			known);
	die_usage("this model has no site '%s'%s; it has all, %s, and every node's name", item,
		missing, known);
}

/* The kind of attention whose layer a bare number is: the encoder's, or where there is none the
 * decoder's. */
static const char *bare_kind(const struct graph *g)
{
	return graph_find(g, "enc-self.0") < 0 ? "dec-self" : "enc-self";
}

/* A site of an item, on its way into flags. */
struct chosen {
	const struct graph *graph;
	enum among among;
	bool *node;
	struct arena *arena;
};

static void choose_layers(struct chosen *c, const char *item, const char *kind, struct range r)
{
	for (long n = r.from; n <= r.to; n++) {
		const char *name = arena_printf(c->arena, "%s.%ld", kind, n);
		int i = graph_find(c->graph, name);

		if (i < 0)
			no_site(c->graph, item, name, c->among);
		c->node[i] = true;
	}
}

static void choose_kind(struct chosen *c, const char *kind)
{
	bool any = false;

	for (int i = 0; i < c->graph->nodes; i++)
		if (layer_of_kind(&c->graph->node[i], kind, strlen(kind)) >= 0)
			any = c->node[i] = true;
	if (!any)
		no_site(c->graph, kind, NULL, c->among);
}

static void choose_site(struct chosen *c, const char *item)
{
	const struct graph *g = c->graph;
	const char *dot = strrchr(item, '.');
	int i = graph_find(g, item);
	struct range r;

	if (i >= 0)
		c->node[i] = true;
	else if (strcmp(item, "all") == 0)
		for (i = 0; i < g->nodes; i++)
			c->node[i] |= c->among == NODES || node_is_heads(&g->node[i]);
	else if (strcmp(item, "self") == 0)
		choose_kind(c, bare_kind(g));
	else if (strcmp(item, "embeddings") == 0)
		for (i = 0; i < g->nodes; i++)
			c->node[i] |= !g->node[i].kind->inputs;
	else if (parse_range(item, &r))
		choose_layers(c, item, bare_kind(g), r);
	else if (dot && parse_range(dot + 1, &r))
		choose_layers(c, item, arena_text(c->arena, item, (size_t)(dot - item)), r);
	else
		choose_kind(c, item);
	for (i = 0; i < g->nodes; i++)
		if (c->among == HEAD_SITES && c->node[i] && !node_is_heads(&g->node[i]))
			die_usage("'%s' is no site of attention heads", g->node[i].name);
}

/* The next item of a list as typed, and the separator behind it ('\0': none); NULL at the end. */
static char *next_item(const char **list, char *separator, struct arena *a)
{
	size_t length = strcspn(*list, ",;");

	if (!**list)
		return NULL;
	if (!length)
		die_usage("an item is missing before '%s'", *list);
	char *item = arena_text(a, *list, length);
	*separator = (*list)[length];
	*list += length + (*separator != '\0');
	return item;
}

static bool *choose(const struct graph *g, const char *list, enum among among, struct arena *a)
{
	struct chosen c = { g, among, arena_zero(a, (size_t)g->nodes, sizeof *c.node), a };
	char *item, separator;

	while ((item = next_item(&list, &separator, a))) {
		const char *colon = strchr(item, ':');

		if (colon && graph_find(g, item) < 0)
			die_usage("'%s' names heads, but sites are chosen here as wholes: '%.*s'",
				item, (int)(colon - item), item);
		choose_site(&c, item);
	}
	return c.node;
}

bool *graph_sites(const struct graph *g, const char *list, struct arena *a)
{
	return choose(g, list, SITES, a);
}

bool *graph_head_sites(const struct graph *g, const char *list, struct arena *a)
{
	if (!*list)
		die_usage("no site is named");
	return choose(g, list, HEAD_SITES, a);
}

bool *graph_nodes(const struct graph *g, const char *list, struct arena *a)
{
	return choose(g, list, NODES, a);
}

int graph_node(const struct graph *g, const char *item, struct arena *a)
{
	bool *node = choose(g, item, SITES, a);
	int found = -1;

	for (int i = 0; i < g->nodes; i++) {
		if (node[i] && found >= 0)
			die_usage("'%s' is more than one site; one is needed here", item);
		if (node[i])
			found = i;
	}
	if (found < 0)
		no_site(g, item, NULL, SITES);
	return found;
}

enum unit unit_parse(const char *typed)
{
	if (strcmp(typed, "head") && strcmp(typed, "group"))
		die_usage("option '--unit' takes head or group, not '%s'", typed);
	return strcmp(typed, "head") ? UNIT_GROUP : UNIT_HEAD;
}

long unit_heads(const struct node *n, enum unit unit)
{
	return unit == UNIT_GROUP ? node_heads(n) / key_heads(attention_of(n)) : 1;
}

long unit_count(const struct node *n, enum unit unit)
{
	return node_heads(n) / unit_heads(n, unit);
}

void no_unit(const struct node *n, enum unit unit, long number)
{
	const char *what = unit == UNIT_GROUP ? "group" : "head";

	die_usage("'%s' has %ss 0 to %ld, no %s %ld", n->name, what, unit_count(n, unit) - 1, what,
		number);
}

/* Heads of the sites of an item: "all", a number or a range of heads or groups. */
static void choose_heads(const struct chosen *c, const char *text, enum unit unit, bool **heads)
{
	struct range r;
	bool all = strcmp(text, "all") == 0;

	if (!all && !parse_range(text, &r))
		die_usage("'%s' is not a list of head numbers, as in '1,3-5', or 'all'", text);
	for (int i = 0; i < c->graph->nodes; i++) {
		const struct node *n = &c->graph->node[i];

		if (!c->node[i])
			continue;
		if (!heads[i])
			heads[i] = arena_zero(c->arena, (size_t)node_heads(n), sizeof *heads[i]);
		long count = unit_count(n, unit), each = unit_heads(n, unit);
		struct range here = all ? (struct range){ 0, count - 1 } : r;
		if (here.to >= count)
			no_unit(n, unit, here.to);
		for (long h = here.from * each; h < (here.to + 1) * each; h++)
			heads[i][h] = true;
	}
}

bool **graph_heads(const struct graph *g, const char *list, enum unit unit, struct arena *a)
{
	struct chosen c = { g, HEAD_SITES, arena_zero(a, (size_t)g->nodes, sizeof *c.node), a };
	bool **heads = arena_zero(a, (size_t)g->nodes, sizeof *heads);
	bool open = false; /* further numbers belong to the sites of `c` */
	char *item, separator;
	struct range r;

	if (!*list)
		die_usage("no heads are given");
	while ((item = next_item(&list, &separator, a))) {
		char *colon = strchr(item, ':');

		if (!colon && !(open && parse_range(item, &r)))
			die_usage("'%s' does not say which heads; '%s:all' means all of them", item,
				item);
		if (colon) {
			*colon = '\0';
			memset(c.node, 0, (size_t)g->nodes * sizeof *c.node);
			choose_site(&c, item);
		}
		const char *numbers = colon ? colon + 1 : item;
		choose_heads(&c, numbers, unit, heads);
		open = separator == ',' && strcmp(numbers, "all");
	}
	return heads;
}
