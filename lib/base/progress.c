/* SPDX-License-Identifier: Apache-2.0 */
#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"

struct progress {
	const char *what;
	bool shown, silent;
	long count;
	double begun, last;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct progress *progress_new(const struct options *o, const char *what)
{
	struct progress *p = must_alloc(1, sizeof *p);

	p->what = what;
	p->silent = o->quiet || !isatty(STDERR_FILENO);
	p->begun = p->last = now();
	return p;
}

void progress_add(struct progress *p, long count)
{
	double t = now();

	p->count += count;
	if (p->silent || t - p->last < 1)
		return;
	fprintf(stderr, "\r%s: %ld %s, %.1f/s\033[K", program_name(), p->count, p->what,
		(double)p->count / (t - p->begun));
	p->last = t;
	p->shown = true;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
}
