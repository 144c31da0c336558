/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_TEXT_H
#define LRP_STREAM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

/* The bytes of the UTF-8 character at p, of which `left` bytes are there; 0: it is none. */
size_t utf8_char(const char *p, size_t left);

/* Print text without what could steer a terminal or split a line: such characters become '?'. */
void put_plain(FILE *to, const char *text, size_t size);

/* A command line as one would type it, its arguments quoted where a shell needs it. */
const char *command_line(int argc, char **argv, const char *program, struct arena *a);

/* Is the word one of a list, "heads average"? And the list for messages: "'heads' or 'average'". */
bool word_among(const char *list, const char *word);
const char *word_alternatives(const char *list, struct arena *a);

#endif
