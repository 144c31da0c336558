# SPDX-License-Identifier: Apache-2.0
"""The sections of the benchmark: each measures, and adds its part to the table. README.md says how."""
import json
import os

from bf16 import bf16
from decoder import decoder
from make_ids import lines
from measure import (BASE, SMALL, WORK, Autograd, blas_speed, dev_text, has_bf16, have_torch, interleaved, output, pipeline, read, write)

SITES = {"one encoder layer": "4", "all encoder heads": "encoder", "all 144 heads": "all"}
LISTS = {"4": "4", "encoder": ",".join(map(str, range(6))), "all": "all"}
GOALS = {"4": 12, "encoder": 6, "all": 6}
BATCHED_GOAL = {"-r cp -p f32": 2.5, "-r magnitude -p bf16": 4}  # all heads, one batched backward pass
OTHER_WAYS = [(s, 1, way) for s, way in (("4", "--careful"), ("all", "--careful"), ("all", "--batched --careful"))]
TAIL = ["head-norm", "step-average"]
SENTENCES = {10: 9, 30: 5, 100: 2}  # of the longer of two runs


def ids_file(tokens, count):
    return write(f"{WORK}/{tokens}x{count}.ids", lines(tokens, count))


def trace_file(tokens, count):
    path = f"{WORK}/{tokens}x{count}.trace"
    pipeline([f"trace-extract -m {BASE} --ids"], ids_file(tokens, count), path)
    return path


def per_sentence(commands, short, long, sentences, threads=1):
    """Seconds a sentence: of the sentences that the longer run has more. Starts drop out."""
    seconds = [pipeline(commands, source, threads=threads).seconds for source in (short, long)]
    return (seconds[1] - seconds[0]) / (sentences - 1)


def from_text(sites, rule, threads=1):
    return [f"trace-extract -m {BASE} --ids -j {threads}", f"head-carry -l {sites} {rule} -j {threads}"] + TAIL


# autograd

def largest_difference(one, other):
    """Of a step's heads at a site, relative to the largest of them."""
    worst = 0
    for site, steps in other.items():
        for x, y in zip(one[site], steps):
            worst = max(worst, max(abs(a - b) for a, b in zip(x, y)) / max(map(abs, y)))
    return worst


def check_autograd(table):
    """Does autograd compute what the rule cp does?"""
    tokens, found = 10, {}
    source, trace, heads = ids_file(tokens, 1), WORK + "/check.trace", WORK + "/check.heads"
    pipeline([f"trace-extract -m {BASE} --ids -p f64"], source, trace)
    pipeline(["lrp-layer -l all -r cp -p f64", "head-sum"], trace, heads)
    for record in map(json.loads, output("stream-show --json " + heads)[0].splitlines()):
        if record["type"] == "heads":
            found.setdefault(record["site"], []).extend(record["relevance"])
    peer = Autograd("all", 1, "--heads")
    difference = largest_difference(peer.sentence(read(source).strip())["heads"], found)
    peer.close()
    table.note("largest difference of autograd's heads from those of lrp-layer -r cp -p f64 | head-sum: "
               + "  ".join(table.judge(difference, 1e-3, text="{:.1e}")))


def autograd_actions(o, tokens):
    actions, count = {}, SENTENCES[tokens]
    short, long = ids_file(tokens, 1), ids_file(tokens, count)
    line = read(short).strip()
    for sites in SITES.values():
        for threads in (1, 2):
            for rule in (["-r cp -p f32"] + ["-r magnitude"] * (threads == 1) +
                         ["-r magnitude -p bf16"] * (threads == 1 and has_bf16())):
                actions[sites, threads, rule] = lambda c=from_text(LISTS[sites], rule, threads), t=threads: per_sentence(
                    c, short, long, count, t)
            peer = o.peers[sites, threads]
            actions[sites, threads, "peer"] = lambda p=peer: p.sentence(line)["seconds"]
    if tokens == 30:
        for key in OTHER_WAYS:
            actions[key] = lambda k=key: o.peers[k].sentence(line)["seconds"]
    return actions


def start_peers():
    few = ("--steps", "3")
    peers = {(s, t): Autograd(s, t, *few) for s in SITES.values() for t in (1, 2)}
    for (s, t, way) in OTHER_WAYS:
        peers[s, t, way] = Autograd(s, t, *way.split(), *few)
    for p in peers.values():
        p.sentence(lines(10).strip())  # read the weights, begin the threads
    return peers


