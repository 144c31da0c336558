/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_COMPARE_HOLM_H
#define LRP_COMPARE_HOLM_H

/*
 * Adjust p-values for being many (Holm 1979): with the m of them sorted, p[1] the smallest,
 *
 *   adjusted[i] = max over j <= i of min(1, (m - j + 1) p[j])
 *
 * Of all that are at most some level, the chance that any is there by chance alone is at most that level. Those that
 * are NaN stay so and are not counted.
 */
void holm_adjust(double *p, long count);

#endif
