/* SPDX-License-Identifier: Apache-2.0 */
#include "token/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <limits.h>
#include <string>
#include <vector>

/* The last line's pieces: the strings, and the view of them that C gets. */
struct splitter {
	sentencepiece::SentencePieceProcessor processor;
	std::vector<std::string> texts;
	std::vector<splitter_piece> pieces;
	std::string joined;
};

splitter *splitter_open(const char *path)
{
	splitter *s = nullptr;

	try {
		s = new splitter;
		if (s->processor.Load(path).ok())
			return s;
	} catch (...) {
	}
	delete s;
	return nullptr;
}

int splitter_encode(splitter *s, const char *text, size_t length, const splitter_piece **pieces)
{
	try {
		if (!s->processor.Encode({ text, length }, &s->texts).ok() ||
			s->texts.size() >= INT_MAX)
			return -1;
		s->pieces.clear();
		for (const std::string &t : s->texts)
			s->pieces.push_back({ t.c_str(), t.size() });
	} catch (...) {
		return -1;
	}
	*pieces = s->pieces.data();
	return (int)s->pieces.size();
}

int splitter_decode(
	splitter *s, const char *const *pieces, int count, const char **text, size_t *length)
{
	try {
		std::vector<std::string> list(pieces, pieces + count);

		if (!s->processor.Decode(list, &s->joined).ok())
			return -1;
		for (size_t at; (at = s->joined.find('\0')) != std::string::npos;)
			s->joined.replace(at, 1, "\xef\xbf\xbd");
	} catch (...) {
		return -1;
	}
	*text = s->joined.c_str();
	*length = s->joined.size();
	return 0;
}
