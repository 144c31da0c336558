/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/threads.h"

#include <cblas.h>

void blas_threads(int threads)
{
	openblas_set_num_threads(threads);
}
