/* SPDX-License-Identifier: Apache-2.0 */
#include "op/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static const char *const contributions[] = {
	[RATIO] = "ratio",
	[MAGNITUDE] = "magnitude",
	[ALPHABETA] = "alphabeta",
};

enum { CONTRIBUTIONS = sizeof contributions / sizeof *contributions };

static double number(const char *key, const char *value)
{
	char *end;
	double x = strtod(value, &end);

	if (end == value || *end || !(x >= 0 && x < 1e300))
		die_usage("rule: '%s' takes a number >= 0, not '%s'", key, value);
	return x;
}

static void set_key(struct rule *r, const char *key, const char *value)
{
	if (strcmp(key, "eps") == 0) {
		r->eps = number(key, value);
	} else if (strcmp(key, "alpha") == 0) {
		if (r->contribution != ALPHABETA)
			die_usage("rule: only alphabeta has 'alpha'");
		r->alpha = number(key, value);
		if (r->alpha > 1)
			die_usage("rule: 'alpha' is from 0 to 1, not %s; above 1 shares grow without "
				  "bound",
				value);
	} else if (strcmp(key, "bias") == 0) {
		if (strcmp(value, "absorb") && strcmp(value, "exclude"))
			die_usage("rule: 'bias' is exclude or absorb, not '%s'", value);
		r->absorb = strcmp(value, "absorb") == 0;
	} else {
		die_usage("rule: no key '%s'; there are eps, alpha, bias", key);
	}
}

struct rule rule_parse(const char *text, struct arena *a)
{
	size_t length = strcspn(text, ":");
	char *name = arena_text(a, text, length);
	struct rule r = { .name = text, .alpha = 0.5 };
	int i = 0;

	while (i < CONTRIBUTIONS && strcmp(name, contributions[i]))
		i++;
	if (i == CONTRIBUTIONS)
		die_usage("no rule '%s'; there are magnitude, ratio, alphabeta", name);
	r.contribution = (enum contribution)i;
	r.absorb = r.contribution == RATIO;
	for (const char *p = text + length; *p;) {
		length = strcspn(++p, ",");
		char *key = arena_text(a, p, length), *value = strchr(key, '=');

		if (!value)
			die_usage("rule: '%s' is not key=value", key);
		*value++ = '\0';
		set_key(&r, key, value);
		p += length;
	}
	return r;
}

void rule_write(struct draft *d, const struct rule *r)
{
	draft_map(d, "rule", 5);
	draft_text(d, "name", r->name);
	draft_text(d, "rule", contributions[r->contribution]);
	draft_real(d, "eps", r->eps);
	draft_real(d, "alpha", r->alpha);
	draft_text(d, "bias", r->absorb ? "absorb" : "exclude");
}

bool rule_conserves(const struct rule *r)
{
	return !r->absorb && r->eps == 0;
}

bool rule_is_positive(const struct rule *r)
{
	return r->contribution != RATIO;
}
