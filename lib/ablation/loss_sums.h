/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LRP_ABLATION_LOSS_SUMS_H
#define LRP_ABLATION_LOSS_SUMS_H

/* What step-loss found in one file, summed over the steps of each sentence. */
struct loss_file {
	char *path;
	double *loss, *top1; /* [sentences]; of loss what judges */
};

/* The losses of the same sentences under different masks, one file each. */
struct loss_sums {
	const char *judge; /* what counts as loss: the records' "loss", or their "kl" */
	struct loss_file *file;
	long files, sentences;
	long *steps; /* of each sentence */
};

/*
 * The index of a file, which is read unless it was before. Dies where its sentences are not those
 * of the first file: their number and the steps of each.
 */
long loss_sums_file(struct loss_sums *l, const char *path);

/*
 * The mean per step of a file, where sentence s counts weight[s] times:
 *
 *   m = sum_s weight[s] sum_t loss[s,t] / sum_s weight[s] steps[s]
 */
double loss_mean(const struct loss_sums *l, const long *weight, long file);

/* That of each file, [files]. */
void loss_means(const struct loss_sums *l, const long *weight, double *mean);

#endif
