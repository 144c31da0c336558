/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/replacement.h"

#include "text/setting.h"

void *replacement_open(const struct json_file *f)
{
	struct replacement *r = must_alloc(1, sizeof *r);

	r->pattern = pattern_open(f, "pattern");
	r->content = setting_piece(f, "content");
	return r;
}
