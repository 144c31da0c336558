/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_MODEL_HOME_H
#define LRP_MODEL_HOME_H

#include "base/arena.h"

/*
 * The model directory: as typed; where -m names none (NULL) $LRPIPE_MODEL, else the built-in model,
 * beside the program in its source tree (../examples/en-de) or where it was installed
 * (../share/lrpipe/en-de). Dies where there is none; of a name of the hub says how to fetch it.
 */
const char *model_home(const char *typed, struct arena *a);

#endif
