/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHAPE_SHAPE_H
#define LRP_SHAPE_SHAPE_H

#include <stdbool.h>

#include "pack/json.h"
#include "graph/mask.h"

/* Our own key of config.json: the heads that were taken out, by kind and layer. */
#define PRUNED_HEADS "lrpipe_pruned_heads"

struct family;

/* The stacks of layers of a model; it has one of them or both. */
enum { ENC, DEC, STACKS };

/*
 * A model as its config.json describes it, in words that all families share: the keys of each become
 * these by its table (family/family.h). Ids are inside the vocabularies; -1: there is none.
 */
struct shape {
	struct json_file file;
	const char *directory;
	const struct family *family;
	const char *type, *name; /* type: the family's; name: _name_or_path, else the directory's */

	long width, table_width; /* of the layers; of the tables of tokens, mostly the same */
	long layers[STACKS];	 /* 0: the model has no such stack */
	long heads[STACKS], head_width[STACKS];
	long kv_heads[STACKS];	 /* heads of keys and values; 0: as heads */
	long inner[STACKS];	 /* neurons of the feed-forward networks */
	long vocabulary[STACKS]; /* tokens that a stack reads; those of the last are predicted */
	long positions;		 /* tokens of a sentence, at most */
	int activation;		 /* enum function */
	int output_activation;	 /* of the dense layer in front of the logits */
	int position_type;	 /* 0: a row a position; others are refused */
	double eps;		 /* of norms */
	double score_scale; /* of products of queries and keys; 0: by the root of a head's width */
	double score_cap, logit_cap; /* C of C tanh(x / C); 0: none */
	long types; /* of tokens: rows of their table, of which the first is read; 0: none */

	bool shared_tables;    /* both stacks read the same table */
	bool tied_output;      /* the output's weights are the last stack's table */
	bool output_bias;      /* the output has to have one; false: where the checkpoint has it */
	bool scaled_embedding; /* a table's rows times the root of the width */
	bool sinusoids;	       /* positions are computed where the checkpoint has none */
	bool inclusive;	       /* so: see struct embedding */
	long first_position;   /* rows of the table of positions in front of the first position's */
	bool behind_pad;       /* positions are counted from pad + 1, in tables and computed */
	bool scores_by_layer;  /* scores are divided by the layer's number, from 1 on */
	bool root_mean_square; /* norms are rms */
	bool gain_one;	       /* whose gain is 1 + the weight */
	bool parallel;	       /* a layer's blocks read the same, and are added together */
	bool rotary;	       /* positions: queries and keys turn (rotary.h) */
	double theta, local_theta; /* of them; of layers with a window, where it is not 0 */
	double rotary_part;	   /* of a head's neurons that turn; 0: all */
	long window;		   /* keys that a query sees in layers that have it; 0: all */
	const bool *windowed;	   /* one a layer: has it the window? NULL: all have */
	long buckets,
		longest; /* of tables of distances, that are all that tells positions; 0: none */
	bool first_distances; /* the first layer's table is that of all */
	bool gated;	      /* feed-forward networks have a gate, where a family has both kinds */
	bool scaled_output;   /* what the logits are made from, by the root of the width */
	bool norm_in_front;   /* of each block, not behind its addition */
	bool embedding_norm, final_norm;
	bool norm_of_tokens; /* the decoder's embedding norm is in front of its positions */
	bool bare;	     /* the checkpoint's names lack the family's prefix */

	struct mask pruned; /* heads that were taken out, by their numbers before */
	long pad, bos, eos; /* eos: the first, where there are several */
	long start, forced_bos, forced_eos, mask;
	bool bos_forced;     /* forced_bos is bos, where no key says another */
	long encoder_ngrams; /* encoder_no_repeat_ngram_size where no key says another; 0: none */
};

/*
 * Read and check config.json. Every key of it is honoured, known to have no effect, or refused by
 * name; so is a model_type that no family has.
 */
struct shape *shape_read(const char *directory);

/* An id (absent: -1) that has to be below `limit`; shared with the generation settings. */
long json_token_id(const struct json_file *f, const char *key, long otherwise, long limit);

#endif
