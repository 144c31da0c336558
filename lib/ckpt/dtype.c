/* SPDX-License-Identifier: Apache-2.0 */
#include "ckpt/dtype.h"

#include <stddef.h>
#include <string.h>

/* All of the format, as of version 0.8 of its library. */
static const struct dtype dtypes[] = { { "F32", 32, "<f4" }, { "F16", 16, "<f2" },
	{ "BF16", 16, "bf16" }, { "F64", 64, "" }, { "I64", 64, "" }, { "U64", 64, "" },
	{ "I32", 32, "" }, { "U32", 32, "" }, { "I16", 16, "" }, { "U16", 16, "" }, { "I8", 8, "" },
	{ "U8", 8, "" }, { "BOOL", 8, "" }, { "C64", 64, "" }, { "F8_E4M3", 8, "" },
	{ "F8_E5M2", 8, "" }, { "F8_E8M0", 8, "" }, { "F8_E4M3FNUZ", 8, "" },
	{ "F8_E5M2FNUZ", 8, "" }, { "F6_E2M3", 6, "" }, { "F6_E3M2", 6, "" }, { "F4", 4, "" },
	{ NULL, 0, "" } };

const struct dtype *dtype_find(const char *name)
{
	for (const struct dtype *d = dtypes; d->name; d++)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

const struct dtype *dtype_of_type(const char *type)
{
	for (const struct dtype *d = dtypes; d->name; d++)
		if (*type && strcmp(d->type, type) == 0)
			return d;
	return NULL;
}
