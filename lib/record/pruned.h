/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_PRUNED_H
#define LRP_RECORD_PRUNED_H

#include "record/record.h"

/* The heads that were taken out of the model of a header, by the numbers they had then:
 * "enc-self.0:1,3;dec-enc.2:0". NULL: none. */
const char *pruned_heads(const struct record *header);

/* The numbers that the heads of a site had before any was taken out: before[h] of head h. `pruned`
 * may be NULL. */
void pruned_numbers(const char *pruned, const char *site, long heads, long *before);

#endif
