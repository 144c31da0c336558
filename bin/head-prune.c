/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/options.h"
#include "graph/mask.h"
#include "shape/family.h"
#include "mask/prune.h"
#include "model/open.h"

static const char help[] =
	"usage: head-prune [-q] [--unit head|group] --mask HEADS | --remove HEADS DIR OUT\n"
	"Write a model again, without some of its attention heads.\n"
	"\n"
	"  mask    W_O[:, e] = 0 for every neuron e of the heads; all shapes stay\n"
	"  remove  W_O without columns e, W_Q, W_K, W_V and their biases without rows e\n"
	"\n"
	"Reads  a model directory: config.json, weights in a format of ckpt-list(1)\n"
	"Writes the directory OUT, which must not exist, weights as safetensors; what else belongs to\n"
	"       the model is copied (settings, tokeniser, README, license), what does not is named\n"
	"\n"
	"  --mask HEADS    4:1,3-5 (of enc-self.4), dec-enc.2:0, enc-self.0-3:all; several with , or ;\n"
	"                  or a file of lists (.json or @FILE):\n"
	"                  {\"enc-self\": {\"0\": [1, 3]}, \"dec-enc\": {\"2\": [0]}}\n"
	"                  The result loads wherever the model does\n"
	"  --remove HEADS  the same; config.json lists them in 'lrpipe_pruned_heads'. The result\n"
	"                  loads in these programs only: elsewhere all layers have as many heads.\n"
	"                  Heads that share their keys and values go together\n"
	"  --unit UNIT     the numbers are those of a head (default), or of a group of heads that share\n"
	"                  their keys and values\n"
	"  -q              do not name what is left out\n"
	"\n"
	"Example:  head-prune --mask 'enc-self.0:1,3' opus-mt-en-de masked\n";

/* The directory that OUT will be in must not be in DIR: it would be copied into itself. */
static void check_apart(const char *directory, const char *out)
{
	char *from = realpath(directory, NULL), *copy = must_strdup(out);
	size_t length = strlen(copy);

	if (!from)
		die_errno("cannot open %s", directory);

	while (length > 1 && copy[length - 1] == '/')
		copy[--length] = '\0';
	char *slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy] = '\0';
	char *parent = realpath(slash ? copy : ".", NULL);
	if (!parent)
		die_errno("cannot open %s", out);
	if (strncmp(parent, from, strlen(from)) == 0 &&
		(!parent[strlen(from)] || parent[strlen(from)] == '/'))
		die_usage("'%s' is inside '%s'", out, directory);
}

int main(int argc, char **argv)
{
	const char *mask = NULL, *removed = NULL, *unit = "head";
	const struct option_entry entries[] = { { .name = "mask", .text = &mask },
		{ .name = "remove", .text = &removed }, { .name = "unit", .text = &unit }, { 0 } };
	struct options o = options_parse(argc, argv, entries, 2, help);
	struct arena arena = { 0 };

	if (!mask == !removed)
		die_usage("one of --mask and --remove says which heads");
	if (o.file_count != 2)
		die_usage("name the model's directory, and the one to write");
	struct model m = model_open(o.files[0], &arena);

	if (removed && m.shape->family->graph)
		die_usage("--remove: a model of type '%s' has the shapes that its graph says; use "
			  "--mask",
			m.shape->type);
	mask_typed(m.graph, mask ? mask : removed, unit_parse(unit), &arena);
	if (!mask_text(m.graph, &arena))
		die_usage("the list names no heads");
	check_apart(o.files[0], o.files[1]);
	prune_write(m.graph, m.shape, m.checkpoint, removed != NULL, o.quiet, o.files[1]);
	return 0;
}
