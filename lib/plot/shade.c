/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/shade.h"

#include <math.h>

#include "plot/colour.h"
#include "plot/label.h"

enum { STRIPES = 20 };

/* '-' is not among them: it is a sign. */
static char shade(double place)
{
	return " .:~=+*#%@"[lround(fmin(fabs(place), 1) * 9)];
}

void shade_cell(FILE *to, const struct scale *s, double x, int width, bool colours)
{
	double place = scale_place(s, x);
	struct colour c = colour_at(place);
	char number[32];

	scale_number(s, x, number);

	const char *text = width > 2 ? number : *number == '-' ? "- " : "";

	if (colours)
		fprintf(to, "\33[48;2;%d;%d;%dm\33[%sm%*s\33[0m", c.red, c.green, c.blue,
			colour_is_dark(c) ? "97" : "30", width, text);
	else if (width > 2)
		fprintf(to, " %c%*s", shade(place), width - 2, text);
	else
		fprintf(to, "%c%c", *text ? *text : shade(place), shade(place));
}

void shade_scale(FILE *to, const struct scale *s, const struct picture *p, const char *unit)
{
	char text[40];
	long used;

	scale_end(s, false, text);
	used = label_width(text) + STRIPES + 3;
	fprintf(to, "%s ", text);
	for (int i = 0; i < STRIPES; i++) {
		double place = scale_place(s, scale_between(s, i / (STRIPES - 1.0)));
		struct colour c = colour_at(place);

		if (p->colours)
			fprintf(to, "\33[48;2;%d;%d;%dm \33[0m", c.red, c.green, c.blue);
		else
			fputc(shade(place), to);
	}
	scale_end(s, true, text);
	fprintf(to, " %s%s", text, *unit ? " " : "");
	label_wrap(to, unit, p->width, used + label_width(text));
}
