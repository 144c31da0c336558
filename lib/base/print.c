/* SPDX-License-Identifier: Apache-2.0 */
#include "base/print.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/utf8.h"

void print_plain(FILE *to, const char *format, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, format);
	int n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory: a line of text");
	put_plain_but(to, text, (size_t)n, "\n\t");
	free(text);
}
