/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/settings.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/die.h"
#include "ckpt/format.h"

/* A path of one file, which has to say all. */
static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static struct json_file of_file(const char *path)
{
	const struct weight_file *f = weight_file_open(path);

	if (!f->format->settings)
		die("%s: a file of weights without the model's settings; name the directory that "
		    "has its config.json",
			path);
	return (struct json_file){ path, f->format->settings(f) };
}

struct json_file settings_open(const char *directory)
{
	if (is_file(directory))
		return of_file(directory);

	struct json_file f = json_file_try(directory, "config.json");
	const struct format *format;
	bool is_index;
	char *path;

	if (f.object)
		return f;
	path = weights_in(directory, &format, &is_index);
	if (path && !is_index && format->settings)
		return of_file(path);
	free(path);
	return json_file_open(directory, "config.json"); /* says that it is missing */
}
