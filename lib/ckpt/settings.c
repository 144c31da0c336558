/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/settings.h"

#include <stdlib.h>

#include "ckpt/format.h"

struct json_file settings_open(const char *directory)
{
	struct json_file f = json_file_try(directory, "config.json");
	const struct format *format;
	bool is_index;
	char *path;

	if (f.object)
		return f;
	path = weights_in(directory, &format, &is_index);
	if (path && !is_index && format->settings)
		return weight_file_settings(path, format);
	free(path);
	return json_file_open(directory, "config.json"); /* says that it is missing */
}
