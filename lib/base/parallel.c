/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/die.h"

enum { MAX_THREADS = 1024 };

struct team {
	atomic_int next;
	int jobs;
	void (*run)(void *context, int job, int thread);
	void *context;
};

struct member {
	struct team *team;
	int thread;
	pthread_t id;
};

static void *work(void *context)
{
	struct member *m = context;

	for (int job; (job = atomic_fetch_add(&m->team->next, 1)) < m->team->jobs;)
		m->team->run(m->team->context, job, m->thread);
	return NULL;
}

void parallel(int threads, int jobs, void (*run)(void *context, int job, int thread), void *context)
{
	struct team team = { .jobs = jobs, .run = run, .context = context };
	struct member member[MAX_THREADS];

	if (threads > jobs)
		threads = jobs > 0 ? jobs : 1;
	for (int i = 0; i < threads; i++)
		member[i] = (struct member){ .team = &team, .thread = i };
	for (int i = 1; i < threads; i++)
		if (pthread_create(&member[i].id, NULL, work, &member[i]))
			die("cannot start a thread; use a smaller -j");
	work(&member[0]);
	for (int i = 1; i < threads; i++)
		pthread_join(member[i].id, NULL);
}
