/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <limits.h>

#include "graph/graph_record.h"
#include "stat/agree.h"

/* What is pooled has one header: that of the first segment, with which the others must agree. */
static void begin(const struct measure *m, struct agree *seen, const struct record *header,
	struct outstream *out)
{
	if (m->pooled)
		agree_check(seen, header);
	if (m->pooled && seen->headers > 1)
		return;
	struct draft *d = stream_header_draft(out, header, "graph", "weights", NULL);
	if (m->name)
		draft_text(d, "measure", m->name);
	stream_begin(out, d);
}

int measure_main(int argc, char **argv, const char *help, const struct measure *m)
{
	const char *sites = "all", *directory = NULL;
	const struct option_entry entries[] = { { .letter = 'm', .text = &directory },
		{ .letter = m->sites ? 'l' : '\0', .text = &sites }, { 0 } };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct checkpoint *checkpoint = NULL;
	struct agree seen = { .headers = 0 };
	void *state = m->start(sites, o.threads);
	struct record r;

	struct instream *in = stream_open(&o, "trace");
	struct outstream *out = stream_create(&o, m->content);
	while (stream_next(in, &r))
		if (r.is_header) {
			begin(m, &seen, &r, out);
			m->segment(state, graph_read(&r),
				weights_of_header(&r, directory, &checkpoint));
		} else {
			m->record(state, &r, out);
		}
	if (m->finish)
		m->finish(state, out);
	stream_finish(out);
	return 0;
}
