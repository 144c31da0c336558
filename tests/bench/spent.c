/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spent FILE PROGRAM [ARGUMENT...]: run the program; write what it took to the file: seconds of
 * user and of system time, largest resident size in KiB. Exits as the program does. (Started by a
 * large process, such as Python, a program's size would count what was there before it.)
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv)
{
	struct rusage used;
	int status;

	if (argc < 3) {
		fputs("usage: spent FILE PROGRAM [ARGUMENT...]\n", stderr);
		return 2;
	}
	pid_t child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	close(0); /* the pipes are the program's alone */
	close(1);
	if (child < 0 || wait4(child, &status, 0, &used) < 0) {
		perror("spent");
		return 1;
	}
	FILE *file = fopen(argv[1], "w");
	if (!file ||
		fprintf(file, "%f %f %ld\n", seconds(used.ru_utime), seconds(used.ru_stime),
			used.ru_maxrss) < 0 ||
		fclose(file)) {
		perror(argv[1]);
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
