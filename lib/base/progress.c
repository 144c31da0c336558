/* SPDX-License-Identifier: Apache-2.0 */
#include "base/progress.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"

struct progress {
	const char *what, *doing, *where; /* NULL: nothing is said of it */
	bool shown, silent;
	int told; /* a file that has a byte for each; -1: none */
	long count, all;
	double begun, last;
	pthread_mutex_t lock;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char *told_file(const struct options *o)
{
	const char *file = getenv("LRPIPE_PROGRESS");

	return o->quiet || !file || !*file ? NULL : file;
}

bool progress_is_seen(const struct options *o)
{
	return !o->quiet && !told_file(o) && isatty(STDERR_FILENO);
}

struct progress *progress_new(const struct options *o, const char *what, long all)
{
	struct progress *p = must_alloc(1, sizeof *p);
	const char *told = told_file(o);

	p->what = what;
	p->all = all;
	p->silent = !progress_is_seen(o);
	p->told = told ? open(told, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
	p->begun = p->last = now();
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

/* "52 s left", "12 min left" */
static const char *time_left(double seconds, char text[32])
{
	if (seconds < 120)
		snprintf(text, 32, ", %.0f s left", seconds);
	else if (seconds < 7200)
		snprintf(text, 32, ", %.0f min left", seconds / 60);
	else
		snprintf(text, 32, ", %.1f h left", seconds / 3600);
	return text;
}

/* The columns of the terminal that a line can have, which would not go away were it longer; where it does not say, 79. */
static int line_width(void)
{
	struct winsize size;

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

/* Once a second: how many, how fast, how long still; what is being done, where there is room. */
static void show(struct progress *p)
{
	double t = now(), spent = t - p->begun;
	char all[32] = "", rate[32] = "", left[32] = "", line[256];

	if (p->silent || t - p->last < 1)
		return;
	if (p->all)
		snprintf(all, sizeof all, " of %ld", p->all);
	if (p->count)
		snprintf(rate, sizeof rate, ", %.1f/s", (double)p->count / spent);
	if (p->count && p->all > p->count)
		time_left(spent / (double)p->count * (double)(p->all - p->count), left);
	snprintf(line, sizeof line, "%s: %ld%s %s%s%s%s%s%s%s", program_name(), p->count, all,
		p->what, rate, left, p->doing ? ", " : "", p->doing ? p->doing : "",
		p->doing ? ": " : "", p->doing ? p->where : "");
	fprintf(stderr, "\r%.*s\033[K", line_width(), line);
	p->last = t;
	p->shown = true;
}

struct progress *progress_of_files(const struct options *o, const char *what)
{
	struct stat s;

	if (told_file(o) || (!o->file_count && (fstat(STDIN_FILENO, &s) || !S_ISREG(s.st_mode))))
		return NULL;
	return progress_new(o, what, 0);
}

void progress_add(struct progress *p, long count)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->count += count;
	while (p->told >= 0 && count-- > 0)
		if (write(p->told, ".", 1) != 1)
			p->told = -1; /* nobody counts any more */
	p->doing = NULL;
	show(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_at(struct progress *p, const char *doing, const char *where)
{
	if (!p || p->silent || pthread_mutex_trylock(&p->lock))
		return;
	p->doing = doing;
	p->where = where;
	show(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p)
{
	if (p && p->shown)
		fprintf(stderr, "\r\033[K");
}
