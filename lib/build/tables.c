/* SPDX-License-Identifier: Apache-2.0 */
#include "build/tables.h"

#include <string.h>

#include "base/die.h"
#include "build/prefix.h"
#include "tensor/convert.h"

enum { MOST_NAMES = 4 };

/* The names of one table, ended by NULL; the first is the one the definition keeps. */
struct names {
	const char *at[MOST_NAMES + 1];
};

bool tables_equal(const struct tensor *x, const struct tensor *y)
{
	enum { PLACES = 1024, PIECE = 256 };
	size_t size = weights_size(x->type, x->count);

	if (strcmp(x->type, y->type) != 0 || x->count != y->count)
		return false;
	if (size <= (size_t)PLACES * PIECE)
		return memcmp(x->data, y->data, size) == 0;
	for (size_t i = 0; i < PLACES; i++) {
		size_t at = i * ((size - PIECE) / (PLACES - 1));

		if (memcmp((const char *)x->data + at, (const char *)y->data + at, PIECE) != 0)
			return false;
	}
	return true;
}

/* The name under which the checkpoint has the table. */
static const char *find(const struct checkpoint *c, const struct names *names)
{
	const char *found = NULL;

	for (const char *const *name = names->at; *name; name++) {
		if (!checkpoint_has(c, *name))
			continue;
		struct tensor x = checkpoint_tensor(c, *name);
		struct tensor first = checkpoint_tensor(c, found ? found : *name);

		if (!tables_equal(&x, &first))
			die("tensors '%s' and '%s' differ, but config.json says that they are one",
				found, *name);
		found = found ? found : *name;
	}
	for (const char *const *name = names->at; *name && !found; name++)
		found = checkpoint_alias(c, *name);
	return found ? found : names->at[0];
}

static void check_shape(const struct shape *shape, const struct checkpoint *c, const char *name,
	long rows, struct arena *a)
{
	struct tensor x = checkpoint_tensor(c, name);

	if (x.dimensions != 2 || x.shape[0] != rows || x.shape[1] != shape->table_width)
		die("tensor '%s' is %s, not [%ld, %ld] as config.json has it", name,
			tensor_shape_text(&x, a), rows, shape->table_width);
}

static void add_name(
	struct names *names, const struct shape *shape, const char *name, struct arena *a)
{
	int n = 0;

	while (names->at[n])
		n++;
	if (name)
		names->at[n] = arena_printf(a, "%s.weight", prefix_name(shape, name));
}

/* The table that a stack reads: its own, or that of all. */
static const char *find_input(
	const struct shape *shape, const struct checkpoint *c, int stack, struct arena *a)
{
	const struct family *f = shape->family;
	bool last = stack == DEC || !shape->layers[DEC];
	struct names names = { { NULL } };

	if (shape->shared_tables)
		add_name(&names, shape, f->shared_table, a);
	for (int s = ENC; s <= DEC; s++)
		if (s == stack || shape->shared_tables)
			add_name(&names, shape, f->stack[s].table, a);
	if (shape->tied_output && (last || shape->shared_tables))
		add_name(&names, shape, f->output, a);
	return find(c, &names);
}

struct token_tables tables_find(
	const struct shape *shape, const struct checkpoint *c, struct arena *a)
{
	struct names output = { { NULL } };
	struct token_tables t = { .output = NULL };

	for (int s = ENC; s <= DEC; s++) {
		if (!shape->layers[s])
			continue;
		t.input[s] = find_input(shape, c, s, a);
		check_shape(shape, c, t.input[s], shape->vocabulary[s], a);
		t.output = t.input[s];
	}
	if (!shape->tied_output) {
		add_name(&output, shape, shape->family->output, a);
		t.output = find(c, &output);
	}
	check_shape(shape, c, t.output, shape->vocabulary[shape->layers[DEC] ? DEC : ENC], a);
	return t;
}
