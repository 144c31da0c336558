/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/ledger_table.h"

#include <math.h>
#include <string.h>

#include "base/die.h"
#include "stat/agree.h"
#include "show/json.h"
#include "record/text.h"

/* What a ledger may hold; the kinds of loss are those in between. */
static const char *const names[] = { "here", "elsewhere", "bias", "eps", "norm", "zero", "softmax",
	"lost" };
enum { HERE, ELSEWHERE, FIRST_KIND, LOST = sizeof names / sizeof *names - 1, TERMS };

enum { NAME_WIDTH = 12, MOST_SITES = 8192 };

/* Sums over steps of the shares of the start. */
struct site {
	char *name;
	long steps;
	double sum[TERMS], total; /* of each term, and of all of them */
	double worst;		  /* |sum - start| / |start| */
};

struct ledger_table {
	struct agree headers;
	struct site *site; /* in the order of first appearance */
	size_t sites;
	bool has[TERMS];
};

struct ledger_table *ledger_table_new(void)
{
	return must_alloc(1, sizeof(struct ledger_table));
}

static struct site *find_site(struct ledger_table *t, const char *name)
{
	for (size_t i = 0; i < t->sites; i++)
		if (strcmp(t->site[i].name, name) == 0)
			return &t->site[i];
	if (t->sites == MOST_SITES)
		die("more than %d sites", MOST_SITES);
	t->site = must_realloc(t->site, t->sites + 1, sizeof *t->site);
	t->site[t->sites] = (struct site){ .name = must_strdup(name) };
	if (!t->site[t->sites].name)
		die("out of memory");
	return &t->site[t->sites++];
}

/* A tensor of the ledger, [steps]; its length becomes `steps` where that is -1. */
static const double *read_term(
	const msgpack_object *ledger, const char *key, long *steps, struct arena *a)
{
	struct tensor x = map_tensor(ledger, "ledger", key);
	const char *what = arena_printf(a, "ledger.%s", key);

	tensor_expect(&x, what, 1, *steps);
	*steps = x.shape[0];
	return tensor_doubles(&x, a, what);
}

/* The terms that add up to the start: the kinds of loss, or all of them together in `lost`. */
static void read_terms(
	const msgpack_object *ledger, const double *term[TERMS], long *steps, struct arena *a)
{
	bool kinds = false;

	for (int k = 0; k < TERMS; k++) {
		if (k == LOST ? kinds : k >= FIRST_KIND && !map_find(ledger, names[k]))
			continue;
		term[k] = read_term(ledger, names[k], steps, a);
		kinds |= k >= FIRST_KIND;
	}
}

static void add_step(struct site *s, const double *const term[TERMS], double start, long step)
{
	double unit = start != 0 ? start : 1, sum = 0;

	for (int k = 0; k < TERMS; k++) {
		if (!term[k])
			continue;
		s->sum[k] += term[k][step] / unit;
		sum += term[k][step];
	}
	s->total += sum / unit;
	s->worst = fmax(s->worst, fabs((sum - start) / unit));
	s->steps++;
}

void ledger_table_add(struct ledger_table *t, const struct record *r)
{
	const double *start, *term[TERMS] = { NULL };
	long steps = -1;

	if (r->is_header) {
		agree_check(&t->headers, r);
		return;
	}
	if (!record_has(r, "ledger"))
		die("this record has no ledger; take the relevance that lrp-layer writes");
	const msgpack_object *ledger = record_map(r, "ledger");
	struct site *s = find_site(t, record_text(r, "site"));

	start = read_term(ledger, "start", &steps, r->arena);
	read_terms(ledger, term, &steps, r->arena);
	for (int k = 0; k < TERMS; k++)
		t->has[k] |= term[k] != NULL;
	for (long i = 0; i < steps; i++)
		add_step(s, term, start[i], i);
}

static int width_of(const char *name)
{
	size_t n = strlen(name);

	return n < NAME_WIDTH ? NAME_WIDTH - (int)n : 0;
}

static void put_number(FILE *to, double x, bool tsv)
{
	char text[32];

	if (tsv)
		fprintf(to, "\t%s", number_text(x, false, text));
	else
		fprintf(to, fabs(x) < 1e4 ? " %11.6f" : " %11.4g", x);
}

static void put_site(const struct ledger_table *t, const struct site *s, FILE *to, bool tsv)
{
	double n = s->steps ? (double)s->steps : 1;

	put_plain(to, s->name, strlen(s->name));
	if (!tsv)
		fprintf(to, "%*s", width_of(s->name), "");
	fprintf(to, tsv ? "\t%ld" : " %8ld", s->steps);
	for (int k = 0; k < TERMS; k++)
		if (t->has[k])
			put_number(to, s->sum[k] / n, tsv);
	put_number(to, s->total / n, tsv);
	if (tsv)
		put_number(to, s->worst, tsv);
	else
		fprintf(to, " %11.2e", s->worst);
	fputc('\n', to);
}

void ledger_table_print(const struct ledger_table *t, FILE *to, bool tsv)
{
	if (!t->sites)
		die("no ledger came: the input has no records of relevance");
	if (tsv)
		fputs("site\tsteps", to);
	else
		fprintf(to, "%-*s %8s", NAME_WIDTH, "site", "steps");
	for (int k = 0; k < TERMS; k++)
		if (t->has[k])
			fprintf(to, tsv ? "\t%s" : " %11s", names[k]);
	fputs(tsv ? "\tsum\tworst\n" : "         sum       worst\n", to);
	for (size_t i = 0; i < t->sites; i++)
		put_site(t, &t->site[i], to, tsv);
}
