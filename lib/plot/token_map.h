/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PLOT_TOKEN_MAP_H
#define LRP_PLOT_TOKEN_MAP_H

#include "plot/picture.h"
#include "plot/value_scale.h"
#include "stream/stream.h"

/*
 * What each predicted token of a sentence is made from: its relevance at the tokens of one site,
 * as shares of what the step started with, in percent.
 */
struct token_site {
	const char *name, *label; /* in full, and to be printed */
	long steps, positions;
	double *share;	     /* [steps, positions] */
	double *lost;	     /* [steps]: what the rule lost */
	const char **pieces; /* labels; NULL: the stream has no text */
	/* A panel of tokens? Else only its sum is drawn: positions beside the tokens that have
	 * them. */
	bool panel;
	/* Does a step see nothing of the tokens behind its own position? */
	bool past_only;
};

/* The number of a row's step in its sentence, and where it stands on its own side. */
struct token_row {
	long step, position;
};

struct token_sentence {
	long segment, number;
	long first, steps; /* rows of the sentence before the first one here (a part of it), rows */
	struct token_row *row; /* [steps] */
	const char *
		*predicted; /* what each row starts from; entries, or all, are NULL without text */
	struct token_site *sites;
	int count;
	bool loses; /* is there a column of what was lost? */
	const double
		*lost; /* [steps]: of the whole sweep, what is said at the site that came last */
};

struct token_map {
	struct token_sentence *at;
	long count, room;
	long positions; /* of the largest panel */
	struct scale scale, sums;
	const char *model, *rule; /* NULL: the header does not say */
	struct arena arena;
};

/*
 * Read a stream of tokens to its end. Dies where the sites of a sentence do not have the same
 * steps, where its parts do not follow each other, and where nothing came. The scale of its shares ends
 * at `max`, or where that is infinite at the largest.
 */
struct token_map *token_map_read(struct instream *in, double max);

/* The same, one sentence at a time: `done` gets a map of each alone, which then is gone. */
void token_map_each(
	struct instream *in, void (*done)(void *context, const struct token_map *m), void *context);

/* The cells of a row are those of the positions before this one; the others do not exist. */
long token_site_end(const struct token_sentence *s, const struct token_site *site, long row);

/* The sum of a row of a site. */
double token_site_sum(const struct token_site *site, long row);

/* Names of a row and of a column: pieces, two for a difference, or numbers where the stream has no
 * text. Each piece is cut to so many columns. */
const char *token_row_name(const struct token_sentence *s, long row, long most, struct arena *a);
const char *token_column_name(
	const struct token_site *site, long position, long most, struct arena *a);

/* What the numbers of a picture are. */
const char *token_map_legend(const struct token_map *m, struct arena *a);

/*
 * The picture as SVG; as lines of text, with 24-bit colours or with characters for shades. What is wider
 * than it may be is drawn in blocks of columns.
 */
void token_map_svg(FILE *to, const struct token_map *m, const struct picture *p);
void token_map_text(FILE *to, const struct token_map *m, const struct picture *p);

/*
 * The shares of a sentence as tables of numbers, one for each panel. The first one has the sums of all
 * other sites as well, and what was lost, where anything was; its strongest tokens are marked.
 */
void token_map_tables(FILE *to, const struct token_sentence *s);

#endif
