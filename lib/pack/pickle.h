/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_PACK_PICKLE_H
#define LRP_PACK_PICKLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum pickled_kind {
	PICKLED_NONE,
	PICKLED_BOOL,
	PICKLED_INT,
	PICKLED_NUMBER, /* any other, whose value is not kept */
	PICKLED_TEXT,
	PICKLED_TUPLE,
	PICKLED_LIST,
	PICKLED_DICT,	/* collections.OrderedDict too */
	PICKLED_NAME,	/* of a function or a class: "torch._utils._rebuild_tensor_v2" */
	PICKLED_CALL,	/* what such a one would give; nothing is called */
	PICKLED_OUTSIDE /* what is kept outside of the pickle, by its id */
};

/* A value of a pickle. Values may be shared, and even hold themselves: walk no deeper than the
 * meaning asks for. */
struct pickled {
	enum pickled_kind kind;
	bool built;	  /* a state was given to it, which is not kept */
	long number;	  /* of PICKLED_BOOL and PICKLED_INT */
	const char *text; /* of PICKLED_TEXT and PICKLED_NAME; no NUL is in it */

	/* The elements of a tuple or a list; of a dict each key, then its value, as they were set;
	 * of a call its name, then the tuple of its arguments; the id of what is outside. */
	const struct pickled **items;
	size_t count, room;
};

/*
 * The value of a pickle of protocol 2 (Python's pickletools describes the operations), made of those
 * operations that pickles of plain values, calls and persistent ids have. Dies, naming `path`, on any
 * other, and on the name of a function or class that `known` does not know. Executes nothing. Time
 * and memory are in proportion to the size. The value lives in the arena.
 */
const struct pickled *pickle_read(const char *path, const void *bytes, size_t size,
	bool (*known)(const char *name), struct arena *a);

#endif
