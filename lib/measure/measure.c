/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/measure.h"

#include "request/trace.h"
#include "stream/left_out.h"

void measure_put(
	struct outstream *out, const struct record *trace, const struct node *site, const double *y)
{
	struct draft *d = stream_draft(out, "heads");

	sentence_pass(d, trace);
	draft_text(d, "site", site->name);
	draft_int(d, "first_step", trace_first_step(trace));
	draft_int(d, "heads", node_heads(site));
	draft_doubles(d, "relevance", y, 2, 1, node_heads(site));
	stream_put(out, d);
}
