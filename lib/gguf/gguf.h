/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_GGUF_GGUF_H
#define LRP_GGUF_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A GGUF file as it is: metadata by key, and tensors. What they mean is in gguf_settings.c,
 * gguf_tokenizer.c and ckpt/gguf_names.c.
 */

struct gguf_key {
	const char *name;
	uint32_t type, of; /* of: the type of a list's elements */
	uint64_t count;	   /* elements of a list, bytes of a text */
	const unsigned char *at;
};

/* Types of values, by their numbers in the file. */
enum gguf_type {
	GGUF_U8,
	GGUF_I8,
	GGUF_U16,
	GGUF_I16,
	GGUF_U32,
	GGUF_I32,
	GGUF_F32,
	GGUF_BOOL,
	GGUF_TEXT,
	GGUF_LIST,
	GGUF_U64,
	GGUF_I64,
	GGUF_F64
};

/* How numbers of tensors are stored: in blocks of so many, of so many bytes. */
struct gguf_dtype {
	uint32_t id;
	const char *name;
	size_t numbers, bytes;
	const char *type; /* ours (tensor/tensor.h); "": we do not compute with it */
};

struct gguf_tensor {
	const char *name;
	const struct gguf_dtype *dtype;
	int dimensions;
	long shape[4]; /* the slowest dimension first, the other way round than in the file */
	size_t count, bytes;
	const unsigned char *data;
};

struct gguf {
	const char *path;
	struct gguf_key *keys; /* in the order of their names */
	size_t key_count;
	struct gguf_tensor *tensors; /* as in the file */
	size_t tensor_count;
	size_t header_size; /* up to the tensors' data, with the padding before it */
};

bool gguf_is(const unsigned char *bytes, size_t size);

/* Read a file that is mapped. Dies, naming it by its path, on what is wrong with it. */
struct gguf *gguf_read(const char *path, const unsigned char *bytes, size_t size);

/* NULL: there is none. */
const struct gguf_key *gguf_find(const struct gguf *g, const char *name);
const struct gguf_tensor *gguf_find_tensor(const struct gguf *g, const char *name);

/* Values of a key; they die, naming it, where it has another kind of value. Whole numbers: -1 and 0
 * where there is no such key. A text lives as long as the process; NULL: no such key. */
bool gguf_whole(const struct gguf *g, const char *name, long *value);
bool gguf_real(const struct gguf *g, const char *name, double *value);
bool gguf_flag(const struct gguf *g, const char *name, bool *value);
const char *gguf_text(const struct gguf *g, const char *name);

/* The value of a key of numbers or flags, as a number; false: it is a text or a list. */
bool gguf_number(const struct gguf_key *key, double *value);

/*
 * The elements of a list one after another. `gguf_list_begin` is false where there is no such key,
 * and dies where it is no list of that type; `gguf_list_text` and `gguf_list_number`, of numbers of
 * 32 bits, give the next of `left` elements.
 */
struct gguf_list {
	const unsigned char *at;
	uint64_t left;
	uint32_t of;
};
bool gguf_list_begin(
	const struct gguf *g, const char *name, enum gguf_type of, struct gguf_list *list);
const char *gguf_list_text(struct gguf_list *list, size_t *size); /* no NUL behind it */
double gguf_list_number(struct gguf_list *list);

#endif
