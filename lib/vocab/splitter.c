/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab/splitter.h"

static const struct splitter *const splitters[] = { &splitter_sentencepiece,
	&splitter_sentencepiece_numbered, NULL };

const struct splitter *splitter_of(const char *directory, enum side side)
{
	for (int i = 0; splitters[i]; i++)
		if (splitters[i]->serves(directory, side))
			return splitters[i];
	return splitters[0];
}
