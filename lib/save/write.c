/* SPDX-License-Identifier: Apache-2.0 */
#include "save/write.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/die.h"

void file_put(FILE *to, const char *path, const void *bytes, size_t size)
{
	if (size && fwrite(bytes, size, 1, to) != 1)
		die_errno("cannot write %s", path);
}

FILE *file_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (!to)
		die_errno("cannot create %s", path);
	return to;
}

void file_finish(FILE *to, const char *path)
{
	if (fflush(to) || fsync(fileno(to)) || fclose(to))
		die_errno("cannot write %s", path);
}

void file_write(const char *path, const void *bytes, size_t size)
{
	FILE *to = file_create(path);

	file_put(to, path, bytes, size);
	file_finish(to, path);
}

void file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) || close(fd))
		die_errno("cannot write %s", path);
}
