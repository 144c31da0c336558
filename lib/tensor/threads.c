/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/threads.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/die.h"

#define LIBRARY "libopenblas.so.0"

enum { BUFFER = 128, OTHER = 8 }; /* MiB; a buffer for each product under way */

static struct blas library;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;
static atomic_int products, most_products;

static void *symbol(void *handle, const char *name)
{
	void *p = dlsym(handle, name);

	if (!p)
		die(LIBRARY " has no function '%s'", name);
	return p;
}

/* At the end nothing is tidied up: another thread may be in a product, where one died. */
static void end_at_once(int status, void *context)
{
	(void)context;
	fflush(NULL);
	_exit(status);
}

void products_end_at_once(void)
{
	on_exit(end_at_once, NULL);
}

static void load(void)
{
	products_end_at_once();
	if (setenv("OPENBLAS_NUM_THREADS", "1", 1)) /* it starts them when it is loaded */
		die("out of memory");
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		die("cannot load OpenBLAS: %s; it comes with the package libopenblas0", dlerror());
	library = (struct blas){ symbol(handle, "cblas_sgemm"), symbol(handle, "cblas_dgemm"),
		symbol(handle, "cblas_sgemv"), symbol(handle, "cblas_dgemv") };
}

void products_need(long mebibytes)
{
	size_t size = (size_t)mebibytes << 20;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("out of memory: matrix products need %ld MiB more; a smaller -j needs less",
			mebibytes);
	munmap(p, size);
}

const struct blas *blas_begin(void)
{
	int now = atomic_fetch_add(&products, 1) + 1;

	pthread_once(&loaded, load);
	if (now > most_products) {
		products_need(BUFFER + OTHER);
		most_products = now;
	}
	return &library;
}

void blas_end(void)
{
	atomic_fetch_sub(&products, 1);
}
