"""Checks of a model's values: causality, and the same numbers once more, neuron by neuron, from lists and the math module."""
import numpy as np
import bart, loops, loops_t5, t5, t5_models


def check(model, values):
    source, inputs = values["source"].tolist(), values["inputs"].tolist()
    encoder, logits = (loops if model.c["model_type"] in bart.KINDS else loops_t5).forward(model, source, inputs)
    for name, x in ("encoder", encoder), ("logits", logits):
        assert np.allclose(values[name], x, rtol=1e-11, atol=1e-11), name
    other = [*inputs[:-1], (inputs[-1] + 5) % model.c["vocab_size"]]
    changed = model.forward(source, other)
    assert (changed["encoder"] == values["encoder"]).all()
    assert np.allclose(changed["logits"][:-1], values["logits"][:-1], rtol=1e-12, atol=1e-12)
    assert abs(changed["logits"][-1] - values["logits"][-1]).max() > 1e-3
    shuffled = model.forward(source[::-1], inputs)
    assert source == source[::-1] or abs(shuffled["logits"] - values["logits"]).max() > 1e-4


def check_buckets():
    """Single precision takes the bucket that exact arithmetic does."""
    configs = [config for config, _ in t5_models.MODELS.values()]
    for rows, longest in {(c["relative_attention_num_buckets"], c.get("relative_attention_max_distance", 128)) for c in configs}:
        for decoder in False, True:
            got = t5.buckets(200, 200, not decoder, rows, longest)
            assert all(got[i, j] == loops_t5.bucket(i, j, decoder, rows, longest)
                       for i in range(0, 200, 7) for j in range(i + 1 if decoder else 200)), (rows, longest, decoder)
