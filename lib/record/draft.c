/* SPDX-License-Identifier: Apache-2.0 */
#include "record/draft.h"

#include <assert.h>
#include <msgpack/pack.h>
#include <msgpack/sbuffer.h>
#include <stdarg.h>
#include <string.h>

#include "base/die.h"
#include "base/utf8.h"
#include "record/check.h"

enum { HEAD = 5, MAX_KEYS = 64 }; /* the record's map: its byte and a count of 32 bits */

struct draft {
	msgpack_sbuffer bytes;
	msgpack_packer pack;
	uint32_t entries;	    /* of the record's map so far */
	int depth;		    /* open maps and lists inside it */
	long missing[RECORD_DEPTH]; /* the entries each still waits for */
	bool is_list[RECORD_DEPTH];
};

struct draft *draft_new(void)
{
	struct draft *d = must_alloc(1, sizeof *d);

	msgpack_sbuffer_init(&d->bytes);
	msgpack_packer_init(&d->pack, &d->bytes, msgpack_sbuffer_write);
	return d;
}

void draft_begin(struct draft *d, const char *type)
{
	static const char head[HEAD] = { (char)0xdf, 0, 0, 0, 0 };

	msgpack_sbuffer_clear(&d->bytes);
	msgpack_sbuffer_write(&d->bytes, head, HEAD);
	d->entries = 0;
	d->depth = 0;
	draft_text(d, "type", type);
}

/* msgpack's calls say that memory ran out. */
static void must(int failed)
{
	if (failed)
		die("out of memory: a record of many bytes");
}

/* The bytes of a character; of what is none, one. */
static size_t char_size(const char *p, size_t left, bool *bad)
{
	size_t n = utf8_char(p, left);

	*bad = !n;
	return n ? n : 1;
}

/* Each byte that is not UTF-8 becomes U+FFFD: the name of a file may be anything. */
static void pack_repaired(struct draft *d, const char *text, size_t size)
{
	size_t more = 0;
	bool bad;

	for (size_t i = 0; i < size; more += bad ? 2 : 0)
		i += char_size(text + i, size - i, &bad);
	must(msgpack_pack_str(&d->pack, size + more));
	for (size_t i = 0, n; i < size; i += n) {
		n = char_size(text + i, size - i, &bad);
		must(bad ? msgpack_pack_str_body(&d->pack, "\xef\xbf\xbd", 3)
			 : msgpack_pack_str_body(&d->pack, text + i, n));
	}
}

static void pack_text(struct draft *d, const char *text, size_t size)
{
	if (utf8_valid(text, size))
		must(msgpack_pack_str(&d->pack, size) ||
			msgpack_pack_str_body(&d->pack, text, size));
	else
		pack_repaired(d, text, size);
}

/* Begin an entry: its key, where it is not an element of a list. */
static void begin_entry(struct draft *d, const char *key)
{
	bool in_list = d->depth && d->is_list[d->depth - 1];

	assert(in_list == !key);
	if (key)
		pack_text(d, key, strlen(key));
	if (d->depth == 0)
		d->entries++;
	else
		d->missing[d->depth - 1]--;
}

/* End an entry, and with the last one of a map or list this as well. */
static void end_entry(struct draft *d)
{
	while (d->depth && d->missing[d->depth - 1] == 0)
		d->depth--;
}

static void open_entries(struct draft *d, int entries, bool is_list)
{
	assert(entries >= 0 && d->depth < RECORD_DEPTH);
	d->missing[d->depth] = entries;
	d->is_list[d->depth] = is_list;
	d->depth++;
	end_entry(d);
}

void draft_map(struct draft *d, const char *key, int entries)
{
	begin_entry(d, key);
	must(msgpack_pack_map(&d->pack, (size_t)entries));
	open_entries(d, entries, false);
}

void draft_list(struct draft *d, const char *key, int entries)
{
	begin_entry(d, key);
	must(msgpack_pack_array(&d->pack, (size_t)entries));
	open_entries(d, entries, true);
}

void draft_int(struct draft *d, const char *key, long value)
{
	begin_entry(d, key);
	must(msgpack_pack_int64(&d->pack, value));
	end_entry(d);
}

