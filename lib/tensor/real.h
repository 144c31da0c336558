/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_REAL_H
#define LRP_TENSOR_REAL_H

/*
 * The operations and the sweeps are compiled twice, in single and in double precision: `real` is
 * the number they compute with, and EITHER(name) the name of a function or table in the object
 * file of that precision (name_f32 or name_f64).
 */
#ifdef REAL_IS_DOUBLE
typedef double real;
#define EITHER(name) name##_f64
#define REAL_TYPE "<f8"
#else
typedef float real;
#define EITHER(name) name##_f32
#define REAL_TYPE "<f4"
#endif

#endif
