/* SPDX-License-Identifier: Apache-2.0 */
#include "show/show.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "record/text.h"
#include "show/json.h"
#include "show/table.h"
#include "record/pruned.h"

enum { SMALL = 16 }; /* elements of a tensor or list that are shown one by one */

static void put_value(struct show *s, const msgpack_object *o, int depth);

/* The shape and the range of a tensor too large to show. */
static void put_summary(FILE *to, const struct tensor *t)
{
	double low = INFINITY, high = -INFINITY, sum = 0;
	size_t odd = 0;

	for (size_t i = 0; i < t->count; i++) {
		double x = tensor_at(t, i);

		if (!isfinite(x)) {
			odd++;
			continue;
		}
		low = x < low ? x : low;
		high = x > high ? x : high;
		sum += x;
	}
	fputc('[', to);
	for (int i = 0; i < t->dimensions; i++)
		fprintf(to, i ? ", %ld" : "%ld", t->shape[i]);
	fprintf(to, "] %s", t->type);
	if (odd < t->count)
		fprintf(to, " min %.4g max %.4g mean %.4g", low, high,
			sum / (double)(t->count - odd));
	if (odd)
		fprintf(to, ", %zu NaN or infinite", odd);
}

static size_t put_elements(FILE *to, const struct tensor *t, int d, size_t first)
{
	fputc('[', to);
	for (long i = 0; i < t->shape[d]; i++) {
		if (i)
			fputs(", ", to);
		if (d + 1 < t->dimensions)
			first = put_elements(to, t, d + 1, first);
		else if (t->type[1] == 'i')
			fprintf(to, "%" PRId64, tensor_int_at(t, first++));
		else
			fprintf(to, "%.4g", tensor_at(t, first++));
	}
	fputc(']', to);
	return first;
}

static void put_tensor(FILE *to, const struct tensor *t)
{
	if (t->count > 0 && t->count <= SMALL && t->dimensions > 0)
		put_elements(to, t, 0, 0);
	else
		put_summary(to, t);
}

static bool is_text(const msgpack_object *o)
{
	return o->type == MSGPACK_OBJECT_STR;
}

/* Text runs on with spaces between (the pieces of a sentence); other lists are cut when long. */
static void put_list(struct show *s, const msgpack_object *o, int depth)
{
	uint32_t n = o->via.array.size;

	for (uint32_t i = 0; i < n; i++) {
		const msgpack_object *e = &o->via.array.ptr[i];

		if (i == SMALL && !is_text(e)) {
			fprintf(s->to, " ... (%u)", (unsigned)n);
			return;
		}
		if (i)
			fputc(' ', s->to);
		put_value(s, e, depth);
	}
}

static void indent(FILE *to, int depth)
{
	fprintf(to, "\n%*s", 2 * depth, "");
}

static void put_map(struct show *s, const msgpack_object *o, int depth)
{
	for (uint32_t i = 0; i < o->via.map.size; i++) {
		const msgpack_object_kv *kv = &o->via.map.ptr[i];

		indent(s->to, depth + 1);
		put_plain(s->to, kv->key.via.str.ptr, kv->key.via.str.size);
		fputs(": ", s->to);
		put_value(s, &kv->val, depth + 1);
	}
}

static void put_value(struct show *s, const msgpack_object *o, int depth)
{
	struct tensor t;

	if (object_tensor(o, &t))
		put_tensor(s->to, &t);
	else if (o->type == MSGPACK_OBJECT_MAP)
		put_map(s, o, depth);
	else if (o->type == MSGPACK_OBJECT_ARRAY)
		put_list(s, o, depth);
	else if (is_text(o))
		put_plain(s->to, o->via.str.ptr, o->via.str.size);
	else if (o->type == MSGPACK_OBJECT_BIN)
		fprintf(s->to, "%u bytes", (unsigned)o->via.bin.size);
	else if (o->type == MSGPACK_OBJECT_FLOAT64 || o->type == MSGPACK_OBJECT_FLOAT32)
		fprintf(s->to, "%.6g", o->via.f64);
	else
		json_put(s->to, o, false);
}

/* A list of strings one a line, each under the key: the history. */
static void put_header_list(struct show *s, const msgpack_object *key, const msgpack_object *list)
{
	for (uint32_t i = 0; i < list->via.array.size; i++) {
		fputs("# ", s->to);
		put_plain(s->to, key->via.str.ptr, key->via.str.size);
		fputs(": ", s->to);
		put_plain(s->to, list->via.array.ptr[i].via.str.ptr,
			list->via.array.ptr[i].via.str.size);
		fputc('\n', s->to);
	}
}

