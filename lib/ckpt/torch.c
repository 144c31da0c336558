/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/format.h"

#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "pack/pickle.h"
#include "ckpt/torch_archive.h"
#include "ckpt/torch_tensor.h"

/*
 * pytorch_model.bin: an archive of torch.save (torch_archive.h) whose pickle is a dict of tensors by
 * their names. Its header, for the fingerprint, is the pickle; its data all from the first byte
 * of the storages that tensors use to the last.
 */
enum { MAX_NAME = 4096 };

/* What is in a checkpoint of a training beside the weights or around them. */
static _Noreturn void die_value(const char *path, const char *name, const struct pickled *v)
{
	static const char *const words[] = { "None", "true or false", "a number", "a number",
		"a text", "a tuple", "a list", "a dict", "a function", "an object", "a storage" };

	if (v->kind == PICKLED_DICT)
		die("%s: '%s' is a dict within: a checkpoint of a training; save the weights alone: "
		    "torch.save(torch.load(FILE)['%s'], 'pytorch_model.bin')",
			path, name, name);
	die("%s: '%s' is %s, not a tensor; save tensors alone", path, name, words[v->kind]);
}

static const struct pickled *read_dict(struct weight_file *f, struct archive *archive)
{
	struct arena *arena = must_alloc(1, sizeof *arena); /* names stay in use */
	const void *bytes = archive_pickle(archive, arena, &f->header, &f->header_size);
	const struct pickled *dict =
		pickle_read(f->path, bytes, f->header_size, torch_known, arena);

	if (dict->kind != PICKLED_DICT)
		die("%s: holds no dict of tensors by their names; save that: "
		    "torch.save(model.state_dict(), 'pytorch_model.bin')",
			f->path);
	return dict;
}

static void read_entries(struct weight_file *f)
{
	struct storages s = { .archive = archive_open(f), .f = f };
	const struct pickled *dict = read_dict(f, s.archive);

	f->entries = must_alloc(dict->count / 2, sizeof *f->entries);
	for (size_t i = 0; i < dict->count; i += 2) {
		const struct pickled *key = dict->items[i], *value = dict->items[i + 1];

		if (key->kind != PICKLED_TEXT || strlen(key->text) > MAX_NAME)
			die("%s: a name in its dict is no text of at most %d bytes", f->path,
				MAX_NAME);
		if (!torch_is_tensor(value))
			die_value(f->path, key->text, value);
		f->entries[f->count].name = key->text;
		torch_tensor(&s, &f->entries[f->count++], value);
	}
	f->data = s.begin ? s.begin : f->bytes;
	f->data_size = s.begin ? (size_t)(s.end - s.begin) : 0;
}

static bool begins(const struct weight_file *f, const char *bytes, size_t size)
{
	return f->size >= size && memcmp(f->bytes, bytes, size) == 0;
}

/* A pickle, which is what torch.save wrote before version 1.6. */
static bool is_pickle(const struct weight_file *f)
{
	return f->size > 1 && f->bytes[0] == 0x80 && f->bytes[1] <= 5;
}

/* An archive of arrays is none (.npz), though a zip. */
static bool is_torch(const struct weight_file *f)
{
	return (begins(f, "PK\3\4", 4) && !format_npz.is(f)) || is_pickle(f);
}

static void read_file(struct weight_file *f)
{
	if (is_pickle(f))
		die("%s: in the format of torch.save before version 1.6; save it anew: "
		    "torch.save(torch.load(FILE, map_location='cpu'), 'pytorch_model.bin')",
			f->path);
	if (!begins(f, "PK\3\4", 4))
		die("%s: not a file of torch.save, which is a zip, or cut off", f->path);
	read_entries(f);
}

const struct format format_torch = { .single = "pytorch_model.bin",
	.index = "pytorch_model.bin.index.json",
	.is = is_torch,
	.read = read_file };
