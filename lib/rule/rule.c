/* SPDX-License-Identifier: Apache-2.0 */
#include "rule/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static const struct {
	struct rule rule;
	const char *about;
} sets[] = {
	{ { .name = "magnitude", .contribution = MAGNITUDE, .product = MAGNITUDE },
		"(3) and (4) on magnitudes, known as absLRP; the default" },
	{ { .name = "alphabeta", .contribution = ALPHABETA, .product = ALPHABETA },
		"alpha-beta rule, alpha = 1/2 (alpha=2: beta = 1); Bach et al. 2015" },
	{ { .name = "ratio", .contribution = RATIO, .product = RATIO, .bias = ABSORB },
		"the appendix to the letter; Voita et al. 2019, Ding et al. 2017" },
	{ { .name = "gamma", .contribution = GAMMA, .product = GAMMA, .bias = ABSORB },
		"generalised gamma rule, gamma = 1/4; Montavon et al. 2019" },
	{ { .name = "thumt2017",
		  .contribution = RATIO,
		  .product = RATIO,
		  .bias = ABSORB,
		  .attention = CONSTANT,
		  .norm = CENTRED,
		  .averaged = true,
		  .eps = 0.05 },
		"attention weights constant and averaged; released code of Ding et al. 2017" },
	{ { .name = "attnlrp",
		  .contribution = RATIO,
		  .product = HALF,
		  .bias = ABSORB,
		  .attention = HALVES,
		  .softmax = TAYLOR,
		  .eps = 1e-6 },
		"halves for products, Taylor expansion for softmax; Achtibat et al. 2024" },
	{ { .name = "cp",
		  .contribution = RATIO,
		  .product = RATIO,
		  .bias = ABSORB,
		  .attention = CONSTANT },
		"attention weights constant, values get all; Ali et al. 2022" },
	{ { .name = "voita2021",
		  .contribution = ALPHABETA,
		  .product = ALPHABETA,
		  .bias = SPREAD,
		  .attention = JOINT,
		  .norm = JACOBIAN,
		  .rescale = RESCALE_L1,
		  .eps = 1e-5 },
		"Jacobians by alphabeta, rescaled; released code of Voita et al. after June 2021" },
	{ { .name = "gradient", .contribution = GRADIENT, .product = GRADIENT, .norm = JACOBIAN },
		"no redistribution: u dv/du; with -s loss as in Michel et al. 2019" },
};

enum { SETS = sizeof sets / sizeof *sets };

/* The words a key can have, in the order of its enum. */
static const char *const contributions[] = { "ratio", "magnitude", "alphabeta", "gamma", "half",
	"gradient", NULL };
static const char *const biases[] = { "exclude", "absorb", "spread", NULL };
static const char *const attentions[] = { "product", "constant", "half", "jacobian", NULL };
static const char *const softmaxes[] = { "pass", "taylor", NULL };
static const char *const norms[] = { "linear", "identity", "jacobian", "centred", NULL };
static const char *const rescales[] = { "no", "l1", NULL };

static int word(const char *key, const char *value, const char *const *words)
{
	char known[128] = "";

	for (int i = 0; words[i]; i++) {
		if (strcmp(value, words[i]) == 0)
			return i;
		strcat(strcat(known, i ? ", " : ""), words[i]);
	}
	die_usage("rule: '%s' is one of %s, not '%s'", key, known, value);
}

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
	if (strcmp(key, "eps") == 0)
		r->eps = number(key, value);
	else if (strcmp(key, "alpha") == 0)
		r->alpha = number(key, value);
	else if (strcmp(key, "gamma") == 0)
		r->gamma = number(key, value);
	else if (strcmp(key, "rule") == 0)
		r->contribution = (enum contribution)word(key, value, contributions);
	else if (strcmp(key, "product") == 0)
		r->product = (enum contribution)word(key, value, contributions);
	else if (strcmp(key, "bias") == 0)
		r->bias = (enum bias)word(key, value, biases);
	else if (strcmp(key, "attention") == 0)
		r->attention = (enum attention_rule)word(key, value, attentions);
	else if (strcmp(key, "softmax") == 0)
		r->softmax = (enum softmax)word(key, value, softmaxes);
	else if (strcmp(key, "norm") == 0)
		r->norm = (enum norm)word(key, value, norms);
	else if (strcmp(key, "rescale") == 0)
		r->rescale = (enum rescale)word(key, value, rescales);
	else
		die_usage("rule: no key '%s'; there are rule, product, bias, attention, softmax, "
			  "norm, rescale, eps, alpha, gamma",
			key);
}

