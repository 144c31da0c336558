/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/mapped.h"
#include "base/print.h"
#include "base/options.h"
#include "ckpt/checkpoint.h"

static const char help[] =
	"usage: ckpt-list [--summary] [directory | file ...]\n"
	"List the tensors of models' checkpoints.\n"
	"\n"
	"  one line per tensor: name, type, shape, file; in the order of the names. Of several\n"
	"  checkpoints file is the path\n"
	"\n"
	"Reads  model directories (default: $LRPIPE_MODEL), or single files, of these formats:\n"
	"       safetensors   model.safetensors, or its index and the files that that names\n"
	"       torch.save    pytorch_model.bin, the same; nothing in it is executed\n"
	"       GGUF          one *.gguf, as llama.cpp has it\n"
	"       npz           a release: the *.npz that decoder.yml names, or the only one\n"
	"Writes text: columns separated by tabs\n"
	"  --summary   one line for the whole checkpoint: path, bytes, fingerprint\n"
	"  -h, --help; -V, --version\n"
	"Example:  ckpt-list en-de | grep 'encoder.layers.0.self_attn'\n";

static void print_entry(const struct entry *e, void *context)
{
	const struct tensor *t = &e->tensor;

	const bool *several = context;

	print_plain(stdout, "%s\t%s\t[", e->name, e->dtype);
	for (int i = 0; i < t->dimensions; i++)
		printf(i ? ",%ld" : "%ld", t->shape[i]);
	print_plain(stdout, "]\t%s\n", *several ? e->file->path : e->file->name);
}

static void list(const char *path, bool summary, bool several)
{
	struct checkpoint *c = checkpoint_open(path);

	if (summary)
		print_plain(stdout, "%s\t%ld\t%s\n", checkpoint_path(c), checkpoint_bytes(c),
			checkpoint_hash(c));
	else
		checkpoint_list(c, print_entry, &several);
}

int main(int argc, char **argv)
{
	bool summary = false;
	const struct option_entry entries[] = { { .name = "summary", .flag = &summary }, { 0 } };
	struct options o = options_parse(argc, argv, entries, INT_MAX, help);
	const char *path = getenv("LRPIPE_MODEL");

	if (!o.file_count && !path)
		die_usage("no model directory given, and LRPIPE_MODEL is not set");
	if (!o.file_count)
		list(path, summary, false);
	for (int i = 0; i < o.file_count; i++)
		list(o.files[i], summary, o.file_count > 1);
	mapped_check();
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
	return 0;
}
