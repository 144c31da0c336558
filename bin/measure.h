/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BIN_MEASURE_H
#define LRP_BIN_MEASURE_H

#include "engine/engine.h"

/* The main() of the programs that measure something of traces without a sweep. */
int measure_main(int argc, char **argv, const char *help, const struct measure *m);

#endif
