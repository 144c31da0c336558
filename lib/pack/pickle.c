/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/pickle.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

#define ORDERED_DICT "collections.OrderedDict"

enum { NEWEST_PROTOCOL = 5, VALUES_AT_ONCE = 128 };

/*
 * A pickle is a program for a machine with a stack of values, marks in it, and a memo of values by
 * number. An operation is a byte, with what it needs behind it; it makes at most one value.
 */
struct reader {
	const char *path;
	const unsigned char *bytes, *at, *end;
	bool (*known)(const char *name);
	struct arena *arena;
	struct pickled *fresh; /* values to be handed out */
	size_t fresh_count;
	struct pickled **stack, **memo;
	size_t depth, stack_room;
	size_t *marks, mark_count, mark_room; /* depths */
	bool stopped;
};

static _Noreturn void die_damaged(const struct reader *r, const char *what)
{
	die("%s: its pickle is damaged, at byte %zu: %s", r->path, (size_t)(r->at - r->bytes),
		what);
}

static const unsigned char *take(struct reader *r, size_t size)
{
	const unsigned char *bytes = r->at;

	if (size > (size_t)(r->end - r->at))
		die_damaged(r, "cut off");
	r->at += size;
	return bytes;
}

/* A number of so many bytes, little-endian, without sign. */
static uint64_t take_number(struct reader *r, size_t size)
{
	const unsigned char *bytes = take(r, size);
	uint64_t n = 0;

	for (size_t i = size; i--;)
		n = n << 8 | bytes[i];
	return n;
}

static void push(struct reader *r, struct pickled *v)
{
	if (r->depth == r->stack_room) {
		r->stack_room = r->stack_room ? 2 * r->stack_room : 256;
		r->stack = must_realloc(r->stack, r->stack_room, sizeof *r->stack);
	}
	r->stack[r->depth++] = v;
}

static struct pickled *push_new(struct reader *r, enum pickled_kind kind)
{
	if (!r->fresh_count) {
		r->fresh = arena_zero(r->arena, VALUES_AT_ONCE, sizeof *r->fresh);
		r->fresh_count = VALUES_AT_ONCE;
	}
	struct pickled *v = &r->fresh[--r->fresh_count];

	v->kind = kind;
	push(r, v);
	return v;
}

/* How many values stand above the last mark. */
static size_t above(const struct reader *r)
{
	return r->depth - (r->mark_count ? r->marks[r->mark_count - 1] : 0);
}

static struct pickled *top(const struct reader *r)
{
	if (!above(r))
		die_damaged(r, "a value is missing");
	return r->stack[r->depth - 1];
}

static struct pickled *pop(struct reader *r)
{
	struct pickled *v = top(r);

	r->depth--;
	return v;
}

/* Take the mark away; how many values stand above it. */
static size_t pop_mark(struct reader *r)
{
	size_t count = above(r);

	if (!r->mark_count--)
		die_damaged(r, "a mark is missing");
	return count;
}

/* Move the last values of the stack to the end of another's items. */
static void move_items(struct reader *r, struct pickled *to, size_t count)
{
	if (count > to->room - to->count) {
		const struct pickled **old = to->items;

		to->room = to->count + count > 2 * to->room ? to->count + count : 2 * to->room;
		to->items = arena_array(r->arena, to->room, sizeof *to->items);
		if (to->count)
			memcpy(to->items, old, to->count * sizeof *old);
	}
	r->depth -= count;
	if (count)
		memcpy(to->items + to->count, r->stack + r->depth, count * sizeof *to->items);
	to->count += count;
}

static void stop(struct reader *r, unsigned unused)
{
	(void)unused;
	if (r->mark_count || r->depth != 1)
		die_damaged(r, "it ends with several values, or none");
	r->stopped = true;
}

static void protocol(struct reader *r, unsigned size)
{
	if (*take(r, size) > NEWEST_PROTOCOL)
		die_damaged(r, "of an unknown protocol");
}

static void mark(struct reader *r, unsigned unused)
{
	(void)unused;
	if (r->mark_count == r->mark_room) {
		r->mark_room = r->mark_room ? 2 * r->mark_room : 64;
		r->marks = must_realloc(r->marks, r->mark_room, sizeof *r->marks);
	}
	r->marks[r->mark_count++] = r->depth;
}

/* None, or an empty container. */
static void empty(struct reader *r, unsigned kind)
{
	push_new(r, kind);
}

