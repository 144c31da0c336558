/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/left_out.h"

bool cut_is(const struct record *from)
{
	const msgpack_object *cut = record_find(from, "cut");

	return cut && cut->type == MSGPACK_OBJECT_BOOLEAN && cut->via.boolean;
}

void sentence_pass(struct draft *d, const struct record *from)
{
	const msgpack_object *hash = record_find(from, "text_hash");

	draft_int(d, "sentence", record_int(from, "sentence"));
	if (hash)
		draft_object(d, "text_hash", hash);
	cut_pass(d, from);
}

void cut_pass(struct draft *d, const struct record *from)
{
	const msgpack_object *cut = record_find(from, "cut");

	if (cut)
		draft_object(d, "cut", cut);
}
