# SPDX-License-Identifier: Apache-2.0
"""Run pipelines and autograd, measure them, and print the table."""
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = TOP + "/tests/bench"
WORK = TOP + "/build/bench"
BIN = os.environ.get("BIN", TOP + "/bin")
BASE, SMALL = WORK + "/base", TOP + "/examples/en-de"
TORCH = "/usr/bin/python3"  # Debian's, which has python3-torch
CPUS = sorted(os.sched_getaffinity(0))


def environment(threads):
    return dict(os.environ, PATH=BIN + ":" + os.environ["PATH"], OPENBLAS_NUM_THREADS=str(threads),
                OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="passive")


def pin(threads):
    """Programs started from now on, and we ourselves, have as many processors as threads."""
    os.sched_setaffinity(0, CPUS[:threads])


class Run:
    """
    What a pipeline took. `cpu`, `memory`: of each program, in order, seconds and MiB. `seconds`: with
    one thread the processor time of all, which other work on the machine disturbs least; else by the clock.
    """

    def __init__(self, clock, threads, spent, good=True):
        self.good = good  # no program of it failed
        self.cpu = [user + system for user, system, _ in spent]
        self.seconds = sum(self.cpu) if threads == 1 else clock
        self.memory = [size / 1024 for _, _, size in spent]


def pipeline(commands, source=os.devnull, out=os.devnull, threads=1, may_fail=False):
    """Run commands ("a -b c") as a pipeline from one file to another, pinned to `threads` processors."""
    pin(threads)
    with tempfile.TemporaryDirectory(dir=WORK) as d, open(source, "rb") as first, open(out, "wb") as last:
        started, running, stdin = time.perf_counter(), [], first
        for i, command in enumerate(commands):
            end = i == len(commands) - 1
            p = subprocess.Popen([WORK + "/spent", f"{d}/{i}"] + command.split(), stdin=stdin,
                                 stdout=last if end else subprocess.PIPE,
                                 stderr=subprocess.DEVNULL if may_fail else None, env=environment(threads), cwd=TOP)
            if stdin is not first:
                stdin.close()
            running, stdin = running + [p], p.stdout
        failed = [c for c, p in zip(commands, running) if p.wait()]
        clock = time.perf_counter() - started
        if failed and not may_fail:
            sys.exit("run: failed: " + " | ".join(failed))
        spent = [tuple(map(float, read(f"{d}/{i}").split())) for i in range(len(commands))]
        return Run(clock, threads, spent, not failed)


def output(command, source=os.devnull, threads=1):
    """Standard output and standard error of one program that writes text."""
    pin(threads)
    with open(source, "rb") as f:
        p = subprocess.run(command.split(), stdin=f, capture_output=True, text=True, errors="replace",
                           env=environment(threads), cwd=TOP)
    if p.returncode:
        sys.exit(f"run: {command}: {p.stderr.strip()}")
    return p.stdout, p.stderr


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def dev_text(sentences):
    """A file of so many of the built-in model's sentences."""
    return write(WORK + "/dev.en", "".join(read(SMALL + "/dev.en").splitlines(True)[:sentences]))


def blas_speed(precision, rows):
    """{rows: [backward, forward, panels, panels of bf16]} in GFLOP/s"""
    text = output(f"{WORK}/gemm {precision} {' '.join(map(str, rows))}")[0]
    return {int(x[0]): [float(v) for v in x[1:]] for x in (line.split() for line in text.splitlines())}


@functools.cache
def has_bf16():
    """Has this machine products of bf16?"""
    return blas_speed("f32", [8])[8][3] > 0


def have_torch():
    return subprocess.run([TORCH, "-c", "import torch"], stderr=subprocess.DEVNULL, check=False).returncode == 0


class Autograd:
    """autograd.py, kept running: a model is loaded once, and sentences can take turns with pipelines."""

    def __init__(self, sites, threads, *options):
        pin(threads)
        self.threads = threads
        self.process = subprocess.Popen(
            [TORCH, HERE + "/autograd.py", "-m", BASE, "-t", str(threads), "-l", sites, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads), cwd=TOP)

    def sentence(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("run: autograd.py failed")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def interleaved(repetitions, actions):
    """{name: median} of the numbers that the actions return, taken in turns: A B A B ..."""
    found = {name: [] for name in actions}
    for i in range(repetitions):
        for name, action in actions.items():
            found[name].append(action())
            progress(f"{name}  {i + 1}/{repetitions}")
    return {name: statistics.median(x) for name, x in found.items()}


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text[:100]}")


class Table:
    """Rows of text; a section's title stands alone. Goals are judged where they are known."""

    def __init__(self):
        self.rows, self.missed = [], 0

    def section(self, title, *columns):
        self.rows += [None, title, list(columns)]

    def row(self, *cells):
        self.rows.append([str(c) for c in cells])

    def judge(self, value, goal, least=False, text="{:.2f}"):
        """Cells for the value, the goal and the verdict: at most the goal, or at least."""
        good = value >= goal if least else value <= goal
        self.missed += not good
        return text.format(value), (">= " if least else "<= ") + f"{goal:g}", "met" if good else "MISSED"

    def note(self, text):
        self.rows.append("  " + text)

    def print(self):
        progress("")
        start = 0
        for i in range(len(self.rows) + 1):
            if i == len(self.rows) or self.rows[i] is None:
                self.print_section(self.rows[start:i])
                start = i

    @staticmethod
    def print_section(rows):
        lists = [r for r in rows if isinstance(r, list)]
        columns = max(map(len, lists), default=0)
        width = [max(len(r[i]) for r in lists if i < len(r)) for i in range(columns)]
        for r in rows:
            if not isinstance(r, list):
                print(r or "")
                continue
            cells = [c.ljust(width[i]) if i == 0 else c.rjust(width[i]) for i, c in enumerate(r)]
            print(("  " + "  ".join(cells)).rstrip())
