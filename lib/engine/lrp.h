/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_LRP_H
#define LRP_ENGINE_LRP_H

#include "stream/stream.h"
#include "request/request.h"

/*
 * lrp-layer in one precision: `open` prepares the sweep of a segment's records, `record` sweeps one
 * trace record and writes its relevance records, `close` gives the memory of the segment back.
 */
struct layer_engine {
	struct layer *(*open)(const struct layer_request *request);
	void (*record)(struct layer *l, const struct record *trace, struct outstream *out);
	void (*close)(struct layer *l);
};
extern const struct layer_engine layer_engine;

#endif
