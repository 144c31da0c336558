/* SPDX-License-Identifier: Apache-2.0 */
#include "family/family.h"

const struct family *const families[] = {
	&family_described,
	&family_bart,
	&family_blenderbot,
	&family_blenderbot_small,
	&family_m2m100,
	&family_marian,
	&family_mbart,
	&family_pegasus,
	NULL,
};
