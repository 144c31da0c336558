/* SPDX-License-Identifier: Apache-2.0 */
#include "rank/rank_write.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/utf8.h"
#include "record/text.h"
#include "show/json.h"

enum { MAX_MASK = 1 << 24 };

static double kept_often(const struct ranking *r, const struct rank_unit *u)
{
	return (double)u->samples / (double)r->samples;
}

static void put_number(FILE *to, double x)
{
	char text[32];

	fprintf(to, "\t%s", number_text(x, false, text));
}

static void put_line(FILE *to, const struct head_shares *s, const struct ranking *r,
	const struct rank_unit *u, const struct share *h)
{
	put_plain(to, h->kind, strlen(h->kind));
	fprintf(to, "\t%ld\t%ld", h->layer, h->head);
	put_number(to, h->mean);
	if (h->spread) {
		put_number(to, h->low);
		put_number(to, h->high);
		put_number(to, h->error);
	} else {
		fputs("\t\t\t", to);
	}
	fprintf(to, "\t%ld", u->rank);
	if (r->chosen)
		fprintf(to, "\t%d", u->kept);
	if (r->samples)
		put_number(to, kept_often(r, u));
	if (s->pruned)
		fprintf(to, "\t%ld", h->was);
	fputc('\n', to);
}

void rank_write_tsv(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare)
{
	(void)bare;
	fprintf(to, "kind\tlayer\thead\tmean\tlow\thigh\terror\trank%s%s%s\n",
		r->chosen ? "\tkeep" : "", r->samples ? "\ttop" : "", s->pruned ? "\twas" : "");
	for (long k = 0; k < r->count; k++) {
		const struct rank_unit *u = &r->units[r->order[k]];

		for (long i = u->first; i < u->first + u->size; i++)
			put_line(to, s, r, u, &s->at[i]);
	}
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		die("cannot write '%s' as JSON", key);
}

static void append(json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value))
		die("out of memory");
}

static void print_json(FILE *to, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		die("out of memory");
	put_plain_json(to, text, strlen(text));
	fputc('\n', to);
	free(text);
	json_decref(value);
}

static json_t *head_object(const struct head_shares *s, const struct ranking *r,
	const struct rank_unit *u, const struct share *h)
{
	json_t *o = json_object();

	set(o, "kind", json_string(h->kind));
	set(o, "layer", json_integer(h->layer));
	set(o, "head", json_integer(h->head));
	set(o, "mean", json_real(h->mean));
	if (h->spread) {
		set(o, "low", json_real(h->low));
		set(o, "high", json_real(h->high));
		set(o, "error", json_real(h->error));
	}
	set(o, "rank", json_integer(u->rank));
	if (r->chosen)
		set(o, "keep", json_boolean(u->kept));
	if (r->samples)
		set(o, "top", json_real(kept_often(r, u)));
	if (s->pruned)
		set(o, "was", json_integer(h->was));
	return o;
}

void rank_write_json(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare)
{
	json_t *o = json_object(), *heads = json_array();

	(void)bare;
	if (s->model)
		set(o, "model", json_string(s->model));
	if (s->rule)
		set(o, "rule", json_string(s->rule));
	if (s->norm)
		set(o, "norm", json_string(s->norm));
	if (s->compared)
		set(o, "compared", json_string(s->compared));
	set(o, "steps", json_integer(s->steps));
	set(o, "sentences", json_integer(s->sentences));
	for (long k = 0; k < r->count; k++) {
		const struct rank_unit *u = &r->units[r->order[k]];

		for (long i = u->first; i < u->first + u->size; i++)
			append(heads, head_object(s, r, u, &s->at[i]));
	}
	set(o, "heads", heads);
	print_json(to, o);
}

/* The choice of one kind, whose shares are from .. to-1. */
typedef json_t *kind_writer(
	const struct head_shares *s, const struct ranking *r, const bool *kept, long from, long to);

/* By share: is the head kept? */
static bool *kept_heads(const struct head_shares *s, const struct ranking *r)
{
	bool *kept = must_alloc((size_t)s->count, sizeof *kept);

	for (long k = 0; k < r->count; k++)
		for (long i = 0; i < r->units[k].size; i++)
			kept[r->units[k].first + i] = r->units[k].kept;
	return kept;
}

