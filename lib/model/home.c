/* SPDX-License-Identifier: Apache-2.0 */
#include "model/home.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"

/* OWNER/NAME, as models are called on the hub. */
static bool is_hub_name(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash && slash != path && *path != '.' && *path != '~' && slash[1] &&
	       !strchr(slash + 1, '/');
}

/* What a user has named has to be there. */
static const char *named(const char *path)
{
	if (access(path, F_OK) && errno == ENOENT && is_hub_name(path))
		die("there is no directory '%s' here; a model of the hub has to be fetched "
		    "first: git lfs install && git clone https://huggingface.co/%s",
			path, path);
	return path;
}

const char *model_home(const char *typed, struct arena *a)
{
	static const char *const places[] = { "../examples/en-de", "../share/lrpipe/en-de",
		"../../../examples/en-de" };
	const char *set = getenv("LRPIPE_MODEL");
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

	if (typed || (set && *set))
		return named(typed ? typed : set);
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
