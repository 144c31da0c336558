/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_FAMILY_MARIAN_TABLES_H
#define LRP_FAMILY_MARIAN_TABLES_H

#include "ckpt/checkpoint.h"
#include "family/config.h"

/* The tensors of the tables: shared by both sides and the output, or one each. */
struct marian_tables {
	const char *source, *target, *output;
};

/*
 * Find them. A table that config.json shares has several names, of which a checkpoint may keep any
 * (which one it kept may be said in the file's metadata). Dies where there is none, where tables
 * under two of the names differ, or where a shape is not that of config.json.
 */
struct marian_tables marian_tables(
	const struct model_config *config, const struct checkpoint *c, struct arena *a);

#endif
