/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_GROUP_H
#define LRP_RECORD_GROUP_H

#include "record/record.h"

/* How many heads of a header's model share their keys and values; 1 where it does not say. Dies where it has
 * numbers of heads that cannot be. */
long model_group(const struct record *header);

#endif
