/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHOW_JSON_H
#define LRP_SHOW_JSON_H

#include <stdio.h>

#include "record/draft.h"
#include "record/record.h"

/*
 * Records as JSON and back; FORMAT.md ("As JSON lines") is the specification. What json_put()
 * prints json_draft() reads back as the same value.
 */

/*
 * One value, no newline behind it. `plain`: a list of numbers stands for a tensor here, which is so
 * in data records, in no list, under no key of json_is_ids().
 */
void json_put(FILE *to, const msgpack_object *o, bool plain);

/* Under these keys (ids, inputs, positions, drawn) a list of numbers is a list. */
bool json_is_ids(const char *key);

/* A string, quoted; bytes that are no UTF-8 become U+FFFD. */
void json_put_text(FILE *to, const char *text, size_t size);

struct json_t; /* jansson's value */

/* Add a value to a draft; `plain` as above, for the key itself too. Dies on what no record can
 * hold. */
void json_draft(struct draft *d, const char *key, const struct json_t *value, bool plain);

/* The keys of a line but `type`. */
void json_draft_keys(struct draft *d, const struct json_t *line, bool plain);

/* Read a line of `fd` that is to become a record: an object, with its type. Dies where it cannot be
 * one, and where it says that its writer failed (stream/failure.h). */
struct json_t *json_line(const char *text, size_t length, int fd, const char **type);

/* A number in as many digits as give it back: 6 to 9 for a float, 15 to 17 for a double. */
const char *number_text(double x, bool single, char text[32]);

#endif
