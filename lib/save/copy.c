/* SPDX-License-Identifier: Apache-2.0 */
#include "save/copy.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/dtype.h"
#include "pack/json.h"
#include "save/write.h"

#define METADATA "__metadata__"
#define NOTE "lrpipe"
#define SINGLE format_safetensors.single

/* What was done, behind what earlier edits said. */
static void set_note(json_t *header, const char *note)
{
	json_t *metadata = json_object_get(header, METADATA);
	const char *before = json_string_value(json_object_get(metadata, NOTE));

	if (!json_is_object(metadata)) {
		metadata = json_object();
		json_object_set_new(header, METADATA, metadata);
	}
	json_object_set_new(
		metadata, NOTE, before ? json_sprintf("%s; %s", before, note) : json_string(note));
}

/* A header of a file of another format: what safetensors say of tensors from PyTorch. */
static json_t *new_header(const struct weight_file *f, const struct edited *o)
{
	json_t *header = json_pack("{s: {s: s}}", METADATA, "format", "pt");

	for (size_t i = 0; i < f->count; i++) {
		const struct entry *e = o[i].entry;
		const struct dtype *d =
			*o[i].type ? dtype_of_type(o[i].type) : dtype_find(e->dtype);

		if (strcmp(e->name, METADATA) == 0)
			die("%s: a tensor is called '%s', which safetensors keep for other things",
				f->path, e->name);
		if (!d)
			die("%s: tensor '%s' is %s, which safetensors have not", f->path, e->name,
				e->dtype);
		json_object_set_new(header, e->name, json_pack("{s: s}", "dtype", d->name));
	}
	return header;
}

static json_t *old_header(const struct weight_file *f)
{
	json_error_t error;
	json_t *header = json_loadb((const char *)f->header, f->header_size, 0, &error);

	if (!header)
		die("%s: not valid JSON: %s", f->path, error.text);
	return header;
}

/* The header with the shapes and offsets that are to be; of safetensors the file's own, in its order. */
static char *make_header(
	const struct weight_file *f, const struct edited *o, const char *note, size_t *size)
{
	json_t *header = f->format == &format_safetensors ? old_header(f) : new_header(f, o);

	for (size_t i = 0; i < f->count; i++) {
		json_t *entry = json_object_get(header, o[i].entry->name), *shape = json_array();

		for (int d = 0; d < o[i].entry->tensor.dimensions; d++)
			json_array_append_new(shape, json_integer(o[i].shape[d]));
		json_object_set_new(entry, "shape", shape);
		json_object_set_new(entry, "data_offsets",
			json_pack("[I, I]", (json_int_t)o[i].begin,
				(json_int_t)o[i].begin + (json_int_t)o[i].size));
	}
	set_note(header, note);
	char *text = json_dumps(header, JSON_COMPACT);
	if (!text)
		die("out of memory");
	json_decref(header);
	*size = strlen(text);
	return text;
}

static void write_file(const struct weight_file *f, const struct tensor_edit *edits, int count,
	const char *note, const char *path)
{
	struct edited *o = tensors_edited(f, edits, count);
	size_t size;
	char *header = make_header(f, o, note, &size);
	uint64_t padded = (size + 7) / 8 * 8;
	FILE *to = file_create(path);

	file_put(to, path, &padded, sizeof padded);
	file_put(to, path, header, size);
	file_put(to, path, "        ", (size_t)padded - size);
	for (size_t i = 0; i < f->count; i++) {
		file_put(to, path, edited_bytes(&o[i]), o[i].size);
		edited_done(&o[i]);
	}
	file_finish(to, path);
	free(o);
	free(header);
}

static size_t count_files(const struct checkpoint *c)
{
	size_t n = 0;

	while (checkpoint_file(c, n))
		n++;
	return n;
}

/* Safetensors keep their names, whatever those are; others get those of the format. */
static const char *name_of(const struct checkpoint *c, size_t i, struct arena *a)
{
	const struct weight_file *f = checkpoint_file(c, i);
	size_t count = count_files(c), stem = strlen(SINGLE) - strlen(strrchr(SINGLE, '.'));

	if (f->format == &format_safetensors)
		return f->name;
	if (count == 1)
		return SINGLE;
	return arena_printf(
		a, "%.*s-%05zu-of-%05zu%s", (int)stem, SINGLE, i + 1, count, SINGLE + stem);
}

/* Which file has which tensor, as the format's index says it. */
static void write_index(const struct checkpoint *c, const char *directory, struct arena *a)
{
	const struct weight_file *f;
	json_t *map = json_object();
	json_int_t size = 0;

	for (size_t i = 0; (f = checkpoint_file(c, i)); i++)
		for (size_t k = 0; k < f->count; k++) {
			json_object_set_new(map, f->entries[k].name, json_string(name_of(c, i, a)));
			size += (json_int_t)f->entries[k].size;
		}
	json_t *index =
		json_pack("{s: {s: I}, s: o}", "metadata", "total_size", size, "weight_map", map);
	char *text = json_dumps(index, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (!text)
		die("out of memory");
	const char *line = arena_printf(a, "%s\n", text);
	file_write(path_join(directory, format_safetensors.index), line, strlen(line));
	json_decref(index);
	free(text);
}

void checkpoint_copy(const struct checkpoint *c, const struct tensor_edit *edits, int count,
	const char *note, const char *directory, struct arena *a)
{
	const struct weight_file *f = checkpoint_file(c, 0);

	if (f && f->format != &format_safetensors && count_files(c) > 1)
		write_index(c, directory, a);
	for (size_t i = 0; (f = checkpoint_file(c, i)); i++)
		write_file(f, edits, count, note, path_join(directory, name_of(c, i, a)));
}
