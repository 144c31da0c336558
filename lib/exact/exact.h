/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_EXACT_EXACT_H
#define LRP_EXACT_EXACT_H

/*
 * Sums of doubles without any rounding, so that neither their order nor their grouping changes a
 * bit of the result. A sum is an expansion: a few doubles (parts) of increasing magnitude whose
 * bits do not overlap and whose exact total is the sum (Shewchuk 1997, doi 10.1007/PL00009321; the
 * method of Python's math.fsum). Most sums have two or three parts.
 *
 * All zero bytes are an empty sum. A sum that overflows a double ends the program.
 */
enum { EXACT_PARTS = 48 };

struct exact {
	int count;
	double part[EXACT_PARTS];
};

void exact_add(struct exact *e, double x);

/* e += x y. The product is exact unless its lowest bit is below 2^-1074, the smallest double. */
void exact_add_product(struct exact *e, double x, double y);

/* e += other */
void exact_merge(struct exact *e, const struct exact *other);

/* result += a b */
void exact_add_exact_product(struct exact *result, const struct exact *a, const struct exact *b);

/* The double nearest to the sum; halfway between two, the even one. */
double exact_value(const struct exact *e);

/*
 * Many sums, a row for each. Memory is that of the rows that are not zero, and as many parts for
 * each of them as the longest has. All zero bytes but `rows` are empty sums.
 */
struct exact_rows {
	long rows;
	int width;	      /* parts of a row that there is room for */
	unsigned char *count; /* [rows] */
	double *part;	      /* [rows, width] */
};
void exact_rows_new(struct exact_rows *e, long rows);
void exact_rows_free(struct exact_rows *e);

/* What the functions for one sum do. */
void exact_rows_add(struct exact_rows *e, long row, double x);
void exact_rows_add_product(struct exact_rows *e, long row, double x, double y);
void exact_rows_merge(struct exact_rows *e, const struct exact_rows *other);
double exact_rows_value(const struct exact_rows *e, long row);
void exact_rows_canonical(struct exact_rows *e);
/* A copy of one sum. */
struct exact exact_rows_get(const struct exact_rows *e, long row);
/* All sums are zero again; the memory stays. */
void exact_rows_clear(struct exact_rows *e);

/*
 * Give the sum the only parts that its total can have: the largest is the total rounded to a
 * double, the next is what that leaves, rounded, and so on. At most 40 doubles can follow one
 * another like this, since each is 53 bits below the one before.
 */
void exact_canonical(struct exact *e);

#endif
