/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_JSON_LINE_H
#define LRP_TOKEN_JSON_LINE_H

#include "text/piece.h"

/* What a line of JSON says: the text of a string, which may have newlines and bytes 0, or a list of ids,
 * separated by spaces. They die on anything else. */
struct piece json_line_text(const char *line, size_t length, struct arena *a);
struct piece json_line_ids(const char *line, size_t length, struct arena *a);

#endif