/* Refuse what contradicts itself. */
static void check(const struct rule *r, const struct rule *set)
{
	if (set->attention != JOINT && (r->attention == JOINT || r->rescale != RESCALE_NO))
		die_usage(
			"rule: attention=jacobian and rescale=l1 are voita2021's alone: its sweep "
			"goes by residual blocks");
	if (r->contribution == HALF)
		die_usage("rule: 'rule=half' is for products only: write product=half");
	if ((r->contribution == GRADIENT) != (r->product == GRADIENT))
		die_usage("rule: the gradient is not mixed with shares of contributions");
	if (r->contribution == GRADIENT &&
		(r->eps != 0 || r->bias != set->bias || r->norm != set->norm || r->attention ||
			r->softmax))
		die_usage("rule: the gradient takes no keys: it is the true derivative everywhere");
	if (r->softmax == TAYLOR && r->attention == CONSTANT)
		die_usage("rule: with attention=constant no relevance reaches the softmax");
	if (r->norm == CENTRED && r->contribution != RATIO)
		die_usage("rule: norm=centred is defined for ratio only");
	if (r->averaged && (r->attention != CONSTANT || r->contribution != RATIO))
		die_usage("rule: thumt2017 averages constant attention weights with rule=ratio");
}

static struct rule find_set(const char *name)
{
	char known[256] = "";

	for (int i = 0; i < SETS; i++) {
		if (strcmp(name, sets[i].rule.name) == 0)
			return sets[i].rule;
		strcat(strcat(known, i ? ", " : ""), sets[i].rule.name);
	}
	die_usage("no rule '%s'; there are %s", name, known);
}

struct rule rule_parse(const char *text, struct arena *a)
{
	size_t length = strcspn(text, ":");
	struct rule set = find_set(arena_text(a, text, length)), r = set;
	bool product_given = false, alpha_given = false, gamma_given = false;

	r.name = text;
	r.alpha = 0.5;
	r.gamma = 0.25;
	for (const char *p = text + length; *p;) {
		length = strcspn(++p, ",");
		char *key = arena_text(a, p, length), *value = strchr(key, '=');

		if (!value)
			die_usage("rule: '%s' is not key=value", key);
		*value++ = '\0';
		if (set.attention == JOINT && strcmp(key, "rescale"))
			die_usage(
				"rule: voita2021 is what its authors' code computes: 'rescale' is "
				"its only key, not '%s'",
				key);
		set_key(&r, key, value);
		product_given |= strcmp(key, "product") == 0;
		alpha_given |= strcmp(key, "alpha") == 0;
		gamma_given |= strcmp(key, "gamma") == 0;
		if (strcmp(key, "rule") == 0 && !product_given && set.product == set.contribution)
			r.product = r.contribution;
		p += length;
	}
	if (alpha_given && r.contribution != ALPHABETA && r.product != ALPHABETA)
		die_usage("rule: only alphabeta has 'alpha'");
	if (gamma_given && r.contribution != GAMMA && r.product != GAMMA)
		die_usage("rule: only gamma has 'gamma'");
	check(&r, &set);
	return r;
}

/* Does a node behind a norm read what the norm reads? */
static bool has_residual_around_norms(const struct graph *g)
{
	int *last_reader = must_alloc((size_t)g->nodes, sizeof *last_reader);
	bool found = false;

	for (int i = 0; i < g->nodes; i++)
		for (int k = 0; k < g->node[i].inputs; k++)
			last_reader[g->node[i].input[k]] = i;
	for (int i = 0; i < g->nodes; i++)
		found |= g->node[i].kind->scales && g->node[i].inputs &&
			 last_reader[g->node[i].input[0]] > i;
	free(last_reader);
	return found;
}

void rule_fit(struct rule *r, const struct graph *g)
{
	if (r->norm == CENTRED && has_residual_around_norms(g))
		r->norm = IDENTITY;
}

void rule_list(void)
{
	for (int i = 0; i < SETS; i++)
		printf("%-10s  %s\n", sets[i].rule.name, sets[i].about);
}

void rule_write(struct draft *d, const struct rule *r)
{
	draft_map(d, "rule", 12);
	draft_text(d, "name", r->name);
	draft_text(d, "rule", contributions[r->contribution]);
	draft_text(d, "product", contributions[r->product]);
	draft_text(d, "bias", biases[r->bias]);
	draft_text(d, "attention", attentions[r->attention]);
	draft_text(d, "softmax", softmaxes[r->softmax]);
	draft_text(d, "norm", norms[r->norm]);
	draft_text(d, "rescale", rescales[r->rescale]);
	draft_bool(d, "averaged", r->averaged);
	draft_real(d, "eps", r->eps);
	draft_real(d, "alpha", r->alpha);
	draft_real(d, "gamma", r->gamma);
}

bool rule_conserves(const struct rule *r)
{
	return r->contribution != GRADIENT && r->bias != ABSORB && r->eps == 0 &&
	       r->softmax == PASS && !r->averaged;
}

bool rule_is_signed_alphabeta(const struct rule *r)
{
	return (r->contribution == ALPHABETA || r->product == ALPHABETA) && r->alpha > 1;
}

bool rule_is_positive(const struct rule *r)
{
	return (r->contribution == MAGNITUDE || r->contribution == ALPHABETA) &&
	       (r->product == MAGNITUDE || r->product == ALPHABETA || r->product == HALF) &&
	       r->softmax == PASS && !rule_is_signed_alphabeta(r);
}
