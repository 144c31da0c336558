/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_SHAPE_REFUSED_H
#define LRP_SHAPE_REFUSED_H

#include "pack/json.h"

/* Die of a directory that is no whole model: it has an adapter's weights, or them alone. */
void refuse_adapter(const char *directory);

/* Die of a model_type that is known to be of a kind that is not supported, and say of which; return of
 * any other. */
void refuse_type(const struct json_file *f, const char *type);

#endif
