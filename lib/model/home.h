/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MODEL_HOME_H
#define LRP_MODEL_HOME_H

#include "base/arena.h"

/*
 * The model directory where -m names none: $LRPIPE_MODEL, else the built-in model, beside the
 * program in its source tree (../examples/en-de) or where it was installed
 * (../share/lrpipe/en-de). Dies where there is none.
 */
const char *model_home(struct arena *a);

#endif