def autograd(o, table):
    table.section("autograd: the pipeline from token ids to averages against PyTorch, ms a sentence",
                  "", "tokens", "threads", "pipeline", "autograd", "ratio", "goal", "")
    if not have_torch():
        table.missed += 1
        table.note("not measured: PyTorch is missing (apt-get install python3-torch, or make setup-bench)")
        return
    check_autograd(table)
    o.peers = start_peers()
    for tokens in o.lengths:
        found = interleaved(1 if tokens == 100 else o.repetitions, autograd_actions(o, tokens))
        for name, sites in SITES.items():
            for (s, threads, rule), seconds in found.items():
                if s != sites or not rule.startswith("-r"):
                    continue
                peer = min(found[sites, t, "peer"] for t in range(1, threads + 1))  # nobody takes the slower way
                ratio = (f"{peer / seconds:.1f}",)
                if tokens == 30 and threads == 1:
                    ratio = table.judge(peer / seconds, GOALS[sites], True, "{:.1f}")
                table.row(f"{name}, {rule}", tokens, threads, f"{1e3 * seconds:.0f}", f"{1e3 * peer:.0f}", *ratio)
        for key in OTHER_WAYS:
            for rule, goal in BATCHED_GOAL.items():
                if key in found and (key[0], 1, rule) in found:
                    peer, seconds = found[key], found[key[0], 1, rule]
                    ratio = (f"{peer / seconds:.1f}",)
                    if "--batched" in key[2]:
                        ratio = table.judge(peer / seconds, goal, True, "{:.1f}")
                    table.row(f"sites {key[0]}, {rule}; autograd {key[2]}", tokens, 1, f"{1e3 * seconds:.0f}",
                              f"{1e3 * peer:.0f}", *ratio)
    for p in o.peers.values():
        p.close()


# sweeps: lrp-layer | head-sum against head-carry, and both against BLAS

def products(sites, rule, trace):
    """Multiplications: as head-carry does them, all backward."""
    for line in output(f"head-carry -v -l {sites} {rule} {trace}")[1].splitlines():
        if "multiplications:" in line:
            words = line.replace(",", "").split()
            return [float(words[words.index(w) - 1]) for w in ("as", "all")]
    raise SystemExit("run: head-carry -v says no multiplications")


def sweeps(o, table):
    table.section("sweeps: from a trace, one thread, ms a sentence and GFLOP/s; gemm: BLAS alone",
                  "", "tokens", "lrp-layer", "head-carry", "ratio", "GFLOP/s", "GFLOP/s", "gemm", "lrp-layer", "goal", "",
                  "head-carry", "goal", "")
    cases = [("-r magnitude", "f32"), ("-r cp -p f32", "f32"), ("-r alphabeta", "f32"), ("-r cp", "f64")]
    alone = {p: blas_speed(p, [512])[512] for p in ("f32", "f64")}
    speed = {p: max(x[:2]) for p, x in alone.items()}
    if has_bf16():
        cases.insert(2, ("-r magnitude -p bf16", "bf16"))
        speed["bf16"] = alone["f32"][3]
    most = len(cases) - 2
    for tokens in o.lengths:
        count = SENTENCES[tokens]
        short, long = trace_file(tokens, 1), trace_file(tokens, count)
        for option, precision in cases[:most if tokens != 30 or o.quick else len(cases)]:
            for sites in ("4", "all") if (option, precision) in cases[:most] else ("all",):
                back = lambda: per_sentence([f"lrp-layer -l {sites} {option}", "head-sum"], short, long, count)
                carry = lambda: per_sentence([f"head-carry -l {sites} {option}"], short, long, count)
                found = interleaved(1 if tokens == 100 else 2, {"lrp-layer": back, "head-carry": carry})
                done, all_back = ((b - a) / (count - 1) for a, b in zip(
                    products(sites, option, short), products(sites, option, long)))
                flops = 2e-9 * all_back / found["lrp-layer"], 2e-9 * done / found["head-carry"]
                table.row(f"-l {sites} {option}", tokens, *(f"{1e3 * x:.0f}" for x in found.values()),
                          f"{found['lrp-layer'] / found['head-carry']:.1f}", *(f"{x:.0f}" for x in flops),
                          f"{speed[precision]:.0f}", *(c for x in flops for c in table.judge(
                              100 * x / speed[precision], 85, True, "{:.0f} %")))


