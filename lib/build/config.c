/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/settings.h"
#include "shape/config_keys.h"
#include "shape/family.h"
#include "shape/refused.h"

/* "a, b, c" */
static const char *list_of(struct arena *a, const char *list, const char *next)
{
	return arena_printf(a, "%s%s%s", list, *list ? ", " : "", next);
}

static const struct family *find_family(const struct json_file *f)
{
	const char *class = json_string_value(json_array_get(json_find(f, "architectures"), 0));
	const char *type, *all = "";
	struct arena a = { 0 };

	for (int i = 0; class && !json_find(f, "model_type") && families[i]; i++)
		if (families[i]->class && strcmp(families[i]->class, class) == 0)
			return families[i];
	type = json_text(f, "model_type");
	for (int i = 0; families[i]; i++) {
		if (strcmp(families[i]->type, type) == 0)
			return families[i];
		all = list_of(&a, all, families[i]->type);
	}
	refuse_type(f, type);
	die("%s: model_type '%s' is not supported; supported: %s", f->path, type, all);
}

static long read_size(const struct shape *s, const struct key *k, long least)
{
	const struct json_file *f = &s->file;
	const long limit = 100000000;
	long otherwise = k->like ? *(const long *)((const char *)s + k->like) : (long)k->otherwise;
	long n = json_int_or(f, k->name, otherwise);

	if (json_find(f, k->name) && (n < least || n > limit))
		die("%s: '%s' is %ld; expected %ld to %ld", f->path, k->name, n, least, limit);
	return n;
}

static double read_real(const struct json_file *f, const struct key *k)
{
	double x = json_real_or(f, k->name, k->otherwise);

	if (x < 0)
		die("%s: '%s' is %g; expected 0 or more", f->path, k->name, x);
	return x;
}

/* Does the version of transformers that wrote the file read the key? Of another value than that of a
 * file without it, say that it does not. */
static bool is_read(const struct json_file *f, const struct key *k, const char *value)
{
	if (!k->until || config_version(f) < k->until)
		return true;
	warn("%s: '%s' is %s: without effect, since the version of transformers that wrote the file "
	     "ignores it",
		f->path, k->name, value);
	return false;
}

static bool read_flag(const struct json_file *f, const struct key *k)
{
	bool otherwise = k->otherwise != 0, value = json_bool_or(f, k->name, otherwise);

	if (value == otherwise || is_read(f, k, value ? "true" : "false"))
		return value;
	return otherwise;
}

static int read_word(const struct json_file *f, const struct key *k)
{
	const char *word = json_text_or(f, k->name, k->words[(int)k->otherwise]), *all = "";
	struct arena a = { 0 };

	for (int i = 0; k->words[i]; i++) {
		if (strcmp(k->words[i], word) == 0)
			return i;
		all = list_of(&a, all, k->words[i]);
	}
	die("%s: %s '%s' is not supported; supported: %s", f->path, k->name, word, all);
}

long json_token_id(const struct json_file *f, const char *key, long otherwise, long limit)
{
	long id = json_int_or(f, key, otherwise);

	if (id >= limit || (id < 0 && (id != -1 || json_find(f, key))))
		die("%s: '%s' is %ld; expected an id from 0 to %ld", f->path, key, id, limit - 1);
	return id;
}

/* The first of the ids, where there are several. */
static long first_id(const struct json_file *f, const struct key *k, long otherwise, long limit)
{
	const json_t *value = json_find(f, k->name);
	long id;

	if (!json_is_array(value))
		return json_token_id(f, k->name, otherwise, limit);
	if (!json_whole(json_array_get(value, 0), &id) || id < 0 || id >= limit)
		die("%s: '%s' must list ids from 0 to %ld", f->path, k->name, limit - 1);
	return id;
}

/* A null says that there is no such token, and so does a vocabulary that has not the default. */
static long read_id(const struct shape *s, const struct key *k)
{
	long limit = s->vocabulary[DEC], otherwise = (long)k->otherwise;

	if (k->id == EITHER_ID && s->vocabulary[ENC] > limit)
		limit = s->vocabulary[ENC];
	if (otherwise >= limit)
		otherwise = -1;
	if (k->id == FIRST_ID)
		return first_id(&s->file, k, otherwise, limit);
	if (json_object_get(s->file.object, k->name))
		otherwise = -1;
	return json_token_id(&s->file, k->name, otherwise, limit);
}

static void check_same(const struct json_file *f, const struct key *k, long value)
{
	long n = json_int_or(f, k->name, value);

	if (n != value)
		die("%s: '%s' is %ld, but %s is %ld", f->path, k->name, n, k->text, value);
}

