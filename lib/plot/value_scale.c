/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/value_scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool ends_at_max(const struct scale *s)
{
	return s->max > 0 && isfinite(s->max);
}

static double largest(const struct scale *s)
{
	return ends_at_max(s) ? s->max : fmax(s->high, -s->low);
}

static double first(const struct scale *s)
{
	return ends_at_max(s) && s->low < 0 ? -s->max : s->low;
}

static double last(const struct scale *s)
{
	return ends_at_max(s) ? s->max : s->high;
}

void scale_take(struct scale *s, double x)
{
	s->low = fmin(s->low, x);
	s->high = fmax(s->high, x);
}

double scale_place(const struct scale *s, double x)
{
	return largest(s) > 0 ? x / largest(s) : 0;
}

double scale_between(const struct scale *s, double part)
{
	return first(s) * (1 - part) + last(s) * part;
}

/* Decimals to print; -1: numbers need an exponent, being from a million on, or very small. */
static int decimals(const struct scale *s)
{
	int n = largest(s) > 0 ? 2 - (int)floor(log10(largest(s))) : 0;

	if (n < -3 || n > 4)
		return -1;
	return n > 0 ? n : 0;
}

void scale_number(const struct scale *s, double x, char text[32])
{
	if (decimals(s) < 0)
		snprintf(text, 32, "%.2g", x);
	else
		snprintf(text, 32, "%.*f", decimals(s), x);
	if (*text == '-' && text[strspn(text, "-0.")] == '\0')
		memmove(text, text + 1, strlen(text));
}

void scale_end(const struct scale *s, bool top, char text[40])
{
	char number[32];
	bool beyond = top ? s->high > last(s) : s->low < first(s);

	scale_number(s, top ? last(s) : first(s), number);
	snprintf(text, 40, "%s%s", !beyond ? "" : top ? "\u2265 " : "\u2264 ", number);
}

int scale_width(const struct scale *s)
{
	char low[32], high[32];

	if (decimals(s) < 0)
		return s->low < 0 ? 8 : 7;
	scale_number(s, s->low, low);
	scale_number(s, s->high, high);
	return (int)fmax((double)strlen(low), (double)strlen(high));
}
