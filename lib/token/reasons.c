/* SPDX-License-Identifier: Apache-2.0 */
#include "token/reasons.h"

const char *left_out_name(enum left_out reason)
{
	static const char *const names[LEFT_REASONS] = {
		[NOT_LEFT_OUT] = "",
		[LEFT_BLANK] = "blank",
		[LEFT_TOO_LONG] = "too long",
		[LEFT_TOO_SHORT] = "too short",
		[LEFT_NOT_UTF8] = "not UTF-8",
		[LEFT_NUL] = "NUL byte",
		[LEFT_ONE_SIDED] = "one-sided",
		[LEFT_TABS] = "several tabs",
		[LEFT_UNKNOWN] = "unknown token",
		[LEFT_MASKS] = "masks",
		[LEFT_PADDING] = "padding",
		[LEFT_CUT] = "cut",
	};

	return names[reason];
}
