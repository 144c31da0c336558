/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_BASE_PRINT_H
#define LRP_BASE_PRINT_H

#include <stdio.h>

/* Print what the format makes as put_plain() does (base/utf8.h); newlines and tabs stay. */
void print_plain(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
