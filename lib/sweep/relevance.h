/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SWEEP_RELEVANCE_H
#define LRP_SWEEP_RELEVANCE_H

#include "stream/stream.h"
#include "sweep/request.h"

/*
 * lrp-layer in one precision: `open` prepares the sweep of a segment's records, `record` sweeps one
 * trace record and writes its relevance records, `close` gives the memory of the segment back.
 */
struct layer_engine {
	struct layer *(*open)(const struct layer_request *request);
	void (*record)(struct layer *l, const struct record *trace, struct outstream *out);
	void (*close)(struct layer *l);
};
extern const struct layer_engine layer_engine_f32, layer_engine_f64;

#endif
