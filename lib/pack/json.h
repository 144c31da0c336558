/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PACK_JSON_H
#define LRP_PACK_JSON_H

#include <jansson.h>
#include <stdbool.h>

/*
 * A JSON file that holds one object, for the life of the process. Getters die, naming file and
 * key, on a value of another kind. A key whose value is null counts as absent, as in the Hugging
 * Face files that these are.
 */
struct json_file {
	const char *path;
	const json_t *object; /* NULL: there is no such file */
};

/* `name` in `directory`. The first dies where there is no such file, the second does not. */
struct json_file json_file_open(const char *directory, const char *name);
struct json_file json_file_try(const char *directory, const char *name);

/* The same of a path. */
struct json_file json_file_load(const char *path);

/* The same from text that was read already; `path` is its name in messages. */
struct json_file json_file_parse(const char *path, const char *text, size_t length);

/* NULL where the key is absent. */
const json_t *json_find(const struct json_file *f, const char *key);

/* The value as a whole number: false for anything else than 3 or 3.0. */
bool json_whole(const json_t *value, long *n);

/* They die where the key is absent; the _or forms give a default instead. */
long json_int(const struct json_file *f, const char *key);
const char *json_text(const struct json_file *f, const char *key);

long json_int_or(const struct json_file *f, const char *key, long otherwise);
double json_real_or(const struct json_file *f, const char *key, double otherwise);
bool json_bool_or(const struct json_file *f, const char *key, bool otherwise);
const char *json_text_or(const struct json_file *f, const char *key, const char *otherwise);

/* "directory/name", for the life of the process. */
char *path_join(const char *directory, const char *name);

#endif
