/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bandwidth FILE: seconds that one thread takes to read a mapped file that is in memory, the least
 * of some passes: as fast as any program can use each of its bytes once.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { PASSES = 5 };

/* Several vectors at a time, so that no addition waits for the one before. */
__attribute__((target_clones("arch=x86-64-v3", "default"), optimize("O3"))) static uint64_t sum(
	const uint64_t *x, size_t n)
{
	uint64_t s[64] = { 0 }, all = 0;

	for (size_t i = 0; i + 64 <= n; i += 64)
		for (int k = 0; k < 64; k++)
			s[k] += x[i + k];
	for (int k = 0; k < 64; k++)
		all += s[k];
	return all;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct stat st;
	int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (file < 0 || fstat(file, &st))
		return 1;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
	double least = 1e9;
	volatile uint64_t kept;

	if (p == MAP_FAILED)
		return 1;
	for (int i = 0; i < PASSES; i++) {
		double start = now();

		kept = sum(p, (size_t)st.st_size / sizeof(uint64_t));
		least = now() - start < least ? now() - start : least;
	}
	(void)kept;
	printf("%.4f\n", least);
	return 0;
}
