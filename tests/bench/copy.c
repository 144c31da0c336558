/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy [-z LEVEL] [file]: a stream as it is. What a stream costs between two programs, and nothing
 * else: reading, checking, unpacking; packing, compressing, writing.
 */
#include "stream/stream.h"

static const char help[] = "usage: copy [-z LEVEL] [file]\n";

int main(int argc, char **argv)
{
	struct options o = options_parse(argc, argv, NULL, 1, help);
	struct instream *in = stream_open(&o, NULL);
	struct outstream *out = stream_create(&o, NULL);
	struct record r;

	while (stream_next(in, &r))
		if (!stream_follow(out, &r)) {
			struct draft *d = stream_draft(out, r.type);

			draft_pass(d, &r, NULL);
			stream_put(out, d);
		}
	stream_finish(out);
	return 0;
}
