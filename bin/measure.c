/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <limits.h>
#include <string.h>

#include "base/die.h"
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

/* The stream that it is measured against, and those that are: only one can be standard input. */
static void open_against(const struct measure *m, void *state, const char *file,
	const char *directory, const struct options *o)
{
	bool other = !o->file_count;

	for (int i = 0; i < o->file_count; i++)
		other |= strcmp(o->files[i], "-") == 0;
	if (other && strcmp(file, "-") == 0)
		die_usage("only one of the streams can be standard input");
	m->against(state, file, directory);
}

int measure_main(int argc, char **argv, const char *help, const struct measure *m)
{
	const char *sites = "all", *directory = NULL, *against = NULL;
	struct option_entry entries[] = { { .letter = 'm', .text = &directory }, { 0 }, { 0 } };

	if (m->sites)
		entries[1] = (struct option_entry){ .letter = 'l', .text = &sites };
	else if (m->against)
		entries[1] = (struct option_entry){ .name = "against", .text = &against };
	struct options o = stream_options(argc, argv, entries, INT_MAX, help);
	struct checkpoint *checkpoint = NULL;
	struct agree seen = { .headers = 0 };
	void *state = m->start(sites, o.threads);
	struct record r;

	if (against)
		open_against(m, state, against, directory, &o);
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
