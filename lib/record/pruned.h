/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_PRUNED_H
#define LRP_RECORD_PRUNED_H

#include "record/record.h"

/* The heads that were taken out of the model of a header, by the numbers they had then:
 * "enc-self.0:1,3;dec-enc.2:0". NULL: none. */
const char *pruned_heads(const struct record *header);

/* In the same spelling those that are masked, by the numbers of records. NULL: none. */
const char *masked_heads(const struct record *header);

/* Is a head among such ones? The list may be NULL. */
bool heads_listed(const char *list, const char *site, long head);

/* The numbers that the heads of a site had before any was taken out: before[h] of head h. `pruned`
 * may be NULL. */
void pruned_numbers(const char *pruned, const char *site, long heads, long *before);

#endif
