/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact sums for the tests. Each line of standard input is a command and its numbers; the answer
 * is one line: the sum as a double, then its canonical parts, largest first, in hexadecimal.
 *
 *   sum X ...        X + ...
 *   products X ...   the sum of the products of the first two, the next two, ...
 *   merge X ...      the sum of two halves summed apart
 *   student N        student_95(N), decimal
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/die.h"
#include "exact/exact.h"
#include "stat/student.h"

static int read_numbers(char *text, double **x)
{
	int n = 0;

	for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
		*x = must_realloc(*x, (size_t)n + 1, sizeof **x);
		(*x)[n++] = strtod(word, NULL);
	}
	return n;
}

static void print(struct exact *e)
{
	printf("%a", exact_value(e));
	exact_canonical(e);
	for (int i = e->count; i-- > 0;)
		printf(" %a", e->part[i]);
	putchar('\n');
}

static void answer(const char *command, const double *x, int n)
{
	struct exact e = { .count = 0 }, half = { .count = 0 };

	if (!strcmp(command, "student")) {
		printf("%.9f\n", student_95((long)x[0]));
		return;
	}
	if (!strcmp(command, "products"))
		for (int i = 0; i + 1 < n; i += 2)
			exact_add_product(&e, x[i], x[i + 1]);
	else if (!strcmp(command, "sum"))
		for (int i = 0; i < n; i++)
			exact_add(&e, x[i]);
	else if (!strcmp(command, "merge"))
		for (int i = 0; i < n; i++)
			exact_add(i < n / 2 ? &e : &half, x[i]);
	else
		die("unknown command '%s'", command);
	exact_merge(&e, &half);
	print(&e);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	double *x = NULL;

	(void)argc;
	place_program(argv[0]);
	while (getline(&line, &room, stdin) > 0) {
		char *numbers = line + strcspn(line, " \n");

		if (*numbers)
			*numbers++ = '\0';

		int n = read_numbers(numbers, &x);

		answer(line, x, n);
	}
	return 0;
}
