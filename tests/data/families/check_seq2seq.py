"""Checks of a model's values: causality, and the same numbers once more, neuron by neuron, from lists and the math module."""
import numpy as np
import loops


def check(model, values):
    source, inputs = values["source"].tolist(), values["inputs"].tolist()
    encoder, logits = loops.forward(model, source, inputs)
    for name, x in ("encoder", encoder), ("logits", logits):
        assert np.allclose(values[name], x, rtol=1e-11, atol=1e-11), name
    other = [*inputs[:-1], (inputs[-1] + 5) % model.c["vocab_size"]]
    changed = model.forward(source, other)
    assert (changed["encoder"] == values["encoder"]).all()
    assert np.allclose(changed["logits"][:-1], values["logits"][:-1], rtol=1e-12, atol=1e-12)
    assert abs(changed["logits"][-1] - values["logits"][-1]).max() > 1e-3
    shuffled = model.forward(source[::-1], inputs)
    assert source == source[::-1] or abs(shuffled["logits"] - values["logits"]).max() > 1e-4
