/* SPDX-License-Identifier: Apache-2.0 */
#include "interacting.h"

#include <string.h>

#include "base/die.h"
#include "base/progress.h"

static void begin_segment(struct interacting *x, const struct record *r, struct outstream *out)
{
	const char *content = record_text(r, "content");

	interactions_close(&x->all);
	if (x->content && strcmp(content, x->content))
		die("a stream of %s behind one of %s; merge what was made of each", content,
			x->content);
	agree_check(&x->agree, r);
	if (!x->content) {
		x->content = must_strdup(content);
		x->header = stream_header_draft(
			out, r, "graph", "weights", "left_out", "cut", "start", NULL);
		if (strcmp(content, "interactions"))
			draft_text(x->header, "measure", "interactions");
		if (!strcmp(content, "trace"))
			draft_int(x->header, "top", x->asked.top);
	}
	left_out_add_header(&x->left_out, r);
	if (!strcmp(content, "heads")) {
		const msgpack_object *norm = record_find(r, "norm");

		sampled_check_header(r);
		if (norm && !object_is(norm, "none"))
			die("these were changed by head-norm; take the gradients themselves");
	}
	if (strcmp(content, "trace"))
		return;
	if (x->heads)
		x->engine->close(x->heads);
	struct request q = x->asked; /* each segment is one of its own */

	sweep_bind(&q, x->typed, r);
	sweep_keep(&x->asked, &q);
	x->heads = x->engine->open(&q, "start");
}

void interacting_take(struct interacting *x, const struct record *r, struct outstream *out)
{
	if (r->is_header) {
		sampled_close(&x->sampled);
		begin_segment(x, r, out);
	} else if (!strcmp(r->type, LEFT_OUT)) {
		left_out_add(&x->left_out, r);
	} else if (!strcmp(r->type, "heads")) {
		sampled_take(&x->sampled, r);
	} else if (!strcmp(r->type, "interactions")) {
		interactions_merge(&x->all, r);
	} else {
		x->engine->interact(x->heads, r, x->against, &x->all);
		progress_add(x->asked.progress, 1);
	}
}

void interacting_end(struct interacting *x, struct outstream *out)
{
	progress_end(x->asked.progress);
	sampled_close(&x->sampled);
	interactions_close(&x->all);
	if (x->against)
		x->engine->against_end(x->against);
	place_source(NULL); /* what is wrong from here on is not a file's fault */
	if (!x->all.sentences)
		die("no steps came in");
	if (x->all.cut)
		draft_int(x->header, "cut", x->all.cut);
	left_out_draft(&x->left_out, x->header);
	stream_begin(out, x->header);
	struct draft *d = stream_draft(out, "interactions");

	interactions_draft(&x->all, d);
	stream_put(out, d);
}
