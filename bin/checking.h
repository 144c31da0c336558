/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BIN_CHECKING_H
#define LRP_BIN_CHECKING_H

#include "opened.h"

/* Die of options that a check has no use for, or that have no use without one. */
void checking_options(const struct extraction_request *typed);

/* Hold the model's forward pass on a text to the reference. True: all agrees. */
bool checking_run(const struct extraction_request *typed, const struct options *o);

#endif
