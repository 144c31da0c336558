#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run the recipes of examples/COOKBOOK.md: cookbook.py COOKBOOK.md runs every ```sh block, in order, in the current
directory, and compares what it prints with the ``` block below it; with --write it puts its output there instead.

Text and whole numbers have to be equal, other numbers up to 2e-3 of their size or one unit of the last printed digit:
last digits differ between machines. Widths of columns are not compared."""
import re
import subprocess
import sys

BLOCK = re.compile(r"^```sh\n(.*?)^```$(?:\n+^```\n(.*?)^```$)?", re.M | re.S)
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w]|\.\d)")


def recipes(text):
    """(heading, the blocks below it) of every section."""
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return [(heading, list(BLOCK.finditer(body))) for heading, body in zip(parts[1::2], parts[2::2])]


def unit(number):
    """One unit of the last printed digit; 0 of a whole number."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = mantissa.partition(".")[2]
    return 10.0 ** (int(exponent or 0) - len(decimals)) if decimals or exponent else 0.0


def near(want, got):
    a, b, last = float(want), float(got), max(unit(want), unit(got))
    return a == b if last == 0 else abs(a - b) <= 1.000001 * max(last, 2e-3 * abs(a))


def difference(want, got):
    """The first line that is not as shown; '' where there is none."""
    want, got = want.splitlines(), got.splitlines()
    for shown, line in zip(want, got):
        text = [" ".join(NUMBER.sub("0", s).split()) for s in (shown, line)]
        if text[0] != text[1] or not all(map(near, NUMBER.findall(shown), NUMBER.findall(line))):
            return f"shown:   {shown}\nprinted: {line}"
    return "" if len(want) == len(got) else f"{len(want)} lines are shown, {len(got)} are printed"


def run(script):
    """What the block prints, and what is wrong with its run: it fails, or says something on standard error."""
    ran = subprocess.run(["bash", "-ec", script], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    wrong = f"exit status {ran.returncode}: {ran.stderr}" if ran.returncode or ran.stderr else ""
    return ran.stdout, wrong


def check(script, shown):
    printed, wrong = run(script)
    if wrong:
        return wrong
    return difference(shown, printed) if shown else "shows no output"


def write(path, text):
    def block(match):
        printed, wrong = run(match[1])
        if wrong:
            sys.exit(f"{match[1]}{wrong}")
        return f"```sh\n{match[1]}```\n\n```\n{printed}```"
    text = BLOCK.sub(block, text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(path, *options):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if options:
        return write(path, text)
    failed = 0
    for heading, blocks in recipes(text):
        wrong = [w for w in (check(b[1], b[2]) for b in blocks) if w] if blocks else ["has no commands"]
        print(f"{'not ok' if wrong else 'ok'}: {heading}", *wrong, sep="\n")
        failed += bool(wrong)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