static void boolean(struct reader *r, unsigned value)
{
	push_new(r, PICKLED_BOOL)->number = value;
}

/* Of four bytes with a sign, of fewer without. */
static void integer(struct reader *r, unsigned size)
{
	uint64_t n = take_number(r, size);

	push_new(r, PICKLED_INT)->number = size == 4 ? (int32_t)n : (long)n;
}

/* Two's complement of so many bytes as are needed. */
static void long_1(struct reader *r, unsigned unused)
{
	(void)unused;
	size_t size = *take(r, 1), missing = size < 8 ? 64 - 8 * size : 0;
	struct pickled *v = push_new(r, size <= 8 ? PICKLED_INT : PICKLED_NUMBER);

	if (size > 8)
		take(r, size);
	else if (size)
		v->number = (int64_t)(take_number(r, size) << missing) >> missing;
}

static void real(struct reader *r, unsigned size)
{
	take(r, size);
	push_new(r, PICKLED_NUMBER);
}

/* Its length comes first, in so many bytes. */
static void text(struct reader *r, unsigned length_size)
{
	size_t size = (size_t)take_number(r, length_size);
	const char *bytes = (const char *)take(r, size);

	if (memchr(bytes, 0, size))
		die_damaged(r, "a text with a NUL");
	push_new(r, PICKLED_TEXT)->text = arena_text(r->arena, bytes, size);
}

/* The last values of the stack become one. */
static struct pickled *join(struct reader *r, enum pickled_kind kind, size_t count)
{
	if (above(r) < count)
		die_damaged(r, "a value is missing");
	struct pickled *v = push_new(r, kind);

	r->depth--;
	move_items(r, v, count);
	push(r, v);
	return v;
}

static void tuple(struct reader *r, unsigned unused)
{
	(void)unused;
	join(r, PICKLED_TUPLE, pop_mark(r));
}

static void tuple_of(struct reader *r, unsigned count)
{
	join(r, PICKLED_TUPLE, count);
}

/* The container below the last values takes them. */
static void put_items(struct reader *r, enum pickled_kind kind, size_t count)
{
	if (above(r) <= count || r->stack[r->depth - count - 1]->kind != kind)
		die_damaged(r,
			kind == PICKLED_DICT ? "no dict to set items of" : "no list to append to");
	if (kind == PICKLED_DICT && count % 2)
		die_damaged(r, "a key without a value");
	move_items(r, r->stack[r->depth - count - 1], count);
}

static void put_one(struct reader *r, unsigned kind)
{
	put_items(r, kind, kind == PICKLED_DICT ? 2 : 1);
}

static void put_marked(struct reader *r, unsigned kind)
{
	put_items(r, kind, pop_mark(r));
}

static const char *take_line(struct reader *r, size_t *length)
{
	const unsigned char *line = r->at, *end = memchr(line, '\n', (size_t)(r->end - line));

	if (!end || memchr(line, 0, (size_t)(end - line)))
		die_damaged(r, "a name that does not end");
	r->at = end + 1;
	*length = (size_t)(end - line);
	return (const char *)line;
}

static void global(struct reader *r, unsigned unused)
{
	(void)unused;
	size_t module, name;
	const char *in = take_line(r, &module), *what = take_line(r, &name);

	if (module > INT_MAX || name > INT_MAX)
		die_damaged(r, "a name that does not end");
	const char *whole = arena_printf(r->arena, "%.*s.%.*s", (int)module, in, (int)name, what);
	if (!r->known(whole))
		die("%s: '%s' is called: not a file of weights alone, and nothing is executed here; "
		    "save the weights alone: torch.save(model.state_dict(), 'pytorch_model.bin')",
			r->path, whole);
	push_new(r, PICKLED_NAME)->text = whole;
}

static void reduce(struct reader *r, unsigned count)
{
	struct pickled *call = join(r, PICKLED_CALL, count);

	if (call->items[0]->kind != PICKLED_NAME || call->items[1]->kind != PICKLED_TUPLE)
		die_damaged(r, "a call of something else than a function");
	if (strcmp(call->items[0]->text, ORDERED_DICT) != 0)
		return;
	if (call->items[1]->count)
		die_damaged(r, "an " ORDERED_DICT " that does not begin empty");
	*call = (struct pickled){ .kind = PICKLED_DICT };
}

static void build(struct reader *r, unsigned unused)
{
	(void)unused;
	pop(r);
	top(r)->built = true;
}

