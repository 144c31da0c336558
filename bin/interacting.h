/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BIN_INTERACTING_H
#define LRP_BIN_INTERACTING_H

#include "engine/engine.h"
#include "interact/sampled.h"
#include "request/typed.h"
#include "stat/agree.h"
#include "stat/left_out_counts.h"

/* What comes in, and what is made of it. */
struct interacting {
	const struct sweep_options *typed;
	struct request asked;
	const struct heads_engine *engine;
	struct heads_run *heads; /* of the segment, where it has traces */
	struct against *against; /* NULL: there is no other trace */
	struct sampled sampled;
	struct interactions all;
	struct agree agree;
	struct left_out_counts left_out;
	struct draft *header; /* of the result */
	const char *content;
};

/* A header or record of traces, heads, interactions, or a line that was left out. */
void interacting_take(struct interacting *x, const struct record *r, struct outstream *out);

/* All is read: write the header and the record. */
void interacting_end(struct interacting *x, struct outstream *out);

#endif
