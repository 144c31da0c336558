/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_RECORD_H
#define LRP_RECORD_RECORD_H

#include <msgpack/object.h>
#include <msgpack/zone.h>
#include <stdbool.h>

#include "base/arena.h"
#include "tensor/tensor.h"

struct instream;

/*
 * A record: one MessagePack map with string keys. It belongs to the stream it was read from and
 * lives until the next stream_next(); headers live until the next header. All getters die, naming
 * the key, where it is missing or of another type; they take the key of a record, or of a map
 * inside one (`where` names that map in messages: "model", or NULL for the record itself).
 */
struct record {
	const char *type;
	bool is_header;
	struct instream *from; /* of a header that was read from a stream: it; else NULL */
	msgpack_object map;
	struct arena *arena; /* lives as long as the record */
};

/*
 * Read the bytes of one record. The record points into them, into the zone and into the arena; it
 * lives as long as the first of them. Dies on everything FORMAT.md does not allow.
 */
void record_parse(
	struct record *r, const char *bytes, size_t size, msgpack_zone *zone, struct arena *arena);

/* NULL where there is no such key. */
const msgpack_object *record_find(const struct record *r, const char *key);
bool record_has(const struct record *r, const char *key);

long record_int(const struct record *r, const char *key);
double record_real(const struct record *r, const char *key);
const char *record_text(const struct record *r, const char *key);
const msgpack_object *record_map(const struct record *r, const char *key);
const msgpack_object *record_list(const struct record *r, const char *key);
struct tensor record_tensor(const struct record *r, const char *key);

/* The same for a map inside a record; text is copied into the arena and ends in NUL. */
const msgpack_object *map_find(const msgpack_object *map, const char *key);
long map_int(const msgpack_object *map, const char *where, const char *key);
double map_real(const msgpack_object *map, const char *where, const char *key);
const char *map_text(
	const msgpack_object *map, const char *where, const char *key, struct arena *a);
struct tensor map_tensor(const msgpack_object *map, const char *where, const char *key);

/* One object: is it a tensor (a map with the keys of msgpack-numpy)? False where it is not. */
bool object_tensor(const msgpack_object *o, struct tensor *t);
/* Is the object (a string, or a tensor's key in bin) this text? */
/* A number of any kind. */
bool object_number(const msgpack_object *o, double *x);

bool object_is(const msgpack_object *o, const char *text);
/* A string object as text of the arena; dies, naming `what`, where it is none. */
const char *object_text(const msgpack_object *o, const char *what, struct arena *a);

#endif