static void write_kinds(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare,
	kind_writer *write)
{
	bool *kept = kept_heads(s, r);
	json_t *all = json_object();

	for (long from = 0, end; from < s->count; from = end) {
		end = shares_kind_end(s, from);
		json_t *one = write(s, r, kept, from, end);

		if (bare) {
			json_decref(all);
			all = one;
		} else {
			set(all, s->at[from].kind, one);
		}
	}
	print_json(to, all);
	free(kept);
}

/* Keys and values that a kept head still needs cannot be removed. */
static void whole_groups(const struct head_shares *s, const bool *kept, long from, long to)
{
	for (long i = from, group; i < to; i += group) {
		group = shares_group(s, i);
		for (long k = i + 1; k < i + group; k++)
			if (kept[k] != kept[i])
				die("heads %ld and %ld of %s share keys and values, so one cannot "
				    "be pruned without the other; use --unit group",
					s->at[i].head, s->at[k].head, s->at[i].site);
	}
}

static json_t *prune_kind(
	const struct head_shares *s, const struct ranking *r, const bool *kept, long from, long to)
{
	json_t *layers = json_object(), *heads;
	char layer[24];

	(void)r;
	whole_groups(s, kept, from, to);
	for (long i = from; i < to; i++) {
		if (kept[i])
			continue;
		snprintf(layer, sizeof layer, "%ld", s->at[i].layer);
		heads = json_object_get(layers, layer);
		if (!heads)
			set(layers, layer, heads = json_array());
		append(heads, json_integer(s->at[i].head));
	}
	return layers;
}

void rank_write_prune(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare)
{
	write_kinds(to, s, r, bare, prune_kind);
}

/* The mask of a kind, 1 = keep: [layers, heads]. */
static float *make_mask(const struct head_shares *s, const bool *kept, long from, long to,
	long *layers, long *heads)
{
	shares_matrix(s, from, to, layers, heads);
	for (long i = from; i < to; i = shares_site_end(s, i))
		if (shares_site_end(s, i) - i != *heads)
			die("a mask has one number of heads for all layers, but %s has not %ld",
				s->at[i].site, *heads);
	if (*layers * *heads > MAX_MASK)
		die("a mask of %ld layers and %ld heads is too large", *layers, *heads);

	float *mask = must_alloc((size_t)(*layers * *heads), sizeof *mask);

	for (long i = 0; i < *layers * *heads; i++)
		mask[i] = 1;
	for (long i = from; i < to; i++)
		mask[s->at[i].layer * *heads + s->at[i].head] = kept[i];
	return mask;
}

static json_t *mask_kind(
	const struct head_shares *s, const struct ranking *r, const bool *kept, long from, long to)
{
	long layers, heads;
	float *mask = make_mask(s, kept, from, to, &layers, &heads);
	json_t *rows = json_array();

	(void)r;
	for (long l = 0; l < layers; l++) {
		json_t *row = json_array();

		for (long h = 0; h < heads; h++)
			append(row, json_integer((json_int_t)mask[l * heads + h]));
		append(rows, row);
	}
	free(mask);
	return rows;
}

void rank_write_mask(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare)
{
	write_kinds(to, s, r, bare, mask_kind);
}

/* The header of .npy, version 1.0: magic, length, a Python dictionary; 128 bytes with spaces. */
void rank_write_npy(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare)
{
	bool *kept = kept_heads(s, r);
	char text[118];
	long layers, heads;

	(void)bare;
	if (shares_kind_end(s, 0) < s->count)
		die("a .npy file holds one kind of attention; choose one with --kind");

	float *mask = make_mask(s, kept, 0, s->count, &layers, &heads);

	snprintf(text, sizeof text,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (%ld, %ld), }", layers, heads);
	fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, to);
	fprintf(to, "%-117s\n", text);
	fwrite(mask, sizeof *mask, (size_t)(layers * heads), to);
	free(mask);
	free(kept);
}

static json_t *pairs_kind(
	const struct head_shares *s, const struct ranking *r, const bool *kept, long from, long to)
{
	json_t *pairs = json_array();

	for (long k = 0; k < r->count; k++) {
		const struct rank_unit *u = &r->units[r->order[k]];

		for (long i = u->first; i < u->first + u->size; i++)
			if (i >= from && i < to && kept[i])
				append(pairs, json_pack("[I,I]", (json_int_t)s->at[i].layer,
						      (json_int_t)s->at[i].head));
	}
	return pairs;
}

void rank_write_pairs(FILE *to, const struct head_shares *s, const struct ranking *r, bool bare)
{
	write_kinds(to, s, r, bare, pairs_kind);
}
