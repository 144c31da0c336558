/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_STAT_EXACT_H
#define LRP_STAT_EXACT_H

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
 * Give the sum the only parts that its total can have: the largest is the total rounded to a
 * double, the next is what that leaves, rounded, and so on. At most 40 doubles can follow one
 * another like this, since each is 53 bits below the one before.
 */
void exact_canonical(struct exact *e);

#endif
