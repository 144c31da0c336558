/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_TEXT_H
#define LRP_STREAM_TEXT_H

#include "base/arena.h"
#include "base/utf8.h"

/* A command line as one would type it, its arguments quoted where a shell needs it. */
const char *command_line(int argc, char **argv, const char *program, struct arena *a);

#endif
