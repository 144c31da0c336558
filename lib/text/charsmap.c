/* SPDX-License-Identifier: Apache-2.0 */
#include "text/charsmap.h"

#include <resolv.h>
#include <stdint.h>
#include <string.h>

#include "base/die.h"
#include "text/unicode.h"

/*
 * 4 bytes, the size of a trie; the trie, units of 4 bytes (a "double array": the child of a node by a
 * byte stands at node ^ offset ^ byte, and carries the byte as its label); texts, a NUL behind each,
 * of which values are places.
 */
struct charsmap {
	const uint32_t *unit;
	size_t units;
	const char *texts;
	size_t size;
	struct graphemes *graphemes;
};

enum { CLUSTER = 6 };

struct charsmap *charsmap_open(const char *base64, const char *where)
{
	struct charsmap *m = must_alloc(1, sizeof *m);
	size_t room = strlen(base64) / 4 * 3 + 8;
	unsigned char *bytes = must_alloc(room, 1);
	int size = b64_pton(base64, bytes, room);
	uint32_t trie;

	if (size < 0)
		die("%s: 'precompiled_charsmap' is not base64", where);
	memcpy(&trie, bytes, sizeof trie);
	if ((size_t)size < sizeof trie || trie > (size_t)size - sizeof trie || trie % 4)
		die("%s: 'precompiled_charsmap' is cut off, or none", where);
	m->units = trie / 4;
	m->unit = (const uint32_t *)(bytes + sizeof trie);
	m->texts = (const char *)bytes + sizeof trie + trie;
	m->size = (size_t)size - sizeof trie - trie;
	if (m->size && m->texts[m->size - 1])
		die("%s: 'precompiled_charsmap' is cut off", where);
	m->graphemes = graphemes_new();
	return m;
}

static uint32_t offset_of(uint32_t unit)
{
	return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}

static bool has_label(uint32_t unit, unsigned char byte)
{
	return (unit & ((1u << 31) | 0xff)) == byte;
}

/* What the shortest beginning of the text that has a rule becomes; NULL: none has one. */
static const char *rule_of(const struct charsmap *m, struct piece text)
{
	size_t node = 0;

	if (!m->units)
		return NULL;
	node = offset_of(m->unit[0]);
	for (size_t i = 0; i < text.length && text.text[i]; i++) {
		unsigned char byte = (unsigned char)text.text[i];

		node ^= byte;
		if (node >= m->units || !has_label(m->unit[node], byte))
			return NULL;

		uint32_t unit = m->unit[node];

		node ^= offset_of(unit);
		if (!(unit >> 8 & 1))
			continue;
		if (node >= m->units)
			return NULL;

		size_t place = m->unit[node] & ~(1u << 31);

		return place < m->size ? m->texts + place : NULL;
	}
	return NULL;
}

static bool add_rule(const struct charsmap *m, struct writing *d, struct piece text)
{
	const char *rule = rule_of(m, text);

	if (rule)
		write_text(d, rule, strlen(rule));
	return rule != NULL;
}

struct piece charsmap_apply(const struct charsmap *m, struct piece text, struct arena *a)
{
	struct writing d = { .arena = a };
	struct piece cluster;

	graphemes_begin(m->graphemes, text);
	while (graphemes_next(m->graphemes, &cluster)) {
		const char *p = cluster.text, *end = p + cluster.length;

		if (cluster.length < CLUSTER && add_rule(m, &d, cluster))
			continue;
		while (p < end) {
			struct piece one = { p, 0 };

			unicode_next(&p, end);
			one.length = (size_t)(p - one.text);
			if (!add_rule(m, &d, one))
				write_text(&d, one.text, one.length);
		}
	}
	return written_piece(&d, 0);
}
