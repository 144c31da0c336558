/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_CHECK_H
#define LRP_RECORD_CHECK_H

#include <stddef.h>

/* The limits of a record; see FORMAT.md. */
enum { RECORD_DEPTH = 30, RECORD_OBJECTS = 1 << 22 };

/*
 * Walk over the bytes of one record before any memory is taken for it: is it exactly one map of
 * the allowed kinds, is every count covered by bytes, is all text UTF-8, does a key come once in a
 * map, and is all within the limits? Dies where not. Time: n log n of the keys.
 */
void check_record(const char *bytes, size_t size);

#endif
