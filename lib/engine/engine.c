/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include "tensor/real.h"

const struct engine EITHER(engine) = {
	.extract = &extract_engine,
	.pass = &pass_engine,
	.lrp = &lrp_engine,
	.heads = &heads_engine,
	.confidence = &measure_confidence,
	.output = &measure_output,
	.loss = &measure_loss,
	.context_mean = &measure_context_mean,
};
