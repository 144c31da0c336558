"""By which angle a rotation turns from one position to the next, as rope_scaling says."""
import math
import numpy as np


def plain(base, width):
    return base ** (-np.arange(0, width, 2) / width)


def linear(f, base, s, c, n):
    return f / s["factor"], 1.0


def dynamic(f, base, s, c, n):
    """The base grows with the length of the line, where it is longer than the positions of training."""
    longest, width = c["max_position_embeddings"], 2 * len(f)
    grown = s["factor"] * max(n, longest) / longest - (s["factor"] - 1)
    return plain(base * grown ** (width / (width - 2)), width), 1.0


def llama3(f, base, s, c, n):
    """Short waves stay, long ones are stretched, in between it goes from one to the other."""
    turns = s["original_max_position_embeddings"] * f / (2 * math.pi)
    keep = np.clip((turns - s["low_freq_factor"]) / (s["high_freq_factor"] - s["low_freq_factor"]), 0, 1)
    return keep * f + (1 - keep) * f / s["factor"], 1.0


def yarn(f, base, s, c, n):
    """Neurons up to `low` keep their frequency, those from `high` on are stretched; queries and keys grow by a factor."""
    factor, trained, width = s["factor"], c["max_position_embeddings"], 2 * len(f)
    if "original_max_position_embeddings" in s:
        trained = s["original_max_position_embeddings"]
        assert factor == c["max_position_embeddings"] / trained, "definitions differ in which factor counts"
    neuron = lambda turns: width * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(base))
    low, high = neuron(s.get("beta_fast") or 32), neuron(s.get("beta_slow") or 1)
    if s.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, width - 1)
    stretch = np.clip((np.arange(len(f)) - low) / (high - low if high != low else 0.001), 0, 1)
    grow = lambda weight: 0.1 * weight * math.log(factor) + 1.0 if factor > 1 else 1.0
    both = s.get("mscale") and s.get("mscale_all_dim")
    attention = grow(s["mscale"]) / grow(s["mscale_all_dim"]) if both else grow(1)
    return f * (1 - stretch) + f / factor * stretch, s.get("attention_factor") or attention


def longrope(f, base, s, c, n):
    """A factor of its own for each pair of neurons; others where the line is longer than the positions of training."""
    trained = c.get("original_max_position_embeddings")
    factor = c["max_position_embeddings"] / trained if trained else s["factor"]
    trained = trained or c["max_position_embeddings"]
    attention = math.sqrt(1 + math.log(factor) / math.log(trained)) if factor > 1 else 1.0
    return f / np.array(s["long_factor" if n > trained else "short_factor"]), s.get("attention_factor") or attention


KINDS = {"linear": linear, "dynamic": dynamic, "llama3": llama3, "yarn": yarn, "longrope": longrope}


def frequencies(c, head, n, theta="rope_theta", scaled=True):
    """For a line of n tokens: the angles [pairs of neurons], and the factor of cosines and sines.

    c: config.json; head: the width of a head; theta: the key of the base.
    """
    new = c.get("rope_parameters") or {}
    base = new.get(theta, c.get(theta, 10000.0))
    width = int(head * c.get("partial_rotary_factor", c.get("rotary_pct", 1.0)))
    scaling = (new or c.get("rope_scaling") or {}) if scaled else {}
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    f = plain(base, width)
    return (f, 1.0) if kind == "default" else KINDS[kind](f, base, scaling, c, n)
