/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_LRP_H
#define LRP_ENGINE_LRP_H

#include "stream/stream.h"
#include "request/request.h"

/*
 * lrp-layer in one precision: `open` prepares the sweep of a segment's records, `record` sweeps one
 * trace record and writes its relevance records, `close` gives the memory of the segment back.
 */
struct lrp_engine {
	struct lrp_run *(*open)(const struct request *request);
	void (*record)(struct lrp_run *l, const struct record *trace, struct outstream *out);
	void (*close)(struct lrp_run *l);
};
extern const struct lrp_engine lrp_engine;

#endif
