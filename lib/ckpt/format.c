/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/mapped.h"
#include "base/utf8.h"
#include "pack/json.h"
#include "pack/pointer.h"

const struct format *const formats[] = { &format_safetensors, &format_torch, &format_gguf,
	&format_npz, NULL };

static const char *extension(const char *name)
{
	const char *dot = name ? strrchr(name, '.') : NULL;

	return dot ? dot : "";
}

/* What no format knows by its first bytes is read as what its name says, which says what is wrong. */
static const struct format *format_of(const struct weight_file *f)
{
	for (int i = 0; formats[i]; i++)
		if (formats[i]->is(f))
			return formats[i];
	for (int i = 0; formats[i]; i++)
		if (strcmp(extension(formats[i]->single), extension(f->name)) == 0)
			return formats[i];
	return formats[0];
}

static char *path_there(const char *directory, const char *name)
{
	char *path = name ? path_join(directory, name) : NULL;

	if (path && !access(path, F_OK))
		return path;
	free(path);
	return NULL;
}

char *weights_in(const char *directory, const struct format **format, bool *is_index)
{
	*is_index = false;
	if (access(directory, X_OK) && errno == EACCES)
		die_errno("cannot open %s", directory);
	for (int i = 0; formats[i]; i++) {
		char *path = path_there(directory, formats[i]->single);

		*format = formats[i];
		if (!path && formats[i]->index)
			*is_index = (path = path_there(directory, formats[i]->index)) != NULL;
		if (!path && formats[i]->find)
			path = formats[i]->find(directory);
		if (path)
			return path;
	}
	return NULL;
}

const char *weights_names(struct arena *a)
{
	const char *text = "";

	for (int i = 0; formats[i]; i++) {
		const struct format *f = formats[i];
		const char *const names[] = { f->single, f->index, f->found };

		for (int k = 0; k < 3; k++)
			if (names[k])
				text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", names[k]);
	}
	return text;
}

static void check_text(const struct weight_file *f, const struct entry *e, const char *text)
{
	if (!utf8_valid(text, strlen(text)))
		die("%s: tensor '%s': not UTF-8", f->path, e->name);
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			die("%s: tensor '%s': control character in its %s", f->path, e->name,
				text == e->name ? "name" : "type");
}

/* Mapped, not read. */
static struct weight_file *map_file(const char *path)
{
	struct weight_file *f = must_alloc(1, sizeof *f);
	const char *slash = strrchr(path, '/');

	f->path = path;
	f->name = slash ? slash + 1 : path;
	pointer_check(path);
	f->making = must_alloc(1, sizeof *f->making);
	pthread_mutex_init(f->making, NULL);
	f->bytes = mapped_open(path, &f->size);
	f->format = format_of(f);
	return f;
}

const struct format *weight_file_format(const char *path)
{
	return map_file(path)->format;
}

struct json_file weight_file_settings(const char *path, bool whole)
{
	const struct weight_file *f = map_file(path);

	if (!f->format->settings || (whole && !f->format->whole))
		die("%s: not a file that is a whole model, as a GGUF is; name the directory of the model",
			path);
	if (!f->format->settings_alone)
		f = weight_file_open(path);
	return (struct json_file){ path, f->format->settings(f) };
}

const struct weight_file *weight_file_open(const char *path)
{
	struct weight_file *f = map_file(path);

	f->format->read(f);
	for (size_t i = 0; i < f->count; i++) {
		f->entries[i].file = f;
		check_text(f, &f->entries[i], f->entries[i].name);
		check_text(f, &f->entries[i], f->entries[i].dtype);
	}
	return f;
}

struct tensor entry_tensor(const struct entry *e)
{
	struct entry *own = &e->file->entries[e - e->file->entries];

	if (!e->make)
		return e->tensor;
	pthread_mutex_lock(e->file->making);
	if (!own->tensor.data)
		own->tensor.data = e->make(e);
	struct tensor t = own->tensor;
	pthread_mutex_unlock(e->file->making);
	return t;
}
