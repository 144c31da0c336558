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

static struct scaling find_scaling(const struct json_file *f)
{
	const json_t *old = json_find(f, "rope_scaling"), *new = json_find(f, "rope_parameters");
	struct scaling x = { .file = f, .object = new ? new : old, .type = "default" };
	const json_t *type = json_object_get(x.object, "rope_type");

	type = type ? type : json_object_get(x.object, "type");
	if (x.object && !json_is_object(x.object))
		die("%s: '%s' is no map", f->path, new ? "rope_parameters" : "rope_scaling");
	if (json_is_string(type))
		x.type = json_string_value(type);
	x.factor = strcmp(x.type, "default") && strcmp(x.type, "longrope") && strcmp(x.type, "su")
			   ? needed(&x, "factor")
			   : 1;
	return x;
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

static double yarn(const struct scaling *x, const struct shape *s, long k, double f, double d)
{
	double old = number(x, "original_max_position_embeddings", (double)s->positions);
	const json_t *truncate = json_object_get(x->object, "truncate");
	double low = pair_of_turns(number(x, "beta_fast", 32), old, s->theta, d);
	double high = pair_of_turns(number(x, "beta_slow", 1), old, s->theta, d);

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

static double scaled(const struct scaling *x, const struct shape *s, long k, double f, double d)
{
	if (strcmp(x->type, "linear") == 0)
		return f / x->factor;
	if (strcmp(x->type, "llama3") == 0)
		return llama3(x, f);
	if (strcmp(x->type, "yarn") == 0)
		return yarn(x, s, k, f, d);
	return f; /* default; dynamic */
}

/* Every key is one of its type's. */
static void check_keys(const struct scaling *x)
{
	static const struct {
		const char *type, *keys;
	} types[] = { { "default", "" }, { "linear", " factor " },
		{ "dynamic", " factor original_max_position_embeddings " },
		{ "llama3",
			" factor low_freq_factor high_freq_factor original_max_position_embeddings " },
		{ "longrope", " factor short_factor long_factor attention_factor "
			      "original_max_position_embeddings " },
		{ "su", " short_factor long_factor original_max_position_embeddings " },
		{ "yarn", " factor beta_fast beta_slow attention_factor mscale mscale_all_dim "
			  "truncate original_max_position_embeddings " } };
	const char *key, *keys = NULL;
	json_t *value;
	struct arena a = { 0 };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].type, x->type) == 0)
			keys = types[i].keys;
	if (!keys)
		die("%s: rotary positions of the type '%s' are not supported; supported: default, "
		    "linear, dynamic, llama3, yarn, longrope",
			x->file->path, x->type);
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

static double longrope_scale(const struct scaling *x, const struct shape *s)
{
	double old = rotary_longrope_positions(&s->file);
	double factor = number(x, "factor",
		(double)json_int_or(&s->file, "max_position_embeddings", (long)old) / old);

	return number(x, "attention_factor", factor > 1 ? sqrt(1 + log(factor) / log(old)) : 1);
}

long rotary_longrope_positions(const struct json_file *f)
{
	struct scaling x = { .file = f, .object = json_find(f, "rope_scaling") };
	const json_t *new = json_find(f, "rope_parameters");

	x.object = new ? new : x.object;
	return (long)number(&x, "original_max_position_embeddings",
		(double)json_int_or(f, "original_max_position_embeddings", 4096));
}

bool rotary_is_longrope(const struct json_file *f)
{
	struct scaling x = find_scaling(f);

	return strcmp(x.type, "longrope") == 0 || strcmp(x.type, "su") == 0;
}

struct rotation rotary_of(const struct shape *s, int heads, bool local, struct arena *a)
{
	struct scaling x = find_scaling(&s->file);
	struct rotation r = { .heads = heads };
	struct shape own = *s;
	long e = s->head_width[DEC];
	long pairs = (long)((double)e * (s->rotary_part != 0 ? s->rotary_part : 1)) / 2;

	check_keys(&x);
	own.theta = number(&x, "rope_theta", s->theta);
	if (local && s->local_theta != 0) {
		own.theta = s->local_theta;
		x = (struct scaling){ .file = &s->file, .type = "default", .factor = 1 };
	}
	r.frequencies.count = pairs;
	r.frequencies.at = arena_array(a, (size_t)pairs, sizeof *r.frequencies.at);
	for (long k = 0; k < pairs; k++) {
		double f = pow(own.theta, -(double)k / (double)pairs);

		r.frequencies.at[k] = rotary_is_longrope(&s->file) && x.object
					      ? f / short_factor(&x, k, pairs)
					      : scaled(&x, &own, k, f, 2 * (double)pairs);
	}
	if (strcmp(x.type, "yarn") == 0)
		r.scale = yarn_scale(&x);
	else if (rotary_is_longrope(&s->file) && x.object)
		r.scale = longrope_scale(&x, s);
	return r;
}
