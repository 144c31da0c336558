/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/settings.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "ckpt/format.h"

bool model_is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

struct json_file settings_open(const char *directory)
{
	if (model_is_file(directory))
		return weight_file_settings(directory, true);

	struct json_file f = json_file_try(directory, "config.json");
	const struct format *format;
	bool is_index;
	char *path;

	if (f.object)
		return f;
	path = weights_in(directory, &format, &is_index);
	if (path && !is_index && format->settings)
		return weight_file_settings(path, false);
	free(path);
	return json_file_open(directory, "config.json"); /* says that it is missing */
}
