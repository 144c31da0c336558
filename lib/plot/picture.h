/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_PICTURE_H
#define LRP_PLOT_PICTURE_H

#include <stdbool.h>
#include <stdio.h>

/* Where a picture goes and in what form; the options of every program that draws. */
struct picture {
	const char *file;  /* -o: .svg or .png; NULL: standard output */
	const char *color; /* --color */
	bool svg;	   /* --svg, or a file: SVG is to be drawn, not text */
	bool colours;	   /* of text */
	char *written;	   /* the file until it is complete */
};

/* For a list of struct option_entry, of a picture that begins as { .color = "auto" }. */
#define PICTURE_OPTIONS(p)                                                                         \
	{ .name = "svg", .flag = &(p).svg }, { .letter = 'o', .text = &(p).file },                 \
	{                                                                                          \
		.name = "color", .text = &(p).color                                                \
	}

/* After the command line was parsed; a mistake in it exits 2. */
void picture_check(struct picture *p);

/*
 * Draw between these two. A file appears when it is complete, under a name of its own until then.
 * PNG is made by the program rsvg-convert, two pixels for each unit of the SVG.
 */
FILE *picture_open(struct picture *p);
void picture_close(struct picture *p, FILE *to);

#endif
