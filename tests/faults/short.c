/* SPDX-License-Identifier: Apache-2.0 */
/*
 * short.so, for LD_PRELOAD: reads and writes of a few bytes, every third of them interrupted first. What a
 * pipe, a terminal or a network file system may do at any time; programs must give the same bits.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

enum { MOST = 977 };

static uint64_t state = 1;

static size_t draw(size_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(state >> 33) % below;
}

/* Is this call interrupted? Else it is of so many bytes. */
static bool interrupted(size_t *size)
{
	if (draw(3) == 0) {
		errno = EINTR;
		return true;
	}
	if (*size > 1)
		*size = 1 + draw(*size < MOST ? *size : MOST);
	return false;
}

ssize_t read(int fd, void *to, size_t size)
{
	static ssize_t (*next)(int, void *, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "read");
	return interrupted(&size) ? -1 : next(fd, to, size);
}

ssize_t write(int fd, const void *from, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	return interrupted(&size) ? -1 : next(fd, from, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t at)
{
	static ssize_t (*next)(int, void *, size_t, off_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pread");
	return interrupted(&size) ? -1 : next(fd, to, size, at);
}
