#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What step-loss --against says, once more with numpy, from the values of two traces and the weights of a model directory:
step_loss.py DIRECTORY TRACE REFERENCE LOSSES [TOLERANCE]

Prints the number of steps and the largest divergence."""
import os
import sys

import msgpack
import msgpack_numpy
import numpy as np
import zstandard

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "data"))
from stream import read_weights  # noqa: E402


def records(path):
    with open(path, "rb") as f:
        stream = zstandard.ZstdDecompressor().stream_reader(f, read_across_frames=True)
        return list(msgpack.Unpacker(stream, object_hook=msgpack_numpy.decode))


def log_probabilities(path, weights):
    """Of each record [steps, tokens], with its targets: by the last node alone, from the value of its input."""
    header, *data = records(path)
    last = header["graph"][-1]
    matrix, bias = weights[last["weight"]], weights[last["bias"]] if "bias" in last else 0.0
    for r in data[:-1]:
        side = "source" if last["side"] == "source" else "inputs"
        at = r.get("positions", range(len(r[side]["ids"])))
        z = np.array(r["values"][last["inputs"][0]], float)[list(at)] @ matrix.T + np.ravel(bias)
        if "cap" in last:
            z = last["cap"] * np.tanh(z / last["cap"])
        z = z - z.max(axis=1, keepdims=True)
        yield r["target"]["ids"], z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def main(directory, trace, reference, losses, tolerance="1e-9"):
    weights = read_weights(directory)
    said = [r for r in records(losses) if r["type"] == "losses"]
    q, p = (list(log_probabilities(path, weights)) for path in (trace, reference))
    if not len(said) == len(p) == len(q):
        sys.exit(f"{len(said)} records of {len(q)} and {len(p)}")
    steps, most = 0, 0.0
    for r, (target, log_q), (_, log_p) in zip(said, q, p):
        kl = np.einsum("tv,tv->t", np.exp(log_p), log_p - log_q)
        loss = -log_q[np.arange(len(target)), target]
        for name, want in ("kl", kl), ("loss", loss):
            if r[name].shape != want.shape or not np.abs(r[name] - want).max() <= float(tolerance):
                sys.exit(f"sentence {r['sentence']}: {name} {r[name]}, not {want}")
        steps, most = steps + len(kl), max(most, kl.max())
    print(steps, most)


if __name__ == "__main__":
    main(*sys.argv[1:])