static void check_only(const struct shape *s, const struct key *k)
{
	bool only = k->otherwise != 0;
	const char *other = only ? "false" : "true";

	if (json_bool_or(&s->file, k->name, only) != only && is_read(&s->file, k, other))
		die("%s: '%s' is %s: not supported for %s", s->file.path, k->name, other, s->type);
}

static void check_only_count(const struct shape *s, const struct key *k)
{
	struct arena a = { 0 };
	long n = json_int_or(&s->file, k->name, (long)k->otherwise);

	if (n != (long)k->otherwise && is_read(&s->file, k, arena_printf(&a, "%ld", n)))
		die("%s: '%s' is %ld: not supported for %s", s->file.path, k->name, n, s->type);
	arena_free(&a);
}

/* Keys that need no other. */
static void read_key(struct shape *s, const struct key *k)
{
	void *member = (char *)s + k->offset;

	switch (k->type) {
	case INT_KEY:
	case COUNT_KEY:
		*(long *)member = read_size(s, k, k->type == INT_KEY);
		break;
	case REAL_KEY:
		*(double *)member = read_real(&s->file, k);
		break;
	case FLAG_KEY:
		*(bool *)member = read_flag(&s->file, k);
		break;
	case WORD_KEY:
		*(int *)member = read_word(&s->file, k);
		break;
	case ONLY_KEY:
		check_only(s, k);
		break;
	case ONLY_COUNT_KEY:
		check_only_count(s, k);
		break;
	default:
		break;
	}
}

/* Keys that need the sizes. */
static void read_later_key(struct shape *s, const struct key *k)
{
	long *member = (long *)((char *)s + k->offset);

	if (k->type == ID_KEY)
		*member = read_id(s, k);
	else if (k->type == SAME_KEY)
		check_same(&s->file, k, *member);
}

/* The key that sets a member. */
static const char *name_of(const struct shape *s, const long *member)
{
	const struct key *k = s->family->keys;

	while (k->name &&
		(k->type != INT_KEY || (const char *)s + k->offset != (const char *)member))
		k++;
	return k->name ? k->name : "a size of every such model";
}

/* Sizes that follow from others. */
static void complete(struct shape *s)
{
	for (int i = ENC; i <= DEC; i++) {
		if (!s->layers[i])
			continue;
		if (!s->inner[i])
			s->inner[i] = 4 * s->width;
		if (!s->kv_heads[i])
			s->kv_heads[i] = s->heads[i];
		if (s->heads[i] % s->kv_heads[i])
			die("%s: '%s' is %ld: not a multiple of '%s', %ld", s->file.path,
				name_of(s, &s->heads[i]), s->heads[i], name_of(s, &s->kv_heads[i]),
				s->kv_heads[i]);
		if (s->head_width[i])
			continue;
		if (s->width % s->heads[i])
			die("%s: '%s' is %ld: not a multiple of '%s', %ld", s->file.path,
				name_of(s, &s->width), s->width, name_of(s, &s->heads[i]),
				s->heads[i]);
		s->head_width[i] = s->width / s->heads[i];
	}
	if (s->shared_tables || !s->vocabulary[DEC]) /* whatever the file says */
		s->vocabulary[DEC] = s->vocabulary[ENC];
	if (!s->vocabulary[ENC])
		s->vocabulary[ENC] = s->vocabulary[DEC];
	if (!s->table_width)
		s->table_width = s->width;
}

static const char *directory_name(const char *directory)
{
	const char *slash;
	char *name = must_strdup(directory);
	size_t n = strlen(name);

	while (n > 1 && name[n - 1] == '/')
		name[--n] = '\0';
	slash = strrchr(name, '/');
	return slash && slash[1] ? slash + 1 : name;
}

struct shape *shape_read(const char *directory)
{
	refuse_adapter(directory);

	struct json_file f = settings_open(directory);
	const struct family *family = find_family(&f);
	struct shape *s = must_alloc(1, sizeof *s);

	*s = family->fixed;
	s->pad = s->bos = s->eos = s->start = s->forced_bos = s->forced_eos = s->mask = -1;
	s->file = f;
	s->directory = directory;
	s->family = family;
	s->type = family->type;
	s->name = json_text_or(&f, "_name_or_path", directory_name(directory));
	config_check_keys(&f, family);
	for (const struct key *k = family->keys; k->name; k++)
		read_key(s, k);
	complete(s);
	if (family->finish)
		family->finish(s);
	s->pruned = config_pruned(&f);
	for (const struct key *k = family->keys; k->name; k++)
		read_later_key(s, k);
	if (s->bos_forced && s->forced_bos < 0)
		s->forced_bos = s->bos;
	return s;
}
