/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/until.h"

#include <math.h>

#include "base/die.h"

static double half_width(const struct average *a, long head)
{
	struct average_result r = average_result(a, head);

	return a->sentences > 1 ? fmax(r.high - r.mean, r.mean - r.low) : INFINITY;
}

bool until_reached(struct until *u, const struct averages *all)
{
	for (int i = 0; i < all->count; i++)
		if (all->at[i]->sentences < UNTIL_LEAST)
			return false;
	if (!all->count || half_width(all->at[u->site], u->head) > u->half_width)
		return false;
	for (int i = 0; i < all->count; i++)
		for (long h = 0; h < all->at[i]->heads; h++)
			if (half_width(all->at[i], h) > u->half_width) {
				u->site = i;
				u->head = h;
				return false;
			}
	return true;
}

/* The largest half-width; infinite where a site has one sentence, or there is none. */
static double widest_of(const struct averages *all)
{
	double widest = all->count ? 0 : INFINITY;

	for (int i = 0; i < all->count; i++)
		for (long h = 0; h < all->at[i]->heads; h++)
			widest = fmax(widest, half_width(all->at[i], h));
	return widest;
}

/* Of the site that has the most of them. */
static void say(const struct until *u, const struct averages *all, double widest, bool reached)
{
	const struct average *a = all->at[0];

	for (int i = 1; i < all->count; i++)
		if (all->at[i]->sentences > a->sentences)
			a = all->at[i];
	if (reached)
		warn("%g is reached with %ld sentences, %ld of their %ld steps", u->half_width,
			a->sentences, a->drawn, a->steps);
	else
		warn("%g is not reached: %.3g is, with all %ld sentences, %ld of their %ld steps",
			u->half_width, widest, a->sentences, a->drawn, a->steps);
}

void until_draft(struct until *u, const struct averages *all, struct draft *d, bool quiet)
{
	double widest = widest_of(all);
	bool reached = widest <= u->half_width;

	draft_map(d, "until", 2 + (isfinite(widest) != 0));
	draft_real(d, "half_width", u->half_width);
	draft_bool(d, "reached", reached);
	if (isfinite(widest))
		draft_real(d, "widest", widest);
	if (all->count && !quiet)
		say(u, all, widest, reached);
}
