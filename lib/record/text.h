/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_TEXT_H
#define LRP_RECORD_TEXT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/utf8.h"

/* A command line as one would type it, its arguments quoted where a shell needs it. */
const char *command_line(int argc, char **argv, const char *program, struct arena *a);

/* Is the word one of a list, "heads average"? And the list for messages: "'heads' or 'average'". */
bool word_among(const char *list, const char *word);
const char *word_alternatives(const char *list, struct arena *a);

#endif