void draft_real(struct draft *d, const char *key, double value)
{
	begin_entry(d, key);
	must(msgpack_pack_double(&d->pack, value));
	end_entry(d);
}

void draft_bool(struct draft *d, const char *key, bool value)
{
	begin_entry(d, key);
	must(value ? msgpack_pack_true(&d->pack) : msgpack_pack_false(&d->pack));
	end_entry(d);
}

void draft_text(struct draft *d, const char *key, const char *value)
{
	begin_entry(d, key);
	pack_text(d, value, strlen(value));
	end_entry(d);
}

void draft_object(struct draft *d, const char *key, const msgpack_object *value)
{
	begin_entry(d, key);
	must(msgpack_pack_object(&d->pack, *value));
	end_entry(d);
}

static void pack_bin(struct draft *d, const void *data, size_t size)
{
	must(msgpack_pack_bin(&d->pack, size) || msgpack_pack_bin_body(&d->pack, data, size));
}

void draft_bin(struct draft *d, const char *key, const void *data, size_t size)
{
	begin_entry(d, key);
	pack_bin(d, data, size);
	end_entry(d);
}

/* The keys of a tensor are bin, as msgpack-numpy writes them. */
static void pack_tensor(struct draft *d, const char *type, const void *data, int dimensions,
	const long *shape, size_t bytes)
{
	must(msgpack_pack_map(&d->pack, 5));
	pack_bin(d, "nd", 2);
	must(msgpack_pack_true(&d->pack));
	pack_bin(d, "type", 4);
	pack_text(d, type, strlen(type));
	pack_bin(d, "kind", 4);
	pack_text(d, "", 0);
	pack_bin(d, "shape", 5);
	must(msgpack_pack_array(&d->pack, (size_t)dimensions));
	for (int i = 0; i < dimensions; i++)
		must(msgpack_pack_int64(&d->pack, shape[i]));
	pack_bin(d, "data", 4);
	pack_bin(d, data, bytes);
}

void draft_array(struct draft *d, const char *key, const char *type, const void *data,
	int dimensions, const long *shape)
{
	size_t bytes = tensor_element(type);

	assert(bytes && dimensions >= 0 && dimensions <= TENSOR_DIMENSIONS);
	for (int i = 0; i < dimensions; i++) {
		assert(shape[i] >= 0);
		if (shape[i] && bytes > UINT32_MAX / (size_t)shape[i])
			die("tensor '%s' has more than 4 GiB", key ? key : "");
		bytes *= (size_t)shape[i];
	}
	begin_entry(d, key);
	pack_tensor(d, type, data, dimensions, shape, bytes);
	end_entry(d);
}

void draft_tensor(struct draft *d, const char *key, const struct tensor *t)
{
	draft_array(d, key, t->type, t->data, t->dimensions, t->shape);
}

void draft_pass_except(struct draft *d, const struct record *r, const char *const *names, int count)
{
	for (uint32_t i = 0; i < r->map.via.map.size; i++) {
		const msgpack_object_kv *kv = &r->map.via.map.ptr[i];
		bool left_out = object_is(&kv->key, "type");

		for (int n = 0; !left_out && n < count; n++)
			left_out = object_is(&kv->key, names[n]);
		if (left_out)
			continue;
		must(msgpack_pack_object(&d->pack, kv->key));
		must(msgpack_pack_object(&d->pack, kv->val));
		d->entries++;
	}
}

void draft_pass(struct draft *d, const struct record *r, ...)
{
	const char *names[MAX_KEYS];
	int count = 0;
	va_list ap;

	va_start(ap, r);
	for (const char *name; (name = va_arg(ap, const char *)) != NULL; names[count++] = name)
		assert(count < MAX_KEYS);
	va_end(ap);
	assert(d->depth == 0);
	draft_pass_except(d, r, names, count);
}

const void *draft_bytes(struct draft *d, size_t *size)
{
	unsigned char *p = (unsigned char *)d->bytes.data;

	assert(d->depth == 0);
	for (int i = 0; i < 4; i++)
		p[1 + i] = (unsigned char)(d->entries >> (24 - 8 * i));
	*size = d->bytes.size;
	return p;
}
