/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STREAM_FAILURE_H
#define LRP_STREAM_FAILURE_H

#include "record/record.h"
#include <stdbool.h>

/*
 * The record `failed` {program, message, stored}, the last one of the stream of a program that
 * failed. In a pipe it tells the programs behind it that the mistake has been named, so that one
 * mistake has one message. In a file it keeps the message for whoever reads the file later.
 *
 * It is written where a stream goes into a pipe, and where one has begun to go into a file; and
 * only behind whole records.
 */

/* From here on a program that dies writes that record to standard output. */
void failure_watch(void);

/*
 * A stream that is read from `fd` ends with this record: fail too, with the same program and
 * message in the record of our own stream. Silent where the one who failed has spoken, which is so
 * in a pipe; otherwise (the record was read from a file, or out of one, which it says by the key
 * `stored`) with a message.
 */
_Noreturn void failure_pass_on(const char *program, const char *message, bool stored, int fd);

/* Is the file descriptor a pipe or a socket? */
bool failure_in_pipe(int fd);

#endif
