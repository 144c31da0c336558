/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_DRAFT_H
#define LRP_RECORD_DRAFT_H

#include <msgpack/object.h>

#include "record/record.h"
#include "tensor/tensor.h"

/*
 * A record in the making: keys are appended in the order of the calls. In a list opened with
 * draft_list() the key is NULL. draft_map() and draft_list() say how many entries follow.
 */
struct draft;

/* An empty draft; `out` programs get theirs from stream_draft(). Reused: begin again. */
struct draft *draft_new(void);
void draft_begin(struct draft *d, const char *type);

/* All keys of the record but `type` and those named; the list of names ends with NULL. */
void draft_pass(struct draft *d, const struct record *r, ...);
void draft_pass_except(
	struct draft *d, const struct record *r, const char *const *names, int count);

void draft_int(struct draft *d, const char *key, long value);
void draft_real(struct draft *d, const char *key, double value);
void draft_bool(struct draft *d, const char *key, bool value);
/* Bytes of the text that are not UTF-8 are written as U+FFFD. */
void draft_text(struct draft *d, const char *key, const char *value);
void draft_bin(struct draft *d, const char *key, const void *data, size_t size);
void draft_object(struct draft *d, const char *key, const msgpack_object *value);
void draft_map(struct draft *d, const char *key, int entries);
void draft_list(struct draft *d, const char *key, int entries);

/* A tensor in msgpack-numpy's layout; `data` is copied. */
void draft_tensor(struct draft *d, const char *key, const struct tensor *t);
/* The same from its parts; the shape's sizes follow, of any integer type. */
#define draft_floats(d, key, data, dimensions, ...)                                                \
	draft_array((d), (key), "<f4", 1 ? (data) : (const float *)0, (dimensions),                \
		(const long[]){ __VA_ARGS__ })
#define draft_doubles(d, key, data, dimensions, ...)                                               \
	draft_array((d), (key), "<f8", 1 ? (data) : (const double *)0, (dimensions),               \
		(const long[]){ __VA_ARGS__ })
#define draft_ints(d, key, data, dimensions, ...)                                                  \
	draft_array((d), (key), "<i4", 1 ? (data) : (const int32_t *)0, (dimensions),              \
		(const long[]){ __VA_ARGS__ })
void draft_array(struct draft *d, const char *key, const char *type, const void *data,
	int dimensions, const long *shape);

/* The finished map: its bytes, valid until the next draft_begin(). */
const void *draft_bytes(struct draft *d, size_t *size);

#endif
