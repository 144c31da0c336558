# SPDX-License-Identifier: Apache-2.0
"""What products of bf16 numbers change: shares and ranks of heads, in models of every family."""
import json
import os

from make_ids import lines
from measure import BASE, SMALL, TOP, WORK, dev_text, has_bf16, output, pipeline, write

FAMILIES = TOP + "/tests/data/families"


def averages(trace, precision):
    """{(site, head): (mean, width of its interval or None)}"""
    path, found = f"{WORK}/{precision}.average", {}
    pipeline([f"head-carry -q -l all -p {precision}", "head-norm", "step-average"], trace, path)
    for r in map(json.loads, output("stream-show --json " + path)[0].splitlines()):
        if r["type"] == "average":
            wide = [high - low for low, high in zip(r["low"], r["high"])] if "low" in r else [None] * len(r["mean"])
            found.update({(r["site"], h): x for h, x in enumerate(zip(r["mean"], wide))})
    return found


def ranks(shares):
    return {head: i for i, head in enumerate(sorted(shares, key=lambda h: -shares[h][0]))}


def changes(trace):
    """Largest change of a share, of it in widths of its interval, of a rank."""
    one, other = (averages(trace, p) for p in ("f32", "bf16"))
    change = {h: abs(one[h][0] - other[h][0]) for h in one}
    place = [ranks(x) for x in (one, other)]
    return (max(change.values()), max((change[h] / one[h][1] for h in one if one[h][1]), default=0),
            max(abs(place[0][h] - place[1][h]) for h in one))


def extracted(model, source, option="--ids"):
    """A trace of these lines; None: such a model takes no such lines."""
    trace = WORK + "/bf16.trace"
    done = pipeline([f"trace-extract -q {option} -m {model}"], source, trace, may_fail=True)
    return trace if done.good else None


def bf16(o, table):
    table.section("bf16: the largest change of a head's share by -p bf16, magnitude, -l all", "", "heads' shares", "of an interval", "ranks")
    if not has_bf16():
        table.note("not measured: this processor has no products of bf16 (avx512_bf16)")
        return
    row = lambda title, found: table.row(title, f"{found[0]:.1e}", f"{found[1]:.4f}", found[2])
    row(f"built-in model, {o.sentences} sentences", changes(extracted(SMALL, dev_text(o.sentences), "")))
    for tokens in o.lengths:
        row(f"base model, 8 of {tokens} tokens", changes(extracted(BASE, write(WORK + "/bf16.ids", lines(tokens, 8)))))
    worst, models = (0, 0, 0), 0
    for name in sorted(os.listdir(FAMILIES + "/models")):
        ids = f"{FAMILIES}/want/{name}.ids"
        trace = os.path.exists(ids) and extracted(f"{FAMILIES}/models/{name}", ids)
        if trace:
            worst, models = tuple(map(max, worst, changes(trace))), models + 1
    row(f"{models} tiny models of other families, the worst of all", worst)
