#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load helper

# The same in Python's fractions: sums that round to nearest, halfway to even, and their only parts.
reference='
import math, random, subprocess, sys
from fractions import Fraction

random.seed(7)

def number(low, high):
    bits = random.choice([random.getrandbits(53), 1 << random.randrange(53)])
    return math.ldexp(random.choice([1, -1]) * bits, random.randint(low, high) - 53)

def parts(total):
    while total:
        part = total.numerator / total.denominator
        yield part
        total -= Fraction(part)

lines, answers = [], []
for i in range(2000):
    command = random.choice(["sum", "merge", "products"])
    wide = (-400, 450) if command == "products" else (-1021, 1000)
    low, high = random.choice([(-3, 3), (-60, 60), wide])
    x = [number(low, high) for _ in range(random.choice([0, 2, 4, 10, 100, 400]))]
    if command == "products":
        total = sum((Fraction(a) * Fraction(b) for a, b in zip(x[::2], x[1::2])), Fraction(0))
    else:
        x += random.choice([[], [-v for v in x[::2]]])
        random.shuffle(x)
        total = sum(map(Fraction, x), Fraction(0))
    lines.append(" ".join([command, *(v.hex() for v in x)]))
    answers.append([total.numerator / total.denominator, *parts(total)])

out = subprocess.run(["exact-check"], input="\n".join(lines) + "\n", text=True, check=True,
                     stdout=subprocess.PIPE).stdout.splitlines()
assert len(out) == len(lines)
for line, got, want in zip(lines, out, answers):
    if [float.fromhex(word) for word in got.split()] != want:
        sys.exit(f"{line[:200]}: {got}, not {[v.hex() for v in want]}")
assert max(map(len, answers)) > 35  # sums over the whole range of a double were among them
'

@test "exact: sums, merges and products agree with fractions to the last bit" {
  /usr/bin/python3 -c "$reference"
}

@test "exact: cancellation loses nothing" {
  [ "$(exact-check <<<'sum 1e100 1 -1e100')" = '0x1p+0 0x1p+0' ]
  [ "$(exact-check <<<'sum 0.1 -0.1')" = '0x0p+0' ]
}

@test "exact: halfway goes to even, and the least bit beyond halfway away from it" {
  [ "$(exact-check <<<'sum 1 0x1p-53')" = '0x1p+0 0x1p+0 0x1p-53' ]
  [ "$(exact-check <<<'sum 1 0x1p-53 0x1p-1074')" = '0x1.0000000000001p+0 0x1.0000000000001p+0 -0x1p-53 0x0.0000000000001p-1022' ]
  [ "$(exact-check <<<'sum 0x1.0000000000001p+0 0x1p-53 -0x1p-1000' | cut -d ' ' -f 1)" = 0x1.0000000000001p+0 ]
}

@test "exact: the product of doubles has all its bits" {
  # (1 + 2^-52)^2 - 1 - 2^-51 = 2^-104
  [ "$(exact-check <<<'products 0x1.0000000000001p+0 0x1.0000000000001p+0 -1 1 -0x1p-51 1')" = '0x1p-104 0x1p-104' ]
}

@test "exact: overflow ends the program" {
  fails 1 'too large' 'exact-check <<<"sum 1.7e308 1.7e308"'
  fails 1 'too large' 'exact-check <<<"sum 0x1.fffffffffffffp+1023 0x1p970"'
  fails 1 'too large' 'exact-check <<<"products 1e200 1e200"'
}

@test "student: 95 % quantiles agree with the tables" {
  # scipy.stats.t.ppf(0.975, n)
  for pair in 1:12.706204736 2:4.302652730 3:3.182446305 10:2.228138852 100:1.983971519 \
    999:1.962341461 1000:1.962339081 1001:1.962336705; do
    [ "$(exact-check <<<"student ${pair%:*}")" = "${pair#*:}" ]
  done
  # The normal distribution's 1.959963985 lies below.
  [ "$(exact-check <<<'student 1000000000')" = 1.959963987 ]
}
