/* SPDX-License-Identifier: Apache-2.0 */
#include "shape/rotary.h"

#include <math.h>
#include <string.h>

#include "base/die.h"

/* rope_scaling of config.json, or rope_parameters, as later versions call it. */
struct scaling {
	const struct json_file *file;
	const json_t *object; /* NULL: none */
	const char *type;
	double factor;
};

static double number(const struct scaling *x, const char *key, double otherwise)
{
	const json_t *value = json_object_get(x->object, key);

	if (!value || json_is_null(value))
		return otherwise;
	if (!json_is_number(value))
		die("%s: '%s' of the rotary positions is not a number", x->file->path, key);
	return json_number_value(value);
}

static double needed(const struct scaling *x, const char *key)
{
	double value = number(x, key, -1);

	if (!(value > 0))
		die("%s: rotary positions of the type '%s' need '%s', a number above 0",
			x->file->path, x->type, key);
	return value;
}

/* The types there are, and the keys of each. */
static const struct {
	const char *type, *keys;
	bool by_factor; /* all frequencies are divided by one, or some */
} types[] = { { "default", "", false }, { "linear", " factor ", true },
	{ "dynamic", " factor original_max_position_embeddings ", true },
	{ "llama3", " factor low_freq_factor high_freq_factor original_max_position_embeddings ",
		true },
	{ "longrope",
		" factor short_factor long_factor attention_factor "
		"original_max_position_embeddings ",
		false },
	{ "su", " short_factor long_factor original_max_position_embeddings ", false },
	{ "yarn",
		" factor beta_fast beta_slow attention_factor mscale mscale_all_dim truncate "
		"original_max_position_embeddings ",
		true } };

/* Its number in the table. */
static size_t find_type(const struct scaling *x)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].type, x->type) == 0)
			return i;
	die("%s: rotary positions of the type '%s' are not supported; supported: default, linear, "
	    "dynamic, llama3, yarn, longrope",
		x->file->path, x->type);
}

/* Every key is one of its type's. */
static void check_keys(const struct scaling *x, const char *keys)
{
	const char *key;
	json_t *value;
	struct arena a = { 0 };

	json_object_foreach((json_t *)x->object, key, value)
	{
		if (!strcmp(key, "type") || !strcmp(key, "rope_type") || !strcmp(key, "rope_theta"))
			continue;
		if (!strstr(keys, arena_printf(&a, " %s ", key)))
			die("%s: '%s' is no setting of rotary positions of the type '%s' that is known "
			    "here",
				x->file->path, key, x->type);
	}
	arena_free(&a);
}

static struct scaling read_scaling(const struct json_file *f)
{
	const json_t *old = json_find(f, "rope_scaling"), *new = json_find(f, "rope_parameters");
	struct scaling x = { .file = f, .object = new ? new : old, .type = "default", .factor = 1 };
	const json_t *type = json_object_get(x.object, "rope_type");

	type = type ? type : json_object_get(x.object, "type");
	if (x.object && !json_is_object(x.object))
		die("%s: '%s' is no map", f->path, new ? "rope_parameters" : "rope_scaling");
	if (json_is_string(type))
		x.type = json_string_value(type);
	size_t i = find_type(&x);
	if (types[i].by_factor)
		x.factor = needed(&x, "factor");
	check_keys(&x, types[i].keys);
	return x;
}

static bool is_longrope(const struct scaling *x)
{
	return strcmp(x->type, "longrope") == 0 || strcmp(x->type, "su") == 0;
}

/* The positions of the first training. */
static double first_positions(const struct scaling *x)
{
	return number(x, "original_max_position_embeddings",
		(double)json_int_or(x->file, "original_max_position_embeddings", 4096));
}

/* By the length of a frequency's wave against the positions of the first training. */
static double llama3(const struct scaling *x, double f)
{
	double old = needed(x, "original_max_position_embeddings"), wave = 2 * acos(-1) / f;
	double low = needed(x, "low_freq_factor"), high = needed(x, "high_freq_factor");
	double smooth = (old / wave - low) / (high - low);

	if (wave < old / high)
		return f;
	if (wave > old / low)
		return f / x->factor;
	return (1 - smooth) * f / x->factor + smooth * f;
}

