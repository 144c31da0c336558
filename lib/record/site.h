/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_RECORD_SITE_H
#define LRP_RECORD_SITE_H

/*
 * The order of sites by name, as strcmp's result: enc-self, dec-self, dec-enc, then other kinds
 * alphabetically; within a kind by layer number ("enc-self.10" after "enc-self.9").
 */
int site_compare(const char *a, const char *b);

#endif
