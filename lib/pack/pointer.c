/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/pointer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"

#define BEGINNING "version https://git-lfs.github.com/spec/"

enum { LARGEST = 1024 }; /* bytes, by the definition of pointers */

void pointer_check(const char *path)
{
	char bytes[sizeof BEGINNING - 1];
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size >= LARGEST)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* whoever reads it says why */
	ssize_t n = read(fd, bytes, sizeof bytes);

	close(fd);
	if (n == (ssize_t)sizeof bytes && memcmp(bytes, BEGINNING, sizeof bytes) == 0)
		die("%s: a Git LFS pointer, not the file itself; run 'git lfs pull' there", path);
}