static void persistent_id(struct reader *r, unsigned count)
{
	join(r, PICKLED_OUTSIDE, count);
}

/* No pickle has more numbers in its memo than bytes. */
static void memo_put(struct reader *r, unsigned size)
{
	size_t i = (size_t)take_number(r, size);

	if (i >= (size_t)(r->end - r->bytes))
		die_damaged(r, "a memo's number that is too large");
	r->memo[i] = top(r);
}

static void memo_get(struct reader *r, unsigned size)
{
	size_t i = (size_t)take_number(r, size);

	if (i >= (size_t)(r->end - r->bytes) || !r->memo[i])
		die_damaged(r, "the memo lacks a value");
	push(r, r->memo[i]);
}

/* By their byte, with the names of pickletools; `with` goes to the function. Those without one are
 * refused. */
static const struct operation {
	const char *name;
	void (*run)(struct reader *, unsigned with);
	unsigned with;
} operations[UCHAR_MAX + 1] = {
	[0x80] = { "PROTO", protocol, 1 },
	['.'] = { "STOP", stop, 0 },
	['('] = { "MARK", mark, 0 },
	['N'] = { "NONE", empty, PICKLED_NONE },
	[0x88] = { "NEWTRUE", boolean, 1 },
	[0x89] = { "NEWFALSE", boolean, 0 },
	['K'] = { "BININT1", integer, 1 },
	['M'] = { "BININT2", integer, 2 },
	['J'] = { "BININT", integer, 4 },
	[0x8a] = { "LONG1", long_1, 0 },
	['G'] = { "BINFLOAT", real, 8 },
	['U'] = { "SHORT_BINSTRING", text, 1 },
	['T'] = { "BINSTRING", text, 4 },
	['X'] = { "BINUNICODE", text, 4 },
	[')'] = { "EMPTY_TUPLE", empty, PICKLED_TUPLE },
	[']'] = { "EMPTY_LIST", empty, PICKLED_LIST },
	['}'] = { "EMPTY_DICT", empty, PICKLED_DICT },
	['t'] = { "TUPLE", tuple, 0 },
	[0x85] = { "TUPLE1", tuple_of, 1 },
	[0x86] = { "TUPLE2", tuple_of, 2 },
	[0x87] = { "TUPLE3", tuple_of, 3 },
	['a'] = { "APPEND", put_one, PICKLED_LIST },
	['e'] = { "APPENDS", put_marked, PICKLED_LIST },
	['s'] = { "SETITEM", put_one, PICKLED_DICT },
	['u'] = { "SETITEMS", put_marked, PICKLED_DICT },
	['c'] = { "GLOBAL", global, 0 },
	['R'] = { "REDUCE", reduce, 2 },
	['b'] = { "BUILD", build, 0 },
	['Q'] = { "BINPERSID", persistent_id, 1 },
	['q'] = { "BINPUT", memo_put, 1 },
	['r'] = { "LONG_BINPUT", memo_put, 4 },
	['h'] = { "BINGET", memo_get, 1 },
	['j'] = { "LONG_BINGET", memo_get, 4 },
	['i'] = { .name = "INST" },
	['o'] = { .name = "OBJ" },
	[0x81] = { .name = "NEWOBJ" },
	[0x92] = { .name = "NEWOBJ_EX" },
	[0x93] = { .name = "STACK_GLOBAL" },
	[0x82] = { .name = "EXT1" },
	[0x95] = { .name = "FRAME" },
	[0x8c] = { .name = "SHORT_BINUNICODE" },
};

static void run_next(struct reader *r)
{
	const struct operation *o = &operations[*take(r, 1)];

	if (!o->run)
		die("%s: operation %s (byte %zu of its pickle), which torch.save does not write for "
		    "weights; save them anew, with torch.save's own pickle protocol",
			r->path, o->name ? o->name : "unknown", (size_t)(r->at - r->bytes) - 1);
	o->run(r, o->with);
}

const struct pickled *pickle_read(const char *path, const void *bytes, size_t size,
	bool (*known)(const char *name), struct arena *a)
{
	const unsigned char *first = bytes;
	struct reader r = { .path = path,
		.bytes = first,
		.at = first,
		.end = first + size,
		.known = known,
		.arena = a,
		.memo = must_alloc(size + 1, sizeof *r.memo) };

	while (!r.stopped)
		run_next(&r);
	const struct pickled *v = r.stack[0];
	free(r.stack);
	free(r.memo);
	free(r.marks);
	return v;
}
