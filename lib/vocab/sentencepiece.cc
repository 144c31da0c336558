/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <limits.h>
#include <string>
#include <vector>

/* The last line's pieces: the strings, and the view of them that C gets. */
struct sentencepiece_model {
	sentencepiece::SentencePieceProcessor processor;
	std::vector<std::string> texts;
	std::vector<piece> pieces;
	std::string joined;
};

sentencepiece_model *sentencepiece_open(const char *path)
{
	sentencepiece_model *s = nullptr;

	try {
		s = new sentencepiece_model;
		if (s->processor.Load(path).ok())
			return s;
	} catch (...) {
	}
	delete s;
	return nullptr;
}

int sentencepiece_size(const sentencepiece_model *s)
{
	return s->processor.GetPieceSize();
}

const char *sentencepiece_piece(const sentencepiece_model *s, int id)
{
	try {
		return s->processor.IdToPiece(id).c_str();
	} catch (...) {
		return nullptr;
	}
}

int sentencepiece_split(
	sentencepiece_model *s, const char *text, size_t length, const piece **pieces)
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

const char *sentencepiece_join(sentencepiece_model *s, const char *const *pieces, int count)
{
	try {
		std::vector<std::string> list(pieces, pieces + count);

		if (!s->processor.Decode(list, &s->joined).ok())
			return nullptr;
		for (size_t at; (at = s->joined.find('\0')) != std::string::npos;)
			s->joined.replace(at, 1, "\xef\xbf\xbd");
	} catch (...) {
		return nullptr;
	}
	return s->joined.c_str();
}
