/* SPDX-License-Identifier: Apache-2.0 */
#include "base/die.h"
#include "graph/choice.h"
#include "interact/order.h"

static const char help[] =
	"usage: head-greedy [--factor F] [--unit head|group] [--after ORDER] [-z LEVEL] [-qv] [file]\n"
	"The order in which heads can go, one after another, each time the one that costs least.\n"
	"\n"
	"  cost[h] = first[h] + g[h,h] / 2 + F sum_(k in S) g[h,k]      S: the heads gone so far\n"
	"  place[h]   1 for the first that goes\n"
	"  mean[h]    kl and the costs of all that have gone with h: what the model is expected to lose, in nats\n"
	"\n"
	"Reads  interactions: 'interaction', 'first', 'kl'   (from head-interact)\n"
	"Writes average: one record per site: 'mean', 'place' [heads], 'steps', 'sentences'. head-rank,\n"
	"       head-plot and head-ablate take it as an order; the last that goes is the most relevant\n"
	"\n"
	"Heads that the measured model has masked went before: their place is 0, or with --after that of\n"
	"the order that masked them.\n"
	"\n"
	"  --factor F     of interactions with heads that are gone (default 0.5, which foretells many heads at\n"
	"                 once better than 1; 1 where few go before heads are measured again; 0: none)\n"
	"  --unit UNIT    head (default), or group: heads that share keys and values go together\n"
	"  --after ORDER  an average of this program, whose first heads are those that are masked\n"
	"  -z LEVEL       compression of the stream written: -100 to 19 (default -1)\n"
	"  -q, -v         say less, say more\n"
	"  -h, -V         this help, the version\n"
	"\n"
	"Example:  trace-extract <dev.en | head-interact | head-greedy | head-rank -k 36 -f prune\n";

int main(int argc, char **argv)
{
	struct order_request q = { .factor = 0.5 };
	const char *unit = "head";
	const struct option_entry entries[] = { { .name = "factor", .real = &q.factor },
		{ .name = "unit", .text = &unit }, { .name = "after", .text = &q.after }, { 0 } };
	struct options o = stream_options(argc, argv, entries, 1, help);
	struct instream *in = stream_open(&o, "interactions");
	struct outstream *out = stream_create(&o, "average");

	if (!(q.factor >= 0 && q.factor <= 1))
		die_usage("--factor takes a number from 0 to 1");
	q.groups = unit_parse(unit) == UNIT_GROUP;
	order_write(&q, in, out);
	stream_finish(out);
	return 0;
}
