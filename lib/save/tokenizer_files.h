/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SAVE_TOKENIZER_FILES_H
#define LRP_SAVE_TOKENIZER_FILES_H

/*
 * Write into `directory` the files of a tokenizer that a model has in a form of its weights' own, in the
 * layout of Hugging Face's: of a GGUF its tokenizer.json, of Marian's releases vocab.json (and, where each
 * side has its own, target_vocab.json with the setting that says so). `sizes`: tokens of both sides.
 * Nothing where the model has none of those.
 */
void tokenizer_files_write(const char *model, const char *directory, const long sizes[2]);

#endif
