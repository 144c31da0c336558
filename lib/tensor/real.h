/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TENSOR_REAL_H
#define LRP_TENSOR_REAL_H

/*
 * The folders from network/ to engine/ are compiled twice, in single and in double precision:
 * `real` is the number they compute with. Their names are local to the object of a precision but
 * for one, EITHER(engine): engine_f32 or engine_f64. A sum of magnitudes below REAL_TINY counts as
 * zero where it would be divided by: its terms may have lost their digits, and 1/sum overflow.
 */
#ifdef REAL_IS_DOUBLE
typedef double real;
#define EITHER(name) name##_f64
#define REAL_TYPE "<f8"
#define tensor_reals tensor_doubles /* tensor.h: the elements as real numbers */
#define REAL_TINY 1e-290
#else
typedef float real;
#define EITHER(name) name##_f32
#define REAL_TYPE "<f4"
#define tensor_reals tensor_floats
#define REAL_TINY 1e-30f
#endif

#endif
