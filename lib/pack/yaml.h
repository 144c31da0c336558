/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PACK_YAML_H
#define LRP_PACK_YAML_H

#include "pack/json.h"

/*
 * A YAML file that holds one mapping, as an object that the getters of json.h take, for the life of
 * the process. Keys are texts, whatever they look like ("no", "~", "1.0"). A plain scalar is a
 * number where it is one in JSON, true, false, or null (also "~" and nothing); all others, and all
 * that are quoted, are texts: in Marian's files "n" and "no" are. Dies, naming the file, on what is
 * not YAML 1.1 or not UTF-8 (or UTF-16), anchors, aliases, tags, keys that are not scalars or stand
 * twice, more than one document, more than 16 levels.
 */
struct json_file yaml_file_load(const char *path);

/* The same from text that was read already; `path` is its name in messages. */
struct json_file yaml_file_parse(const char *path, const char *text, size_t length);

#endif
