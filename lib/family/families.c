/* SPDX-License-Identifier: Apache-2.0 */
#include "family/family.h"

const struct family *const families[] = {
	&family_described,
	&family_marian,
	NULL,
};
