/* SPDX-License-Identifier: Apache-2.0 */
#include "record/site.h"

#include <stdlib.h>
#include <string.h>

/* "enc-self.4": kind "enc-self", layer 4. Without a number behind the last dot: all kind. */
struct parts {
	const char *kind;
	size_t length;
	long layer;
	int rank;
};

static int rank(const char *kind, size_t length)
{
	static const char *const order[] = { "enc-self", "dec-self", "dec-enc" };
	int i;

	for (i = 0; i < 3; i++)
		if (strlen(order[i]) == length && !memcmp(order[i], kind, length))
			break;
	return i;
}

static struct parts split(const char *site)
{
	struct parts p = { .kind = site, .length = strlen(site), .layer = -1 };
	const char *dot = strrchr(site, '.');

	if (dot && dot[1] && dot[1 + strspn(dot + 1, "0123456789")] == '\0') {
		p.length = (size_t)(dot - site);
		p.layer = strtol(dot + 1, NULL, 10);
	}
	p.rank = rank(p.kind, p.length);
	return p;
}

static int compare_kinds(const struct parts *a, const struct parts *b)
{
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->kind, b->kind, shorter);

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

int site_compare(const char *a, const char *b)
{
	struct parts p = split(a), q = split(b);
	int kinds = compare_kinds(&p, &q);

	if (p.rank != q.rank)
		return p.rank - q.rank;
	if (kinds)
		return kinds;
	if (p.layer != q.layer)
		return p.layer < q.layer ? -1 : 1;
	return strcmp(a, b);
}