/* The number of the pair, not a whole one, that makes so many turns in the first training. */
static double pair_of_turns(double turns, double old, double theta, double d)
{
	return d * log(old / (turns * 2 * acos(-1))) / (2 * log(theta));
}

/* Of pair k of d neurons; `most`: the positions of the model. */
static double yarn(const struct scaling *x, double theta, long most, long k, double f, double d)
{
	double old = number(x, "original_max_position_embeddings", (double)most);
	const json_t *truncate = json_object_get(x->object, "truncate");
	double low = pair_of_turns(number(x, "beta_fast", 32), old, theta, d);
	double high = pair_of_turns(number(x, "beta_slow", 1), old, theta, d);

	if (!json_is_false(truncate)) {
		low = floor(low);
		high = ceil(high);
	}
	low = fmax(low, 0);
	high = fmin(high, d - 1);
	if (low == high)
		high += 0.001;
	double ramp = fmin(fmax(((double)k - low) / (high - low), 0), 1);
	return f / x->factor * ramp + f * (1 - ramp);
}

/* The factor of cosine and sine. */
static double yarn_scale(const struct scaling *x)
{
	double scale = number(x, "mscale", 0), all = number(x, "mscale_all_dim", 0);
	double log_factor = x->factor > 1 ? 0.1 * log(x->factor) : 0;

	if (scale != 0 && all != 0)
		return (scale * log_factor + 1) / (all * log_factor + 1);
	return number(x, "attention_factor", log_factor + 1);
}

/* The factors of frequencies in texts within the positions of the first training. */
static double short_factor(const struct scaling *x, long k, long count)
{
	const json_t *list = json_object_get(x->object, "short_factor");
	const json_t *factor = json_array_get(list, (size_t)k);

	if (json_array_size(list) != (size_t)count || !json_is_number(factor) ||
		!(json_number_value(factor) > 0))
		die("%s: 'short_factor' of the rotary positions is no list of %ld numbers above 0",
			x->file->path, count);
	return json_number_value(factor);
}

static double longrope_scale(const struct scaling *x)
{
	double old = first_positions(x);
	double factor = number(x, "factor",
		(double)json_int_or(x->file, "max_position_embeddings", (long)old) / old);

	return number(x, "attention_factor", factor > 1 ? sqrt(1 + log(factor) / log(old)) : 1);
}

long rotary_longrope_positions(const struct json_file *f)
{
	struct scaling x = read_scaling(f);

	return is_longrope(&x) ? (long)first_positions(&x) : 0;
}

/* The frequency of pair k of so many. */
static double frequency(const struct scaling *x, double theta, long most, long k, long pairs)
{
	double f = pow(theta, -(double)k / (double)pairs);

	if (strcmp(x->type, "linear") == 0)
		return f / x->factor;
	if (strcmp(x->type, "llama3") == 0)
		return llama3(x, f);
	if (strcmp(x->type, "yarn") == 0)
		return yarn(x, theta, most, k, f, 2 * (double)pairs);
	return is_longrope(x) ? f / short_factor(x, k, pairs) : f; /* default; dynamic */
}

struct rotation rotary_of(const struct shape *s, int heads, bool local, struct arena *a)
{
	struct scaling x = read_scaling(&s->file);
	double theta = number(&x, "rope_theta", s->theta);
	double neurons = (double)s->head_width[DEC] * (s->rotary_part != 0 ? s->rotary_part : 1);
	struct rotation r = { .heads = heads, .frequencies.count = (long)neurons / 2 };

	if (local && s->local_theta != 0) {
		theta = s->local_theta;
		x = (struct scaling){ .file = &s->file, .type = "default", .factor = 1 };
	}
	r.frequencies.at = arena_array(a, (size_t)r.frequencies.count, sizeof *r.frequencies.at);
	for (long k = 0; k < r.frequencies.count; k++)
		r.frequencies.at[k] = frequency(&x, theta, s->positions, k, r.frequencies.count);
	if (strcmp(x.type, "yarn") == 0)
		r.scale = yarn_scale(&x);
	else if (is_longrope(&x))
		r.scale = longrope_scale(&x);
	return r;
}
