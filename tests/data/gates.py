# SPDX-License-Identifier: Apache-2.0
"""How logits change with gates of heads, by finite differences in neurons.py, which shares nothing with the project."""
GATE = 1e-4


def logits(model, tokens, positions, nudge=None):
    """[steps, tokens]: the rows of the last node where the steps stand."""
    return model.network(tokens, nudge).value[model.graph[-1]["name"]][positions].astype(float)


def changes(model, tokens, positions):
    """(site, head, dz [steps, tokens]) of each: the derivative of the logits by the head's gate, by differences of fourth order."""
    net = model.network(tokens)
    for site in model.sites():
        heads = model.heads(site)
        e = net.value[site].shape[1] // heads
        for h in range(heads):
            at = (slice(None), slice(h * e, (h + 1) * e))
            moved = [logits(model, tokens, positions, (site, at, k * GATE * net.value[site][at])) for k in (-2, -1, 1, 2)]
            yield site, h, (moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * GATE)


def sentence(record):
    """The tokens of each side, and where the steps stand."""
    ids = lambda key: list(record[key]["ids"] if isinstance(record[key], dict) else record[key])
    tokens = {side: ids(key) for side, key in (("source", "source"), ("target", "inputs")) if key in record}
    return tokens, list(record.get("positions", range(len(ids("target")))))
