/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RELEASE_RELEASE_H
#define LRP_RELEASE_RELEASE_H

#include "pack/json.h"

/*
 * A directory of a release of Marian models, as those of OPUS-MT and the Tatoeba Challenge are unzipped:
 * decoder.yml names the weights and the vocabularies, plain files beside it.
 */

/* The weights: those of decoder.yml, where there is none the only .npz file; NULL: none. Dies, naming
 * an option of decoder.yml, on one that we do not know or that changes what is computed. */
char *release_weights(const char *directory);

/*
 * A side's vocabulary, {piece: id}, for a model of so many tokens, the last of which is the padding: the
 * file's pieces and <pad>, as Hugging Face's converter adds it. Dies where the file does not have each
 * other id once, or has no </s> or <unk>. Without object where the directory has no such file.
 */
struct json_file release_vocabulary(const char *directory, bool target, long tokens);

/* The id of the target's end of sentence; 0, Marian's own, where there is no vocabulary. */
long release_eos(const char *directory, long tokens);

#endif
