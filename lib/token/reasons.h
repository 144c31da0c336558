/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_TOKEN_REASONS_H
#define LRP_TOKEN_REASONS_H

/* Why a line of text is no sentence to work on. */
enum left_out {
	NOT_LEFT_OUT,
	LEFT_BLANK,	/* only white space: no sentence, and no mistake */
	LEFT_TOO_LONG,	/* more tokens than the model has positions, or no room to continue them */
	LEFT_TOO_SHORT, /* no token in it that is predicted */
	LEFT_NOT_UTF8,	/* bytes that are no text */
	LEFT_NUL,	/* a byte 0 */
	LEFT_ONE_SIDED, /* nothing before the tab, or nothing behind it */
	LEFT_TABS,	/* more than one */
	LEFT_UNKNOWN,	/* a token that the model has no id for */
	LEFT_MASKS, /* no mask to fill, or not one for each token behind the tab; or one too many */
	LEFT_PADDING, /* a padding token, where padding has no position */
	LEFT_CUT,     /* the target that was generated has no end */
	LEFT_REASONS
};

/* The reason as streams and messages have it: "too long". */
const char *left_out_name(enum left_out reason);

#endif
