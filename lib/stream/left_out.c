/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/left_out.h"

void left_out_put(struct outstream *out, long sentence, const char *reason)
{
	struct draft *d = stream_draft(out, LEFT_OUT);

	draft_int(d, "sentence", sentence);
	draft_text(d, "reason", reason);
	stream_put(out, d);
}

void cut_pass(struct draft *d, const struct record *from)
{
	const msgpack_object *cut = record_find(from, "cut");

	if (cut)
		draft_object(d, "cut", cut);
}
