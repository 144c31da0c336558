/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BIN_CARRYING_H
#define LRP_BIN_CARRYING_H

#include "base/options.h"
#include "request/typed.h"

/*
 * The rest of main() of the programs that carry heads forward, once their options are typed and `asked` is
 * what they ask for: a segment after another. `meet` as in engine/heads.h; `reports`: at the end, of where the
 * directions met.
 */
int carrying_main(struct options *o, const struct sweep_options *typed, struct request *asked,
	const char *meet, bool reports);

#endif