/* Maps of a header on one line; the graph, a list of maps, by its length only. */
static void put_header_value(struct show *s, const msgpack_object *o)
{
	struct tensor t;

	if (o->type == MSGPACK_OBJECT_MAP && !object_tensor(o, &t) && o->via.map.size > SMALL) {
		fprintf(s->to, "%u entries", (unsigned)o->via.map.size);
	} else if (o->type == MSGPACK_OBJECT_MAP && !object_tensor(o, &t)) {
		for (uint32_t i = 0; i < o->via.map.size; i++) {
			const msgpack_object_kv *kv = &o->via.map.ptr[i];

			fputs(i ? ", " : "", s->to);
			put_plain(s->to, kv->key.via.str.ptr, kv->key.via.str.size);
			fputc(' ', s->to);
			put_header_value(s, &kv->val);
		}
	} else if (o->type == MSGPACK_OBJECT_ARRAY && o->via.array.size &&
		   o->via.array.ptr[0].type == MSGPACK_OBJECT_MAP) {
		fprintf(s->to, "%u nodes", (unsigned)o->via.array.size);
	} else {
		put_value(s, o, 0);
	}
}

static bool all_text(const msgpack_object *o)
{
	if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size == 0)
		return false;
	for (uint32_t i = 0; i < o->via.array.size; i++)
		if (!is_text(&o->via.array.ptr[i]))
			return false;
	return true;
}

static void show_header(struct show *s, const struct record *r)
{
	for (uint32_t i = 0; i < r->map.via.map.size; i++) {
		const msgpack_object_kv *kv = &r->map.via.map.ptr[i];

		if (object_is(&kv->key, "type") || object_is(&kv->key, "format"))
			continue;
		if (all_text(&kv->val)) {
			put_header_list(s, &kv->key, &kv->val);
			continue;
		}
		fputs("# ", s->to);
		put_plain(s->to, kv->key.via.str.ptr, kv->key.via.str.size);
		fputs(": ", s->to);
		put_header_value(s, &kv->val);
		fputc('\n', s->to);
	}
}

static void show_any(struct show *s, const struct record *r)
{
	put_plain(s->to, r->type, strlen(r->type));
	for (uint32_t i = 0; i < r->map.via.map.size; i++) {
		const msgpack_object_kv *kv = &r->map.via.map.ptr[i];

		if (object_is(&kv->key, "type"))
			continue;
		indent(s->to, 1);
		put_plain(s->to, kv->key.via.str.ptr, kv->key.via.str.size);
		fputs(": ", s->to);
		put_value(s, &kv->val, 1);
	}
	fputc('\n', s->to);
}

const char **split_keys(const char *text, int *count)
{
	char *next, *key = must_strdup(text);
	const char **keys = NULL;

	for (*count = 0; key; key = next) {
		if ((next = strchr(key, ',')) != NULL)
			*next++ = '\0';
		if (!*key)
			die_usage("option '-k' has an empty key");
		keys = must_realloc(keys, (size_t)*count + 1, sizeof *keys);
		keys[(*count)++] = key;
	}
	return keys;
}

static bool has_any(const struct show *s, const struct record *r)
{
	for (int i = 0; i < s->key_count; i++)
		if (show_find(r, s->keys[i]))
			return true;
	return false;
}

static void show_keys_json(struct show *s, const struct record *r)
{
	if (!has_any(s, r))
		return;
	fputs("{\"type\":", s->to);
	json_put_text(s->to, r->type, strlen(r->type));
	for (int i = 0; i < s->key_count; i++) {
		const msgpack_object *o = show_find(r, s->keys[i]);

		if (!o || strcmp(s->keys[i], "type") == 0)
			continue;
		fputc(',', s->to);
		json_put_text(s->to, s->keys[i], strlen(s->keys[i]));
		fputc(':', s->to);
		json_put(s->to, o, !r->is_header && !json_is_ids(s->keys[i]));
	}
	fputs("}\n", s->to);
}

static void show_keys(struct show *s, const struct record *r)
{
	for (int i = 0; i < s->key_count; i++) {
		const msgpack_object *o = show_find(r, s->keys[i]);

		if (!o)
			continue;
		fputs(r->is_header ? "# " : "", s->to);
		put_plain(s->to, s->keys[i], strlen(s->keys[i]));
		fputs(": ", s->to);
		if (r->is_header)
			put_header_value(s, o);
		else
			put_value(s, o, 0);
		fputc('\n', s->to);
	}
}

/* Tables name them; the header may be gone by then. */
static void keep_pruned(struct show *s, const struct record *header)
{
	const char *pruned = pruned_heads(header);

	free(s->pruned);
	s->pruned = pruned ? must_strdup(pruned) : NULL;
}

void show_record(struct show *s, const struct record *r)
{
	if (r->is_header)
		keep_pruned(s, r);
	if (s->form == SHOW_TSV) {
		table_record(s, r);
	} else if (s->form == SHOW_JSON && s->keys) {
		show_keys_json(s, r);
	} else if (s->form == SHOW_JSON) {
		json_put(s->to, &r->map, !r->is_header);
		fputc('\n', s->to);
	} else if (s->keys) {
		show_keys(s, r);
	} else if (r->is_header) {
		show_header(s, r);
	} else if (!table_text(s, r)) {
		show_any(s, r);
	}
}
