/* SPDX-License-Identifier: Apache-2.0 */
#include "show/view.h"

const msgpack_object *show_find(const struct record *r, const char *key)
{
	const msgpack_object *o = record_find(r, key), *values = record_find(r, "values");

	return o || !values ? o : map_find(values, key);
}
