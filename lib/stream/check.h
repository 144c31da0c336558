/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_CHECK_H
#define LRP_STREAM_CHECK_H

#include <stddef.h>

/* The limits of a record; see FORMAT.md. */
enum { RECORD_DEPTH = 30, RECORD_OBJECTS = 1 << 22 };

/*
 * Walk over the bytes of one record before any memory is taken for it: is it exactly one map of
 * the allowed kinds, is every count covered by bytes, and all within the limits? Dies where not.
 */
void check_record(const char *bytes, size_t size);

#endif
