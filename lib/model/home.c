/* SPDX-License-Identifier: Apache-2.0 */
#include "model/home.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"

const char *model_home(struct arena *a)
{
	static const char *const places[] = { "../examples/en-de", "../share/lrpipe/en-de",
		"../../../examples/en-de" };
	const char *set = getenv("LRPIPE_MODEL");
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

	if (set && *set)
		return set;
	program[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(program, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *home = arena_printf(a, "%s/%s", program, places[i]);

		if (access(home, R_OK) == 0)
			return home;
	}
	die("the built-in model is not beside the program; say which model with -m DIR or "
	    "LRPIPE_MODEL");
}
