# SPDX-License-Identifier: Apache-2.0
"""A decoder-only model of 1.1 billion random weights in BF16: forward pass, generation and relevance, time and memory."""
import json
import os
import random
import subprocess
import sys

from measure import HERE, TORCH, WORK, environment, have_torch, interleaved, output, pin, pipeline, write

MODEL, PROMPT, STEPS = WORK + "/llama", 200, 32
GOAL = 1.3  # times PyTorch's forward pass, and times the reading of the weights


def make():
    """The middle layer, and files of ids: the prompt alone, with the whole continuation, with its first token."""
    if not os.path.exists(MODEL + "/model.safetensors"):
        subprocess.run([sys.executable, HERE + "/make_llama.py", MODEL], stdout=subprocess.DEVNULL, check=True)
    with open(MODEL + "/config.json", encoding="utf-8") as f:
        config = json.load(f)
    draw = random.Random(5)
    prompt, target = (" ".join(str(draw.randrange(3, config["vocab_size"])) for _ in range(n)) for n in (PROMPT, STEPS))
    return (config["num_hidden_layers"] // 2, write(WORK + "/prompt.ids", prompt + "\n"),
            write(WORK + "/forced.ids", f"{prompt}\t{target}\n"),
            write(WORK + "/first.ids", f"{prompt}\t{target.split()[0]}\n"))


def torch(source, *options):
    """What llama.py says of a line. One process at a time: it holds the weights in single precision."""
    pin(1)
    with open(source, "rb") as f:
        p = subprocess.run([TORCH, HERE + "/llama.py", "-m", MODEL, *options], stdin=f, stdout=subprocess.PIPE,
                           env=environment(1), check=True)
    return json.loads(p.stdout)


def ours(o, layer, prompt, forced, first):
    """
    Seconds and largest MiB of what we do. Of a token that is generated: what more tokens take, divided, less
    what they add to the pass over all that follows (which "forward" has).
    """
    extract, trace, runs = f"trace-extract -q -m {MODEL} --ids", WORK + "/forced.trace", {}
    pipeline([extract], forced, trace)
    ways = {"forward": (f"{extract} -k none", forced), "first": (f"{extract} -k none", first), "one": (f"{extract} -k none -g 1", prompt),
            "more": (f"{extract} -k none -g {STEPS}", prompt)}
    ways.update({rule: (f"head-carry -q -l {layer} -r {rule} -p f32", trace) for rule in ("magnitude", "gradient")})

    def run(way):
        runs[way] = pipeline([ways[way][0]], ways[way][1])
        return runs[way].seconds

    found = interleaved(o.repetitions, {way: lambda way=way: run(way) for way in ways})
    found["generate"] = (found["more"] - found["one"] - found["forward"] + found["first"]) / (STEPS - 1)
    memory = {way: r.memory[0] for way, r in runs.items()}
    memory["generate"] = memory["more"]
    for rule in ("magnitude", "gradient"):
        found[rule] += found["forward"]
        memory[rule] = max(memory[rule], memory["forward"])
    return {way: (found[way], memory[way]) for way in found}


def decoder(o, table):
    table.section(f"decoder: 1.1 billion weights in BF16, {PROMPT} tokens and {STEPS} more, one thread",
                  "", "seconds", "MiB", "against", "seconds", "MiB", "ratio", "goal", "")
    layer, *files = make()
    mine, forced = ours(o, layer, *files), files[1]
    limit = float(output(f"{WORK}/bandwidth {MODEL}/model.safetensors")[0])

    def row(title, way, name, seconds, memory, *verdict):
        s, m = mine[way]
        table.row(title, f"{s:.2f}", f"{m:.0f}", name, f"{seconds:.2f}", memory, *(verdict or (f"{seconds / s:.1f} times as fast",)))

    row("generation, a token", "generate", "reading the weights once", limit, "",
        *table.judge(mine["generate"][0] / limit, GOAL))
    if not have_torch():
        table.missed += 1
        table.note("the rest was not measured: PyTorch is missing (make setup-bench)")
        return
    for peer, way, few in (("forward", "forward", ()), ("generate", "generate", ()), ("autograd", "gradient", ("--steps", "2")),
                           ("autograd", "magnitude", ("--steps", "2")), ("batched", "gradient", ())):
        found = torch(forced, "-l", str(layer), *few, peer)
        title = {"forward": "forward pass", "generate": "generation, a token"}.get(way, f"both, head-carry -l {layer} -r {way}")
        row(title, way, "PyTorch " + peer, found["seconds"], f"{found['memory']:.0f}",
            *(table.judge(mine[way][0] / found["seconds"], GOAL) if peer == "forward" else ()))
