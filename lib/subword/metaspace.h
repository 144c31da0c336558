/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_METASPACE_H
#define LRP_SUBWORD_METASPACE_H

#include "text/pattern.h"

/* A sign that stands for a space, as pre-tokenizer and as decoder. */
struct metaspace {
	struct piece sign;
	struct pattern *space, *signs;
	enum { PREPEND_ALWAYS, PREPEND_NEVER, PREPEND_FIRST } prepend;
	bool splits; /* in front of each sign */
};

struct metaspace *metaspace_open(const struct json_file *settings);

#endif
