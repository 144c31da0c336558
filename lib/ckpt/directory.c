/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"
#include "ckpt/json.h"
#include "ckpt/write.h"

static void copy_file(const char *from, const char *to, size_t size)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	void *bytes = NULL;

	if (fd < 0)
		die_errno("cannot open %s", from);
	if (size && (bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
		die_errno("cannot map %s", from);
	close(fd);
	file_write(to, bytes, size);
	if (size)
		munmap(bytes, size);
}

static void copy_entry(const char *from, const char *to)
{
	struct stat st, link;

	if (lstat(from, &link) || stat(from, &st))
		die_errno("cannot read %s", from);
	if (S_ISDIR(link.st_mode)) {
		if (mkdir(to, 0777))
			die_errno("cannot create %s", to);
		directory_copy(from, to, NULL, NULL);
	} else if (S_ISREG(st.st_mode)) {
		copy_file(from, to, (size_t)st.st_size);
	} else {
		die("%s: neither a file nor a folder", from);
	}
}

void directory_copy(const char *from, const char *to, bool (*skip)(const char *name, void *context),
	void *context)
{
	DIR *d = opendir(from);
	struct dirent *e;

	if (!d)
		die_errno("cannot read %s", from);
	while ((e = readdir(d))) {
		char *source = path_join(from, e->d_name), *copy = path_join(to, e->d_name);

		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
			!(skip && skip(e->d_name, context)))
			copy_entry(source, copy);
		free(source);
		free(copy);
	}
	closedir(d);
	file_sync(to);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

/* Beside the path, so that a rename is enough. */
static char *temporary_beside(const char *path, char **parent)
{
	size_t length = strlen(path);
	struct stat st;

	while (length > 1 && path[length - 1] == '/')
		length--;
	char *name = must_alloc(length + 1, 1), *temporary = must_alloc(length + 8, 1);
	memcpy(name, path, length);
	if (!lstat(name, &st))
		die("%s: exists already; name a directory that does not", name);
	snprintf(temporary, length + 8, "%s.XXXXXX", name);
	char *slash = strrchr(name, '/');
	if (slash)
		slash[slash == name] = '\0';
	*parent = slash ? name : strcpy(must_alloc(2, 1), ".");
	if (!mkdtemp(temporary))
		die_errno("cannot create %s", temporary);
	return temporary;
}

static void publish(const char *temporary, const char *path)
{
	mode_t mask = umask(0);

	umask(mask);
	if (chmod(temporary, 0777 & ~mask))
		die_errno("cannot change %s", temporary);
	file_sync(temporary);
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE))
		die_errno("cannot rename %s to %s", temporary, path);
}

void directory_make(
	const char *path, void (*fill)(const char *temporary, void *context), void *context)
{
	char *parent, *temporary = temporary_beside(path, &parent);
	int status;
	pid_t child = fork();

	if (child < 0)
		die_errno("cannot start a process");
	if (!child) {
		fill(temporary, context);
		publish(temporary, path);
		file_sync(parent);
		exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die_errno("cannot wait for a process");
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		nftw(temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
}
