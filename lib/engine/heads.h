/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_HEADS_H
#define LRP_ENGINE_HEADS_H

#include "interact/interactions.h"
#include "request/request.h"
#include "stream/stream.h"

struct against;

/*
 * head-carry in one precision: as struct lrp_engine (engine/lrp.h), with whole heads for
 * sites and `heads` records for results. `meet`: a node's name, "start" (all heads are carried to
 * the logits' input), "backward" (none is), or NULL: whichever takes the fewest multiplications.
 * interact() adds the interactions of a record's heads to `to`, against the predictions of a second stream where
 * there is one. report() says on stderr where the directions of a segment met, and why.
 */
struct heads_engine {
	struct heads_run *(*open)(const struct request *request, const char *meet);
	void (*record)(struct heads_run *h, const struct record *trace, struct outstream *out);
	void (*interact)(struct heads_run *h, const struct record *trace, struct against *against,
		struct interactions *to);
	struct against *(*against_open)(const char *file, const char *directory, int threads);
	void (*against_end)(struct against *against);
	void (*report)(const struct heads_run *h);
	void (*close)(struct heads_run *h);
};
extern const struct heads_engine heads_engine;

#endif
