/* SPDX-License-Identifier: Apache-2.0 */
#include "build/node_words.h"

#include <stdio.h>
#include <string.h>

/* Parts of names, up to NULL. */
struct word {
	const char *name, *words;
};

static const struct word stacks[] = { { "enc", "encoder" }, { "dec", "decoder" },
	{ "source", "encoder" }, { "target", "decoder" }, { NULL, NULL } };
static const struct word sites[] = { { "enc-self", "layer %ld of the encoder, self-attention" },
	{ "dec-self", "layer %ld of the decoder, self-attention" },
	{ "dec-enc", "layer %ld of the decoder, attention to the encoder" }, { NULL, NULL } };
static const struct word blocks[] = { { "self", "self-attention" },
	{ "cross", "attention to the encoder" }, { "ffn", "feed-forward network" },
	{ NULL, NULL } };
static const struct word parts[] = { { "q", "queries" }, { "q.norm", "norm of the queries" },
	{ "q.rotated", "queries, turned by their positions" }, { "k", "keys" },
	{ "k.norm", "norm of the keys" }, { "k.rotated", "keys, turned by their positions" },
	{ "v", "values" }, { "scores", "scores of queries and keys" },
	{ "weights", "attention weights" }, { "in", "input projection" }, { "gate", "gate" },
	{ "act", "activation" }, { "gated", "product with the gate" },
	{ "out", "output projection" }, { "norm", "norm" }, { "norm.out", "norm of its output" },
	{ "add", "sum with what it reads" }, { NULL, NULL } };
static const struct word tables[] = { { "", "token embeddings" },
	{ "position", "position embeddings" }, { "type", "embeddings of token types" },
	{ NULL, NULL } };
static const struct word ends[] = { { "embed", "sum of the embeddings" },
	{ "embed.in", "projection of the token embeddings" },
	{ "embed.norm", "norm of the embeddings" }, { "norm", "final norm" }, { NULL, NULL } };
static const struct word outputs[] = { { "in", "projection before the logits" },
	{ "act", "activation before the logits" }, { "norm", "norm before the logits" },
	{ "scaled", "scale of what the logits read" }, { NULL, NULL } };

static const char *find(const struct word *list, const char *name, size_t length)
{
	for (; list->name; list++)
		if (strncmp(list->name, name, length) == 0 && !list->name[length])
			return list->words;
	return NULL;
}

static const char *rest_of(const struct word *list, const char *name)
{
	return find(list, name, strlen(name));
}

/* "3.self.out" and the like. */
static const char *in_layer(const char *stack, const char *name, struct arena *a)
{
	const char *block, *part, *dot;
	long layer;
	int n = 0;

	if (sscanf(name, "%9ld.%n", &layer, &n) != 1 || !n)
		return NULL;
	name += n;
	if (strcmp(name, "add") == 0)
		return arena_printf(a, "layer %ld of the %s, sum of its blocks", layer, stack);
	dot = strchr(name, '.');
	block = dot ? find(blocks, name, (size_t)(dot - name)) : NULL;
	part = block ? rest_of(parts, dot + 1) : NULL;
	return part ? arena_printf(a, "layer %ld of the %s, %s, %s", layer, stack, block, part)
		    : NULL;
}

/* "enc-self.3" and the like. */
static const char *in_site(const char *site, const char *number, struct arena *a)
{
	long layer;

	if (!site || sscanf(number, "%9ld", &layer) != 1)
		return NULL;
	return arena_printf(a, "%s, contexts of the heads", arena_printf(a, site, layer));
}

const char *node_words(const char *name, struct arena *a)
{
	size_t n = strcspn(name, ".");
	const char *rest = name[n] ? name + n + 1 : "", *stack = find(stacks, name, n);
	const char *words;

	if (strcmp(name, "logits") == 0)
		return "logits";
	if (n == 6 && strncmp(name, "output", n) == 0)
		return rest_of(outputs, rest);
	if (!stack)
		return in_site(find(sites, name, n), rest, a);
	words = rest_of(n == 3 ? ends : tables, rest);
	if (words)
		return arena_printf(a, "%s of the %s", words, stack);
	return in_layer(stack, rest, a);
}
