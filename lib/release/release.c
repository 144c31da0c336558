/* SPDX-License-Identifier: Apache-2.0 */
#include "release/release.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"
#include "release/option_words.h"
#include "pack/yaml.h"

#define DECODER "decoder.yml"
#define VOCABULARY "vocab.yml"

/* Options of decoder.yml that change nothing of what is computed here. */
static const struct unused_options unused[] = {
	{ "read here", "models vocabs" },
	{ "paths: the files are plain names beside it", "relative-paths interpolate-env-vars" },
	{ "which of several translations is best; here the likeliest token is the next",
		"beam-size normalize word-penalty skip-cost" },
	{ "whether the unknown token may be generated; as in the converted model it may",
		"allow-unk" },
	{ "what is printed", "n-best word-scores alignment quiet quiet-translation log log-level "
			     "log-time-zone stat-freq version" },
	{ "how fast, and on what",
		"mini-batch mini-batch-words maxi-batch maxi-batch-sort workspace cpu-threads "
		"devices num-devices model-mmap seed check-nan port" },
	{ NULL, NULL },
};

/* Options that may be there where they say nothing. */
static const char *const refused =
	"ignore-model-config output-sampling output-approx-knn shortlist optimize fp16 gemm-type "
	"quantize-range force-decode max-length-crop right-left tsv no-spm-encode no-spm-decode";

/* Files are beside decoder.yml. */
static char *plain_path(const struct json_file *f, const char *directory, const json_t *name)
{
	const char *text = json_string_value(name);

	if (!text || !*text || strchr(text, '/') || !strcmp(text, "..") || !strcmp(text, "."))
		die("%s: '%s' is not a plain file name", f->path, option_text(name));
	return path_join(directory, text);
}

static bool says_nothing(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
	       (json_is_array(value) && !json_array_size(value)) ||
	       (json_is_number(value) && json_number_value(value) == 0) ||
	       option_among("float32", option_text(value));
}

static void check_options(const struct json_file *f)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)f->object, key, value)
	{
		if (option_unused(unused, key))
			continue;
		if (!option_among(refused, key))
			die("%s: '%s' is no option that is known here; remove it if it does not "
			    "change the translation",
				f->path, key);
		if (!says_nothing(value))
			die("%s: '%s' is %s: not supported", f->path, key, option_text(value));
	}
}

static struct json_file decoder_of(const char *directory)
{
	char *path = path_join(directory, DECODER);

	if (access(path, F_OK))
		return (struct json_file){ path, NULL };
	return yaml_file_load(path);
}

static bool ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* The only file of a directory with that end; NULL: none. */
static char *only_file(const char *directory, const char *end)
{
	DIR *d = opendir(directory);
	char *name = NULL;
	const struct dirent *e;

	if (!d)
		return NULL;
	while ((e = readdir(d))) {
		if (!ends(e->d_name, end))
			continue;
		if (name)
			die("%s: has both %s and %s; name one in " DECODER, directory,
				strcmp(name, e->d_name) < 0 ? name : e->d_name,
				strcmp(name, e->d_name) < 0 ? e->d_name : name);
		name = must_strdup(e->d_name);
	}
	closedir(d);
	return name ? path_join(directory, name) : NULL;
}

char *release_weights(const char *directory)
{
	struct json_file f = decoder_of(directory);
	const json_t *models;

	if (!f.object)
		return only_file(directory, ".npz");
	check_options(&f);
	models = json_find(&f, "models");
	if (json_array_size(models) != 1)
		die("%s: 'models' must name one file; several together are not supported", f.path);
	char *path = plain_path(&f, directory, json_array_get(models, 0));
	if (!ends(path, ".npz"))
		die("%s: 'models' is %s: not supported, only .npz", f.path,
			option_text(json_array_get(models, 0)));
	return path;
}

/* The file of a side's vocabulary; NULL: none. */
static char *vocabulary_path(const char *directory, bool target)
{
	struct json_file f = decoder_of(directory);
	const json_t *vocabs = f.object ? json_find(&f, "vocabs") : NULL;

	if (!vocabs)
		return only_file(directory, VOCABULARY);
	if (json_array_size(vocabs) != 2)
		die("%s: 'vocabs' must name two files, the source's and the target's", f.path);
	const json_t *name = json_array_get(vocabs, target);
	char *path = plain_path(&f, directory, name);
	if (!ends(path, ".yml") && !ends(path, ".yaml") && !ends(path, ".json"))
		die("%s: 'vocabs' names %s: not supported, only .yml", f.path, option_text(name));
	return path;
}

/* Each id below `count` is that of one piece. */
static void check_ids(const struct json_file *f, long count)
{
	bool *seen = must_alloc((size_t)count, sizeof *seen);
	const char *piece;
	json_t *value;

	json_object_foreach((json_t *)f->object, piece, value)
	{
		long id;

		if (!json_is_integer(value))
			die("%s: the id of '%s' must be a whole number", f->path, piece);
		id = (long)json_integer_value(value);
		if (id < 0 || id >= count)
			die("%s: '%s' has id %ld, but the model has %ld tokens", f->path, piece, id,
				count);
		if (seen[id])
			die("%s: '%s' has id %ld, which another piece has", f->path, piece, id);
		seen[id] = true;
	}
	if (json_object_size(f->object) != (size_t)count)
		die("%s: has %zu pieces, but the model has %ld tokens", f->path,
			json_object_size(f->object), count);
	free(seen);
}

struct json_file release_vocabulary(const char *directory, bool target, long tokens)
{
	static const char *const needed[] = { "</s>", "<unk>" };
	char *path = vocabulary_path(directory, target);

	if (!path || access(path, F_OK))
		return (struct json_file){ path, NULL };
	struct json_file f = yaml_file_load(path);
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!json_object_get(f.object, needed[i]))
			die("%s: has no '%s'", f.path, needed[i]);
	if (json_object_get(f.object, "<pad>"))
		die("%s: has '<pad>', which such a model has no piece for", f.path);
	if (!tokens)
		tokens = (long)json_object_size(f.object) + 1;
	check_ids(&f, tokens - 1);
	if (json_object_set_new((json_t *)f.object, "<pad>", json_integer(tokens - 1)))
		die("out of memory");
	return f;
}

long release_eos(const char *directory, long tokens)
{
	struct json_file f = release_vocabulary(directory, true, tokens);

	return f.object ? json_int(&f, "</s>") : 0;
}