def gemm(o, table):
    rows = [10, 30, 100, 512, 2048]
    table.section("gemm: BLAS alone, and panels, on the products of a layer (width 512, feed-forward 2048), one thread, GFLOP/s",
                  "rows", *map(str, rows))
    for precision in ("f32", "f64"):
        found = blas_speed(precision, rows)
        for i, way in enumerate(("X W (backward)", "X W' (forward)", "panels", "panels of bf16")[:4 if precision == "f32" else 2]):
            table.row(f"{precision}  {way}", *(f"{found[r][i]:.0f}" for r in rows))


# stages: where a pipeline's processor time goes

def stages(o, table):
    table.section("stages: processor time of a pipeline, one thread",
                  "", "seconds", "share", "goal", "")
    text = dev_text(o.sentences)
    base = from_text(LISTS["encoder"], "")
    small = [f"trace-extract -m {SMALL}", f"head-carry -l {LISTS['encoder']}"] + TAIL
    for title, commands, source in (
            (f"base model, 30 tokens, {o.sentences // 8} sentences", base, ids_file(30, o.sentences // 8)),
            (f"built-in model, {o.sentences} sentences of text", small, text)):
        one_pipeline(o, table, title, commands, source)


def copying(path, level=-1):
    """Processor time of reading a stream from a pipe and writing it to a pipe."""
    return lambda: pipeline(["cat " + path, f"{WORK}/copy -z {level}", "cat"]).cpu[1]


def one_pipeline(o, table, title, commands, source):
    names = [c.split()[0] for c in commands]
    streams, starts, before = {}, {}, source
    for i, command in enumerate(commands):  # every stream between two programs, and an empty one
        path, empty = f"{WORK}/stage.{i}", f"{WORK}/empty.{i}"
        pipeline([command], before, path)
        first = f"{WORK}/empty.{i - 1}" if i else os.devnull
        run_empty = lambda c=command, f=first, e=empty: pipeline([c], f, e, may_fail=True).cpu[0]
        run_empty()  # step-average says that there is nothing to average, and fails
        before = path
        starts[f"start of {names[i]}"] = run_empty
        if i < len(commands) - 1:
            streams[f"stream from {names[i]}"] = copying(path)
            streams[f"(empty {i})"] = copying(empty)
    runs = []
    found = interleaved(o.repetitions, {
        "pipeline": lambda: runs.append(pipeline(commands, source)) or sum(runs[-1].cpu), **streams, **starts})
    whole = found["pipeline"]
    table.row(title, f"{whole:.3f}", "100.0 %")
    share = lambda x: (f"{x:.3f}", f"{100 * x / whole:.1f} %")
    for i, name in enumerate(names):
        table.row("  " + name, *share(sorted(r.cpu[i] for r in runs)[len(runs) // 2]))
    stream = sum(x if name.startswith("stream") else -x for name, x in found.items() if name in streams)
    start = sum(found[name] for name in starts)
    table.row("  of it streams", *share(stream))
    table.row("  of it process starts", *share(start))
    table.row("  streams and starts", f"{stream + start:.3f}", *table.judge(100 * (stream + start) / whole, 10, text="{:.1f} %"))


# length, generation, memory

def length(o, table):
    steps = [10, 50, 100, 200, 400]
    table.section("length: head-carry -l 4, source of 30 tokens, one thread, ms a step",
                  "steps", *map(str, steps), "400 : 50", "goal", "", "counted")
    actions, counted = {}, {}
    for meet in ("start", "default"):
        option = "" if meet == "default" else " --meet start"
        for n in steps:
            count = 1 + max(1, 100 // n)
            files = []
            for k in (1, count):
                ids = write(f"{WORK}/30-{n}x{k}.ids", lines(30, k, steps=n))
                files.append(f"{WORK}/30-{n}x{k}.trace")
                pipeline([f"trace-extract -m {BASE} --ids"], ids, files[-1])
            actions[meet, n] = lambda c="head-carry -l 4" + option, f=tuple(files), k=count, m=n: per_sentence(
                [c], *f, k) / m
            counted[meet, n] = products("4", option, files[0])[0] / n
    found = interleaved(min(2, o.repetitions), actions)
    for meet in ("start", "default"):
        x = [1e3 * found[meet, n] for n in steps]
        growth = counted[meet, 400] / counted[meet, 50]
        table.row("--meet start" if meet == "start" else "where it is cheapest", *(f"{v:.2f}" for v in x),
                  *table.judge(x[-1] / x[1], round(1.1 * growth, 2)), f"{growth:.2f}")


def forced_lines(trace):
    """The sentences of a trace with their targets, as `trace-extract --ids` reads them."""
    text = ""
    for record in map(json.loads, output("stream-show --json -k source,target " + trace)[0].splitlines()):
        if record["type"] == "trace":
            source, target = (record[k]["ids"] for k in ("source", "target"))
            text += " ".join(map(str, source)) + "\t" + " ".join(map(str, target[:-1])) + "\n"
    return text


def generation(o, table):
    table.section(f"generation: built-in model, {o.sentences} sentences of text, processor time, one thread",
                  "", "seconds", "share", "goal", "")
    trace = WORK + "/small.trace"
    text = dev_text(o.sentences)
    pipeline([f"trace-extract -m {SMALL}"], text, trace)
    both = write(WORK + "/forced.ids", forced_lines(trace))
    source = write(WORK + "/free.ids", "".join(x.split("\t")[0] + "\n" for x in read(both).splitlines()))
    extract = f"trace-extract -m {SMALL} --ids"
    for sites in ("4", "encoder", "all"):
        found = interleaved(o.repetitions, {
            "free": lambda: pipeline([extract], source).cpu[0],
            "forced": lambda: pipeline([extract], both).cpu[0],
            "whole": lambda: sum(pipeline([f"trace-extract -m {SMALL}", f"head-carry -l {LISTS[sites]}"] + TAIL, text).cpu)})
        spent = found["free"] - found["forced"]
        verdict = table.judge(100 * spent / found["whole"], 30, text="{:.0f} %")
        table.row(f"of the pipeline with -l {LISTS[sites]}", f"{spent:.3f} of {found['whole']:.3f}", *verdict)


def memory(o, table):
    table.section("memory: largest resident size, base model, one thread, MiB",
                  "", *(f"{n} tokens" for n in o.lengths), "goal", "")
    weights = os.path.getsize(BASE + "/model.safetensors") / 2 ** 20
    found = {}
    for n in o.lengths:
        for way in (["head-carry -l all"], ["lrp-layer -l all", "head-sum"], ["lrp-layer -l all -r cp", "head-sum"]):
            commands = [f"trace-extract -m {BASE} --ids"] + way + TAIL
            r = pipeline(commands, ids_file(n, 3))
            for command, size in zip(commands, r.memory):
                name = command.replace(f" -m {BASE} --ids", "")
                found.setdefault(name, {}).setdefault(n, []).append(size)
    for name, sizes in found.items():
        large = name.split()[0] in ("trace-extract", "lrp-layer", "head-carry")
        x = [max(sizes[n]) for n in o.lengths]
        table.row(name, *(f"{v:.0f}" for v in x), *table.judge(max(x), round(1.5 * weights + 200) if large else 10)[1:])


def threads(o, table):
    table.section("threads: head-carry -l all from a trace of 30 tokens, by the clock, ms",
                  "", "one", "two", "ratio", "goal", "")
    for title, count in (("one sentence", 1), ("five sentences", SENTENCES[30])):
        trace = trace_file(30, count)
        found = interleaved(max(3, o.repetitions), {n: lambda n=n: by_the_clock(f"head-carry -l all -j {n}", trace)
                                                    for n in (1, 2)})
        table.row(title, *(f"{1e3 * found[n]:.0f}" for n in (1, 2)),
                  *table.judge(found[1] / found[2], 1.8, True))


def by_the_clock(command, source):
    """Seconds of the sweep, without what the program does before it reads a trace."""
    run = lambda f: pipeline([command], f, threads=2, may_fail=True).seconds
    return run(source) - run(os.devnull)


SECTIONS = {f.__name__: f for f in (autograd, sweeps, gemm, bf16, stages, length, threads, generation, memory, decoder)}
