/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SUBWORD_REPLACEMENT_H
#define LRP_SUBWORD_REPLACEMENT_H

#include "text/pattern.h"

/* The settings of a Replace, as normalizer and as decoder. */
struct replacement {
	struct pattern *pattern;
	struct piece content;
};

void *replacement_open(const struct json_file *settings);

#endif
