# SPDX-License-Identifier: Apache-2.0
"""covered.py UNCOVERED LEAST: of what gcov --json-format prints, per folder how many lines ran in any program or
precision; those that did not go to a file, and the end is 1 where fewer than LEAST of 100 ran."""
import collections
import json
import sys

count = collections.defaultdict(lambda: collections.Counter())
decoder = json.JSONDecoder()
printed = "".join(sys.stdin.read().splitlines())
end = 0
while end < len(printed):
    of_object, end = decoder.raw_decode(printed, end)
    for source in of_object["files"]:
        if source["file"].startswith(("lib/", "bin/")):
            for at in source["lines"]:
                count[source["file"]][at["line_number"]] += at["count"]

folders = collections.defaultdict(lambda: [0, 0])
with open(sys.argv[1], "w", encoding="utf-8") as uncovered:
    for name in sorted(count):
        text = open(name, encoding="utf-8").read().splitlines()
        for line, times in sorted(count[name].items()):
            folder = folders[name.rsplit("/", 1)[0]]
            folder[0] += times > 0
            folder[1] += 1
            if not times:
                print(f"{name}:{line}: {text[line - 1].strip()}", file=uncovered)

for name, (ran, lines) in sorted(folders.items()):
    print(f"{100 * ran / lines:6.1f} %  {lines:6d} lines  {name}")
ran, lines = (sum(x) for x in zip(*folders.values()))
print(f"{100 * ran / lines:6.1f} %  {lines:6d} lines")
sys.exit(100 * ran < float(sys.argv[2]) * lines)
