/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/utf8.h"
#include "base/options.h"
#include "ckpt/checkpoint.h"

static const char help[] =
	"usage: ckpt-list [-s] [directory | file.safetensors]\n"
	"List the tensors of a model's checkpoint.\n"
	"\n"
	"  one line per tensor: name, type, shape, file; in the order of the names\n"
	"\n"
	"Reads  a model directory (default: $LRPIPE_MODEL) or one safetensors file\n"
	"Writes text: columns separated by tabs\n"
	"  -s, --summary   one line for the whole checkpoint: path, bytes, fingerprint\n"
	"  -h, --help; -V, --version\n"
	"Example:  ckpt-list en-de | grep 'encoder.layers.0.self_attn'\n";

static void print_entry(const struct safetensors_entry *e, void *context)
{
	const struct tensor *t = &e->tensor;

	(void)context;
	print_plain(stdout, "%s\t%s\t[", e->name, e->dtype);
	for (int i = 0; i < t->dimensions; i++)
		printf(i ? ",%ld" : "%ld", t->shape[i]);
	print_plain(stdout, "]\t%s\n", e->file->name);
}

int main(int argc, char **argv)
{
	bool summary = false;
	const struct option_entry entries[] = {
		{ .letter = 's', .name = "summary", .flag = &summary }, { 0 }
	};
	struct options o = options_parse(argc, argv, entries, 1, help);
	const char *path = o.file_count ? o.files[0] : getenv("LRPIPE_MODEL");
	struct checkpoint *c;

	if (!path)
		die_usage("no model directory given, and LRPIPE_MODEL is not set");
	c = checkpoint_open(path);
	if (summary)
		print_plain(stdout, "%s\t%ld\t%s\n", checkpoint_path(c), checkpoint_bytes(c),
			checkpoint_hash(c));
	else
		checkpoint_list(c, print_entry, NULL);
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
	return 0;
}
