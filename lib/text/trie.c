/* SPDX-License-Identifier: Apache-2.0 */
#include "text/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

/* The children of a node stand together, in the order of their bytes. */
struct trie_node {
	int32_t number, first; /* first child */
	uint16_t children;
	unsigned char byte;
};

struct trie {
	struct trie_node *node;
	size_t count, room;
	int32_t by_byte[256]; /* children of the root */
};

struct sorted {
	struct piece text;
	int32_t number;
	size_t place;
};

static int compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	size_t n = x->text.length < y->text.length ? x->text.length : y->text.length;
	int order = memcmp(x->text.text, y->text.text, n);

	if (order)
		return order;
	if (x->text.length != y->text.length)
		return x->text.length < y->text.length ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static int32_t add_node(struct trie *t, unsigned char byte)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 1024;
		t->node = must_realloc(t->node, t->room, sizeof *t->node);
	}
	if (t->count >= INT32_MAX)
		die("a vocabulary is too large");
	t->node[t->count] = (struct trie_node){ .number = -1, .byte = byte };
	return (int32_t)t->count++;
}

/* The sorted texts from `from` to `to` share their first `depth` bytes, which lead to a node. */
struct branch {
	int32_t node;
	size_t from, to, depth;
};

/* The children of a part's node, and the parts that they are. */
static size_t grow(struct trie *t, const struct sorted *s, struct branch p, struct branch *parts)
{
	size_t n = 0;

	while (p.from < p.to && s[p.from].text.length == p.depth)
		t->node[p.node].number = s[p.from++].number;
	for (size_t i = p.from; i < p.to;) {
		unsigned char byte = (unsigned char)s[i].text.text[p.depth];
		struct branch child = { add_node(t, byte), i, i, p.depth + 1 };

		while (i < p.to && (unsigned char)s[i].text.text[p.depth] == byte)
			i++;
		child.to = i;
		parts[n++] = child;
	}
	t->node[p.node].first = n ? parts[0].node : 0;
	t->node[p.node].children = (uint16_t)n;
	return n;
}

static void grow_all(struct trie *t, const struct sorted *s, size_t count)
{
	struct branch *waiting = must_alloc(256, sizeof *waiting);
	size_t n = 1, room = 256;

	waiting[0] = (struct branch){ add_node(t, 0), 0, count, 0 };
	while (n) {
		if (room - n < 256) {
			room *= 2;
			waiting = must_realloc(waiting, room, sizeof *waiting);
		}
		n--;
		n += grow(t, s, waiting[n], waiting + n);
	}
	free(waiting);
}

struct trie *trie_new(const struct piece *texts, const int32_t *numbers, size_t count)
{
	struct trie *t = must_alloc(1, sizeof *t);
	struct sorted *s = must_alloc(count + 1, sizeof *s);
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (texts[i].length)
			s[n++] = (struct sorted){ texts[i], numbers[i], i };
	qsort(s, n, sizeof *s, compare);
	grow_all(t, s, n);
	free(s);
	memset(t->by_byte, -1, sizeof t->by_byte);
	for (int i = 0; i < t->node[TRIE_ROOT].children; i++) {
		int32_t child = t->node[TRIE_ROOT].first + i;

		t->by_byte[t->node[child].byte] = child;
	}
	return t;
}

int32_t trie_step(const struct trie *t, int32_t node, unsigned char byte)
{
	if (node == TRIE_ROOT)
		return t->by_byte[byte];

	int32_t low = t->node[node].first, high = low + t->node[node].children;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (t->node[middle].byte < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->node[node].first + t->node[node].children && t->node[low].byte == byte ? low
											       : -1;
}

int32_t trie_number(const struct trie *t, int32_t node)
{
	return t->node[node].number;
}

int32_t trie_longest(
	const struct trie *t, int32_t node, const char *text, size_t left, size_t *length)
{
	int32_t found = -1;

	*length = 0;
	for (size_t i = 0; i < left && node >= 0; i++) {
		node = trie_step(t, node, (unsigned char)text[i]);
		if (node >= 0 && t->node[node].number >= 0) {
			found = t->node[node].number;
			*length = i + 1;
		}
	}
	return found;
}
