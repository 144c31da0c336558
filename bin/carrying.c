/* SPDX-License-Identifier: Apache-2.0 */
#include "carrying.h"

#include "base/progress.h"
#include "engine/engine.h"

int carrying_main(struct options *o, const struct sweep_options *typed, struct request *asked,
	const char *meet, bool reports)
{
	const struct heads_engine *engine =
		sweep_in_double(typed, asked->rule) ? engine_f64.heads : engine_f32.heads;
	struct heads_run *heads = NULL;
	struct record r;

	struct instream *in = stream_open(o, "trace");
	struct outstream *out = stream_create(o, "heads");
	while (stream_next(in, &r))
		if (r.is_header) {
			if (heads)
				engine->close(heads);
			struct request q = *asked; /* each segment is one of its own */

			sweep_begin(&q, typed, &r, out);
			sweep_keep(asked, &q);
			heads = engine->open(&q, meet);
		} else {
			engine->record(heads, &r, out);
			progress_add(asked->progress, 1);
		}
	progress_end(asked->progress);
	if (reports)
		engine->report(heads);
	stream_finish(out);
	return 0;
}
