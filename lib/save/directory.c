/* SPDX-License-Identifier: Apache-2.0 */
#include "save/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/die.h"
#include "base/mapped.h"
#include "pack/json.h"
#include "pack/pointer.h"
#include "save/write.h"

static void copy_file(const char *from, const char *to)
{
	size_t size;

	pointer_check(from);
	const void *bytes = mapped_open(from, &size);

	file_write(to, bytes, size);
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
		copy_file(from, to);
	} else {
		die("%s: neither a file nor a folder", from);
	}
}

static int is_entry(const struct dirent *e)
{
	return strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
}

void directory_copy(const char *from, const char *to,
	bool (*wanted)(const char *name, void *context), void *context)
{
	struct dirent **entries;
	int count = scandir(from, &entries, is_entry, alphasort);

	if (count < 0)
		die_errno("cannot read %s", from);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (!wanted || wanted(name, context))
			copy_entry(path_join(from, name), path_join(to, name));
		free(entries[i]);
	}
	free(entries);
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

/* Signals that end the program; not those that it was told to ignore, as by nohup. */
static sigset_t ending_signals(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!sigaction(all[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&set, all[i]);
	return set;
}

/* Wait for the child's end, or end it where a signal of the set comes; that signal, or 0. */
static int wait_or_end(pid_t child, const sigset_t *ending, int *status)
{
	sigset_t set = *ending;
	int ended_by = 0;

	sigaddset(&set, SIGCHLD);
	for (;;) {
		pid_t done = waitpid(child, status, WNOHANG);

		if (done == child)
			return ended_by;
		if (done < 0 && errno != EINTR)
			die_errno("cannot wait for a process");
		int signal = sigwaitinfo(&set, NULL);

		if (signal > 0 && signal != SIGCHLD) {
			ended_by = signal;
			kill(child, SIGKILL);
		}
	}
}

static _Noreturn void fill_and_publish(const char *temporary, const char *path, const char *parent,
	void (*fill)(const char *temporary, void *context), void *context)
{
	fill(temporary, context);
	mapped_check();
	publish(temporary, path);
	file_sync(parent);
	exit(0);
}

/*
 * A child does the work, so that whatever ends it, the temporary directory goes. Signals that end
 * this process wait, blocked, until that is done.
 */
void directory_make(
	const char *path, void (*fill)(const char *temporary, void *context), void *context)
{
	sigset_t ending = ending_signals(), blocked = ending, before;
	char *parent;
	int status;

	signal(SIGCHLD, SIG_DFL);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	char *temporary = temporary_beside(path, &parent);
	pid_t child = fork();

	if (!child) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		fill_and_publish(temporary, path, parent, fill, context);
	}
	if (child < 0) {
		int reason = errno;

		rmdir(temporary);
		errno = reason;
		die_errno("cannot start a process");
	}
	int ended_by = wait_or_end(child, &ending, &status);

	if (!WIFEXITED(status) || WEXITSTATUS(status))
		nftw(temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (ended_by)
		raise(ended_by);
	if (WIFSIGNALED(status))
		die("stopped by the signal %s", sigabbrev_np(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		exit(WEXITSTATUS(status));
}
