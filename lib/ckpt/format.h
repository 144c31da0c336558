/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_CKPT_FORMAT_H
#define LRP_CKPT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include <pthread.h>

#include "base/arena.h"
#include "pack/json.h"
#include "tensor/tensor.h"

struct weight_file;

/* A tensor of a file of weights. */
struct entry {
	const char *name, *dtype; /* the dtype as safetensors spell it, where they have it */
	struct tensor tensor;	  /* type "" where we cannot compute with the dtype */
	size_t size;		  /* bytes of its data in the file */
	const struct weight_file *file;

	/*
	 * Where the file has the data in another order, or as other numbers, they are made when they
	 * are first needed (entry_tensor()), from `stored`; until then the tensor's `data` are
	 * NULL. The function returns them, in memory of the process's life; NULL: they lie in the map.
	 */
	const void *(*make)(const struct entry *e);
	const void *stored;
};

/* An entry's tensor with its data, whatever the file has; any number of threads may ask at once. */
struct tensor entry_tensor(const struct entry *e);

/*
 * A format of files of weights: a row of the table in format.c, and one file of code. The functions
 * get a file that is mapped, and die, naming it, on what is wrong with it.
 */
struct format {
	const char *single, *index; /* its files in a model's directory: one of all weights, or one
				       that names several; NULL: there is no such file */

	/* The file of all weights in a model's directory, where it has no fixed name: its path; NULL:
	 * none. The function is NULL where `single` and `index` say all. */
	char *(*find)(const char *directory);
	const char *found; /* how such files are called, in messages: "*.gguf" */

	/*
	 * The settings of a model that has no config.json, in the words of one, as the file and what
	 * else stands beside it say them. Dies, naming a setting, on one that it does not know. The
	 * function is NULL where the files of a format say nothing of the kind.
	 */
	json_t *(*settings)(const struct weight_file *f);
	bool whole;	     /* one file says all of a model, and may stand for its directory */
	bool settings_alone; /* they need no tensors: the file is mapped, but not read */

	/* Why a tensor of a type that we do not compute with is not taken; NULL: what there is to say
	 * of any format. */
	const char *unsupported;

	/* Is a file of this format, by its first bytes? It may be of any size. */
	bool (*is)(const struct weight_file *f);

	/*
	 * Find the tensors: fill in all of `f` from `entries` on. Shapes, types and places are
	 * checked against each other and the file. Data lies in the map, or is made later (struct
	 * entry). Names are those that families know; a format that has others renames them here.
	 */
	void (*read)(struct weight_file *f);

	/* The tensor that was kept instead of one of this name, since both were the same; NULL:
	 * none. Where the function is NULL, the format does not say. */
	const char *(*alias)(const struct weight_file *f, const char *name);
};

/* A file of weights, mapped for the life of the process. */
struct weight_file {
	const char *path, *name; /* name: the last part of the path */
	const unsigned char *bytes;
	size_t size;
	const struct format *format;
	struct entry *entries;
	size_t count;
	const unsigned char *header, *data; /* for the fingerprint (checkpoint.h) */
	size_t header_size, data_size;
	const void *own; /* the format's */
	pthread_mutex_t *making;
};

/* The weights in a model's directory that are of the first format that has any there: the path of one
 * file; of an index of several (then `is_index`); NULL: none. */
char *weights_in(const char *directory, const struct format **format, bool *is_index);

/* What a directory is searched for, in words: "model.safetensors, ..., pytorch_model.bin". */
const char *weights_names(struct arena *a);

/* Map a file and find its tensors, whatever its format. */
const struct weight_file *weight_file_open(const char *path);

/* The settings that a file says, and its path; dies where its format says none, and with `whole` where it
 * does not say all of a model. */
struct json_file weight_file_settings(const char *path, bool whole);

/* The format of a file, by its first bytes, else by its name. */
const struct format *weight_file_format(const char *path);

/* All formats, up to NULL, in the order in which a directory is searched for their files. */
extern const struct format *const formats[];
extern const struct format format_safetensors, format_torch, format_gguf, format_npz;

#endif
