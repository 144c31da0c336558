/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BUILD_TABLES_H
#define LRP_BUILD_TABLES_H

#include "ckpt/checkpoint.h"
#include "shape/family.h"

/* The tensors of the tables that stacks read, and of the output's weights; some may be the same. */
struct token_tables {
	const char *input[STACKS], *output;
};

/*
 * Find them. A table that config.json shares has several names, of which a checkpoint may keep any
 * (which one it kept may be said in the file's metadata). Dies where there is none, where tables
 * under two of the names differ, or where a shape is not that of config.json.
 */
struct token_tables tables_find(
	const struct shape *shape, const struct checkpoint *c, struct arena *a);

/* Do two tensors have the same numbers? Compared at 1024 places, as the fingerprint is: tables that
 * were trained apart differ in all. */
bool tables_equal(const struct tensor *x, const struct tensor *y);

#endif
