/* SPDX-License-Identifier: Apache-2.0 */
/* Linked with --wrap=_exit into what tests/tool/coverage builds: a program that ends at once has its counts written too. */
#include <unistd.h>

void __gcov_dump(void);
void __real__exit(int status);
void __wrap__exit(int status);

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
