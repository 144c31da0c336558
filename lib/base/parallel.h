/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_PARALLEL_H
#define LRP_BASE_PARALLEL_H

/*
 * Call run(context, job, thread) for jobs 0 .. jobs-1, on so many threads at most; `thread` is
 * 0 .. threads-1. Which thread takes which job is open, so what a job computes must not depend on
 * it. Returns when all are done.
 */
void parallel(
	int threads, int jobs, void (*run)(void *context, int job, int thread), void *context);

#endif
