/* SPDX-License-Identifier: Apache-2.0 */
#include "subword/metaspace.h"

#include "base/die.h"
#include "subword/stage.h"

static struct pattern *pattern_text(struct piece text, const char *where)
{
	struct json_file f = { where,
		json_pack("{s{ss%}}", "pattern", "String", text.text, text.length) };

	return pattern_open(&f, "pattern");
}

/* Older files have `add_prefix_space` for always and never. */
struct metaspace *metaspace_open(const struct json_file *f)
{
	static const char *const schemes[] = { "always", "never", "first", NULL };
	struct metaspace *m = must_alloc(1, sizeof *m);
	bool space = json_bool_or(f, "add_prefix_space", true);
	struct writing d = { .arena = must_alloc(1, sizeof *d.arena) };

	write_character(&d, setting_character(f, "replacement", 0x2581));
	m->sign = written_piece(&d, 0);
	m->space = pattern_text(piece_of(" "), f->path);
	m->signs = pattern_text(m->sign, f->path);
	m->prepend =
		setting_word(f, "prepend_scheme", schemes, space ? PREPEND_ALWAYS : PREPEND_NEVER);
	if (!space && m->prepend != PREPEND_NEVER)
		die("%s: 'add_prefix_space' is false, and 'prepend_scheme' not 'never'", f->path);
	m->splits = json_bool_or(f, "split", true);
	return m;
}
