/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mapped.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"

/* The list only grows, at its front, so that the signal handler may walk it. */
static struct mapped {
	const struct mapped *next;
	char *path; /* without control characters, for a terminal */
	const char *bytes;
	size_t size;
	int fd;
	struct timespec changed;
} * first;

static void say(const char *text)
{
	ssize_t written = write(STDERR_FILENO, text, strlen(text));

	(void)written; /* there is nobody left to tell */
}

/* What may be called here is little: the message is written in pieces. */
static void cut_off(int signal, siginfo_t *info, void *context)
{
	const char *at = info->si_addr;

	(void)signal, (void)context;
	say(program_name());
	for (const struct mapped *m = first; m; m = m->next)
		if (at >= m->bytes && at < m->bytes + m->size) {
			say(": ");
			say(m->path);
		}
	say(": cut off, or the disk failed, while it was read\n");
	_exit(1);
}

static void catch_cut_off(void)
{
	struct sigaction action = { .sa_sigaction = cut_off, .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

const void *mapped_open(const char *path, size_t *size)
{
	struct mapped *m = must_alloc(1, sizeof *m);
	struct stat st;

	m->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (m->fd < 0 || fstat(m->fd, &st))
		die_errno("cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		die("%s: not a file", path);
	*size = (size_t)st.st_size;
	if (!*size) {
		close(m->fd);
		return NULL;
	}
	void *bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, m->fd, 0);

	if (bytes == MAP_FAILED)
		die_errno("cannot map %s", path);
	*m = (struct mapped){ first, must_strdup(path), bytes, *size, m->fd, st.st_mtim };
	for (char *p = m->path; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = '?';
	first = m;
	catch_cut_off();
	return bytes;
}

void mapped_spare(const void *from, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const char *at = from;

	for (const struct mapped *m = first; m; m = m->next)
		if (at >= m->bytes && at + size <= m->bytes + m->size) {
			size_t begin = (size_t)(at - m->bytes + (long)page - 1) / page * page;
			size_t end = (size_t)(at + size - m->bytes) / page * page;

			if (end > begin)
				madvise((char *)(uintptr_t)m->bytes + begin, end - begin,
					MADV_DONTNEED);
		}
}

void mapped_check(void)
{
	for (const struct mapped *m = first; m; m = m->next) {
		struct stat st;

		if (fstat(m->fd, &st) || (size_t)st.st_size != m->size ||
			st.st_mtim.tv_sec != m->changed.tv_sec ||
			st.st_mtim.tv_nsec != m->changed.tv_nsec) {
			place_source(NULL);
			die("%s: changed while it was used; start again when it is whole", m->path);
		}
	}
}
