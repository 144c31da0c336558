/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHOW_COLUMNS_H
#define LRP_SHOW_COLUMNS_H

#include "record/drawn.h"
#include "show/view.h"

/* What tables of records are made of. */

/* Print column names where they are not those printed last. */
void table_columns(struct show *s, const char *columns);
/* Print a text, or nothing where there is none. */
void table_put_text(FILE *to, const msgpack_object *o);
/* The same for a site or piece that many lines repeat: its first 255 bytes. */
void table_put_name(FILE *to, const msgpack_object *o);
/* Print element i of a tensor, exactly. */
void table_put_number(FILE *to, const struct tensor *t, size_t i);
/* Is there a tensor of so many dimensions under the key? */
bool table_tensor(const struct record *r, const char *key, int dimensions, struct tensor *t);
/* A key's whole number, `otherwise` where it has none. */
long table_int(const struct record *r, const char *key, long otherwise);
/* Which steps the rows of a record are; where it does not say, the first ones. */
struct drawn table_steps(const struct record *r, long rows);
/* The numbers that the heads of the record's site had before some were taken out; NULL: none was.
 */
const long *table_before(const struct show *s, const struct record *r, size_t heads);
/* What an average says of its heads: mean, low, high, error, deviation; empty what it lacks. */
enum { TABLE_STATISTICS = 5 };
struct statistics {
	bool found; /* is there a mean? */
	struct tensor of[TABLE_STATISTICS];
	long steps, drawn, sentences;
};
struct statistics table_statistics(const struct record *r);

#endif
