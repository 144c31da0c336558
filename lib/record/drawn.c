/* SPDX-License-Identifier: Apache-2.0 */
#include "record/drawn.h"

#include "base/die.h"
#include "record/tokens.h"

/* The list `drawn`: numbers that grow, below `of`. */
static const int *read_list(const struct record *r, long *count, long of)
{
	const msgpack_object *list = record_list(r, "drawn");
	int *step = arena_array(r->arena, list->via.array.size, sizeof *step);
	long least = 0;

	*count = (long)list->via.array.size;
	for (long i = 0; i < *count; i++) {
		const msgpack_object *x = &list->via.array.ptr[i];

		if (x->type != MSGPACK_OBJECT_POSITIVE_INTEGER || x->via.u64 < (uint64_t)least ||
			x->via.u64 >= (uint64_t)of)
			die("'drawn' is to grow, from 0 to %ld", of - 1);
		step[i] = (int)x->via.u64;
		least = step[i] + 1;
	}
	return step;
}

long record_summed(const struct record *r, long rows)
{
	if (!record_has(r, "summed"))
		return rows;
	long summed = record_int(r, "summed");

	if (rows != 1 || summed < 1 || summed > INT32_MAX)
		die("'summed' is %ld, of %ld rows", summed, rows);
	return summed;
}

struct drawn record_drawn(const struct record *r, long rows)
{
	struct drawn d = { .rows = rows };

	if (!record_has(r, "drawn")) {
		if (record_has(r, "of") || record_has(r, "first_drawn"))
			die("'of' or 'first_drawn' without 'drawn'");
		d.first = record_int(r, "first_step");
		d.rows = record_summed(r, rows);
		if (d.first < 0 || d.first > INT32_MAX - d.rows)
			die("'first_step' is %ld", d.first);
		return d;
	}
	if (record_has(r, "summed"))
		die("both 'drawn' and 'summed'");
	if (record_has(r, "first_step"))
		die("both 'drawn' and 'first_step': the steps were drawn, or all are there");
	d.of = record_int(r, "of");
	if (d.of < 1 || d.of > INT32_MAX)
		die("'of' is %ld", d.of);
	d.step = read_list(r, &d.count, d.of);
	d.first = record_int(r, "first_drawn");
	if (d.first < 0 || d.first > d.count - rows)
		die("%ld rows from 'first_drawn' %ld on, of %ld in 'drawn'", rows, d.first,
			d.count);
	return d;
}

long drawn_step(const struct drawn *d, long row)
{
	return d->step ? d->step[d->first + row] : d->first + row;
}

void draft_drawn(struct draft *d, const int *step, long count, long of, long first)
{
	draft_int(d, "first_drawn", first);
	draft_ids(d, "drawn", step, (int)count);
	draft_int(d, "of", of);
}

void drawn_add(struct drawn_sum *s, const struct drawn *d, long sentence, const char *site)
{
	if (s->rows && (s->count != d->count || s->of != d->of))
		die("sentence %ld of site %s: %ld of %ld steps were drawn in one record, %ld of %ld in "
		    "the next (0 of 0: all are there)",
			sentence, site, s->count, s->of, d->count, d->of);
	if (d->first != s->rows)
		die("sentence %ld of site %s: %sstep %ld expected, record starts at %sstep %ld; "
		    "steps are missing or doubled",
			sentence, site, d->step ? "drawn " : "", s->rows, d->step ? "drawn " : "",
			d->first);
	*s = (struct drawn_sum){ s->rows + d->rows, d->count, d->of };
}

long drawn_end(const struct drawn_sum *s, long sentence, const char *site)
{
	if (!s->of)
		return s->rows;
	if (s->rows < s->count)
		die("sentence %ld of site %s: %ld of its %ld drawn steps are missing", sentence,
			site, s->count - s->rows, s->count);
	return s->of;
}
