/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_PICTURE_H
#define LRP_PLOT_PICTURE_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* Where a picture goes and in what form; the options of every program that draws. */
struct picture {
	const char *file;  /* -o: .svg, .png or .pdf; NULL: standard output */
	const char *color; /* --color */
	const char *title; /* --title; NULL: what the stream says */
	double max;	   /* --max, the end of the scale; infinite: the largest value */
	long width;	   /* --width, units of SVG or columns of text; 0: as it comes */
	bool no_numbers;   /* --no-numbers */
	bool stack;	   /* --stack */
	bool svg;	   /* --svg, or a file: SVG is to be drawn, not text */
	bool colours;	   /* of text */
	char *written;	   /* the file until it is complete */
};

/* Before the command line is parsed. */
#define PICTURE_DEFAULTS                                                                           \
	{                                                                                          \
		.color = "auto", .max = HUGE_VAL                                                   \
	}

/* For a list of struct option_entry, and for a help text. */
#define PICTURE_OPTIONS(p)                                                                         \
	{ .name = "svg", .flag = &(p).svg }, { .letter = 'o', .text = &(p).file },                 \
		{ .name = "color", .text = &(p).color }, { .name = "title", .text = &(p).title },  \
		{ .name = "max", .real = &(p).max }, { .name = "width", .count = &(p).width },     \
		{ .name = "no-numbers", .flag = &(p).no_numbers },                                 \
	{                                                                                          \
		.name = "stack", .flag = &(p).stack                                                \
	}
#define PICTURE_HELP                                                                                      \
	"  --svg         SVG on standard output\n"                                                        \
	"  -o file       into a file.svg, or a file.png or file.pdf (with the program rsvg-convert)\n"    \
	"  --title text  in place of what the stream says of itself; '' for none\n"                       \
	"  --max x       the scale ends at x (default: at the largest magnitude), for several pictures\n" \
	"                of one scale; what is larger has the colour of its end\n"                        \
	"  --no-numbers  no numbers in cells, which are smaller then\n"                                   \
	"  --stack       panels below each other, for a column of print\n"

/* After the command line was parsed; a mistake in it exits 2. */
void picture_check(struct picture *p);

/*
 * Draw between these two. A file appears when it is complete, under a name of its own until then.
 * PNG and PDF are made by the program rsvg-convert: two pixels for each unit of the SVG, or 3/4 pt.
 */
FILE *picture_open(struct picture *p);
void picture_close(struct picture *p, FILE *to);

#endif
