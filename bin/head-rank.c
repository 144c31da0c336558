/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "graph/choice.h"
#include "rank/rank_write.h"

static const char help[] =
	"usage: head-rank [-qv] [-k heads | --keep heads] [--leave n] [--per layer | kind | global]\n"
	"                 [--unit head | group] [--kind kind] [-f format]\n"
	"                 [--heads heads.lrp [--samples n] [--seed seed]] [file ...]\n"
	"Put heads in the order of their mean relevance, the most relevant first, and choose some.\n"
	"\n"
	"  rank[h]  1 + how many heads g of the same layer, kind or stream have m[g] > m[h]\n"
	"  keep[h]  h is one of the K with the smallest ranks, of which N are of each layer\n"
	"  top[h]   the part of bootstrap samples in which keep[h]; a sample draws as many\n"
	"           sentences as there are, with replacement, and takes the means over their steps\n"
	"\n"
	"Reads  average: 'mean', 'low', 'high', 'error' [heads]   (from step-average, head-compare)\n"
	"       heads, with --heads: 'relevance' [steps, heads], what the average was made of\n"
	"Writes text\n"
	"  -k heads       prune so many, the least relevant: 43, or 30% of those of the scope, to the\n"
	"                 nearest number (of two as near the smaller)\n"
	"  --keep heads   keep so many, the most relevant: 101, or 70%, which is -k 30%\n"
	"  --leave n      keep at least n heads of each layer and prune others in their place, with a\n"
	"                 message (default 1 with -f prune, else 0)\n"
	"  --per scope    -k, --keep and rank are per layer, per kind of attention, or over all\n"
	"                 heads (global, default)\n"
	"  --unit unit    head (default), or group: heads that share keys and values are ranked by\n"
	"                 the sum of their means, and -k and --keep count groups\n"
	"  --kind kind    only enc-self, dec-self or dec-enc\n"
	"  -f, --format format\n"
	"     table  for people (default on a terminal)\n"
	"     tsv    a line for each head, every number exact (default elsewhere); indices from 0; where\n"
	"            heads were taken out of the model, the last column is the number before (was)\n"
	"     json   the same as one object\n"
	"     prune  {\"enc-self\":{\"0\":[1],\"1\":[2,3]}}: the pruned heads of each layer\n"
	"     mask   {\"enc-self\":[[1,0],[1,1]]}: [layers, heads], 1 = keep\n"
	"     npy    the mask of one kind as a .npy file, float32\n"
	"     pairs  {\"enc-self\":[[5,2],[7,0]]}: [layer, head] of the kept heads, best first\n"
	"     with --kind the last four without the name of the kind around them, as other tools\n"
	"     read them; head-prune and trace-extract --mask need the name\n"
	"  --heads heads.lrp   the heads behind the average: add the column top\n"
	"  --samples n    bootstrap samples (default 1000)\n"
	"  --seed seed    of the random numbers (default 1)\n"
	"  -q, -v         say less, say more\n"
	"  -h, -V         this help, the version\n"
	"Example:  head-relevance -a -l all -r attnlrp -n size dev.en | head-rank -k 30% -f prune\n";

/* A format; does it write a choice, so that -k or --keep is needed? */
struct output_format {
	const char *name;
	rank_writer *write;
	bool choice;
};

static const struct output_format formats[] = { { "table", rank_write_table, false },
	{ "tsv", rank_write_tsv, false }, { "json", rank_write_json, false },
	{ "prune", rank_write_prune, true }, { "mask", rank_write_mask, true },
	{ "npy", rank_write_npy, true }, { "pairs", rank_write_pairs, true } };

static const struct output_format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	die_usage("option '--format' takes table, tsv, json, prune, mask, npy or pairs, not '%s'",
		name);
}

static enum rank_per find_per(const char *name)
{
	if (!strcmp(name, "layer"))
		return PER_LAYER;
	if (!strcmp(name, "kind"))
		return PER_KIND;
	if (strcmp(name, "global"))
		die_usage("option '--per' takes layer, kind or global, not '%s'", name);
	return PER_GLOBAL;
}

/* Options that are right alone but not together. */
static void check(const struct rank_rule *rule, const struct output_format *f, const char *heads,
	const struct options *o, long samples)
{
	bool chosen = rule->prune.given || rule->keep.given;

	if (rule->prune.given && rule->keep.given)
		die_usage("-k and --keep exclude each other");
	if (f->choice && !chosen)
		die_usage("format '%s' needs -k or --keep", f->name);
	if (heads && !chosen)
		die_usage("--heads needs -k or --keep, to know which heads are at the top");
	if (heads && !strcmp(heads, "-") && !o->file_count)
		die_usage("--heads - needs the average in a file");
	if (samples < 1)
		die_usage("option '--samples' takes a whole number from 1 on");
	if (f->write == rank_write_npy && isatty(STDOUT_FILENO))
		die_usage("format 'npy' is binary; send it into a file");
}

int main(int argc, char **argv)
{
	const char *per = "global", *unit = "head", *kind = NULL, *format = NULL, *heads = NULL;
	const char *prune = NULL, *keep = NULL;
	struct rank_rule rule = { .leave = -1 };
	long samples = 1000, seed = 1;
	const struct option_entry entries[] = { { .letter = 'k', .text = &prune },
		{ .name = "keep", .text = &keep }, { .name = "leave", .count = &rule.leave },
		{ .name = "per", .text = &per }, { .name = "unit", .text = &unit },
		{ .name = "kind", .text = &kind },
		{ .letter = 'f', .name = "format", .text = &format },
		{ .name = "heads", .text = &heads }, { .name = "samples", .count = &samples },
		{ .name = "seed", .count = &seed }, { 0 } };
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);
	const struct output_format *f = find_format(format		    ? format
						    : isatty(STDOUT_FILENO) ? "table"
									    : "tsv");

	rule.per = find_per(per);
	rule.groups = unit_parse(unit) == UNIT_GROUP;
	rule.prune = rank_amount_parse("-k", prune);
	rule.keep = rank_amount_parse("--keep", keep);
	rule.leave = rule.leave < 0 ? f->write == rank_write_prune : rule.leave;
	check(&rule, f, heads, &o, samples);

	struct head_shares *s = shares_read(stream_open(&o, "average"), kind);

	place_source(NULL);

	struct ranking *r = rank_shares(s, &rule);

	if (heads)
		rank_bootstrap(r, s, resample_read(heads, s), samples, seed);
	if (!o.quiet)
		rank_tell_left(r, s, rule.leave);
	f->write(stdout, s, r, kind != NULL);
	if (fflush(stdout) || ferror(stdout) || close(STDOUT_FILENO))
		die_errno("cannot write to standard output");
	return 0;
}
