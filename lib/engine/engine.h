/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ENGINE_ENGINE_H
#define LRP_ENGINE_ENGINE_H

#include "engine/heads.h"
#include "engine/lrp.h"
#include "forward/extract.h"
#include "forward/pass.h"
#include "measure/measure.h"

/*
 * All that computes with a network's numbers, in one precision. The folders from network/ to
 * engine/ are compiled twice, and this table is the one name of each precision that is seen
 * outside of them.
 */
struct engine {
	const struct extract_engine *extract; /* trace-extract */
	const struct pass_engine *pass;	      /* trace-extract --check */
	const struct lrp_engine *lrp;	      /* lrp-layer */
	const struct heads_engine *heads;     /* head-carry */
	const struct measure *confidence, *output, *loss, *context_mean;
};
extern const struct engine engine_f32, engine_f64;

#endif
