/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_TALLY_H
#define LRP_TOKEN_TALLY_H

#include <stdbool.h>

#include "token/lines.h"

/* How many lines were left out, and why, how many targets were cut; and what is said. */
struct tally;

/*
 * `quiet`: count only. `maximum`: the tokens that a translation is cut at, a continuation with what
 * it continues; where it was asked for (`expected`: then of new tokens alone), or cut sentences are
 * left out, no line is named.
 */
struct tally *tally_new(bool quiet, enum task task, long maximum, bool expected);

/* Count a line that was worked on or left out; the first few that were cut are named. */
void tally_line(struct tally *t, const struct sentence_line *line);

/* Say how many there were, a line for those left out (where not all are blank), one for those cut.
 */
void tally_end(const struct tally *t);

#endif
