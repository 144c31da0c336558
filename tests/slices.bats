#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Weights that are slices of a tensor, or lie transposed in it, are the same model as plain ones, bit for bit.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want

# Of the records on standard input: q, k and v of the encoder as columns of one tensor (its name ends in .joined), those of the decoder as
# rows of one, the other matrices of layers transposed
joined() {
  /usr/bin/python3 -c '
import json, sys
header, *records = map(json.loads, sys.stdin)
weights, node = header["weights"], {n["name"]: n for n in header["graph"]}

def rows(name):
    shape, data = weights[name]["shape"], weights[name]["data"]
    flat = [x for row in data for x in row] if isinstance(data[0], list) else data
    width = shape[-1] if len(shape) == 2 else 1
    return [flat[i : i + width] for i in range(0, len(flat), width)]

def put(name, rows, transposed=False):
    if transposed:
        rows = [list(column) for column in zip(*rows)]
    shape = [len(rows)] if len(rows[0]) == 1 else [len(rows), len(rows[0])]
    weights[name] = {"tensor": "<f4", "shape": shape, "data": [x for row in rows for x in row]}

for name in list(node):
    if name.endswith(".self.q"):
        group, first = [node[name[:-1] + p] for p in "qkv"], 0
        across = name.startswith("enc")
        put(name + ".joined", [r for n in group for r in rows(n["weight"])], across)
        put(name + ".joined.bias", [r for n in group for r in rows(n["bias"])])
        for n in group:
            slice = {"first": first, "rows": n["width"]}
            n["weight"] = {"name": name + ".joined", **slice, **({"transposed": True} if across else {})}
            n["bias"] = {"name": name + ".joined.bias", **slice}
            first += n["width"]
    elif name.endswith((".out", ".in", ".cross.q", ".cross.k", ".cross.v")):
        put(name + ".turned", rows(node[name]["weight"]), True)
        node[name]["weight"] = {"name": name + ".turned", "transposed": True}
    elif name == "target":
        put("turned", rows(node[name]["weight"]), True)
        node[name]["weight"] = {"name": "turned", "transposed": True}
    elif name == "logits": # rows in pairs, one of zeros and one of ones between them
        width, table = node["dec.embed"]["width"], rows(node[name]["weight"])
        put("pairs", [r for i in range(0, len(table), 2) for r in [*table[i : i + 2], [0.0] * width, [1.0] * width]], True)
        node[name]["weight"] = {"name": "pairs", "first": 0, "rows": len(table), "block": 2, "every": 4, "transposed": True}
    elif name == "source": # row 0 of the slice is row 2 of the table
        width = node[name]["width"]
        table = rows(node[name]["weight"])
        put("longer", [[9.0] * width] * 2 + table + [[9.0] * width])
        node[name]["weight"] = {"name": "longer", "first": 2, "rows": len(table)}
used = {w["name"] if isinstance(w, dict) else w for n in header["graph"] for w in (n.get("weight"), n.get("bias")) if w}
header["weights"] = {k: v for k, v in weights.items() if k in used}
for r in [header, *records]:
    print(json.dumps(r))'
}

# MODEL: traces `plain` and `joined` of it, in which only the tokens are stored
traces() {
  trace-extract -m "$models/$1" --ids --embed -p f64 -k none "$want/$1.ids" | stream-show --json >json
  stream-pack <json >plain
  joined <json | stream-pack >joined
}

@test "slices: relevance and heads of joined and transposed weights have the same bits" {
  for model in deep prenorm sharded; do # F16, BF16, F32
    traces $model
    stream-show --json joined | head -n 1 | jq -e '.graph | map(select(.weight | type == "object")) | length > 8 and
      any(.weight.transposed and .weight.first > 0) and any(.weight.first > 0 and (.weight | has("transposed") | not))'
    for p in f32 f64; do
      for rule in magnitude alphabeta gradient ratio; do
        for way in lrp-layer head-carry; do
          for trace in plain joined; do $way -q -p $p -l all -r $rule $trace >$trace.out; done
          stream-diff -t 0 plain.out joined.out
        done
      done
    done
    for trace in plain joined; do
      lrp-layer -q -r voita2021 -l source $trace >$trace.voita
      head-output $trace >$trace.output
    done
    stream-diff -t 0 plain.voita joined.voita
    stream-diff -t 0 plain.output joined.output
  done
}

@test "slices: another slice is another model (the comparison can fail)" {
  traces deep
  stream-show --json joined | jq -c 'if .graph then .graph |= map(if .name == "enc.0.self.q" then .weight.first = 1 else . end)
    else . end' | stream-pack >other
  for trace in joined other; do head-carry -l all $trace >$trace.out; done
  run stream-diff -t 1e-6 joined.out other.out
  [ "$status" -eq 1 ]
}

@test "slices: what is no slice of its tensor is refused by name" {
  traces deep
  broken() { # NODE CHANGE TEXT
    stream-show --json joined | jq -c "if .graph then .graph |= map(if .name == \"$1\" then $2 else . end) else . end" | stream-pack >other
    fails 1 "$3" 'head-carry -l all other >/dev/null'
  }
  broken enc.0.self.v '.weight.first = 13' "tensor 'enc.0.self.q.joined' has 18 columns; node 'enc.0.self.v' needs those from 13 to 18"
  broken dec.0.self.v '.weight.first = 13' "tensor 'dec.0.self.q.joined' has 18 rows; node 'dec.0.self.v' needs those from 13 to 18"
  broken dec.0.self.v '.bias.first = 13' "tensor 'dec.0.self.q.joined.bias' has 18 rows; node 'dec.0.self.v' needs those from 13 to 18"
  broken enc.0.self.v '.weight.rows = 5' "node 'enc.0.self.v': its 'weight' is not a slice that it can multiply with"
  broken enc.0.self.v '.bias.rows = 7' "node 'enc.0.self.v': its 'bias' is not a slice that it can multiply with"
  broken enc.0.self.v '.weight.first = -1' "node 'enc.0.self.v': its 'weight' is not a slice"
  broken enc.0.self.v '.bias.transposed = true' "node 'enc.0.self.v': its 'bias' is not a slice"
  broken enc.0.self.norm '.weight = {name: .weight, transposed: true}' "node 'enc.0.self.norm': its 'weight' is not a slice"
  broken enc.0.self.v 'del(.weight.transposed)' "tensor 'enc.0.self.q.joined' is [6, 18]; node 'enc.0.self.v' needs rows of 6 numbers"
  broken dec.0.self.v '.weight.transposed = true' "tensor 'dec.0.self.q.joined' is [18, 6]; node 'dec.0.self.v' needs columns of 6 numbers"
  broken enc.0.self.v 'del(.weight.first)' "no key 'first' in 'graph'"
  broken enc.0.self.v '.weight.step = 2' "'weight' is a tensor's name, or {name, first, rows, block, every, transposed}"
  broken dec.0.self.v '.weight += {block: 2, every: 4}' "tensor 'dec.0.self.q.joined' has 18 rows; node 'dec.0.self.v' needs those from 12 to 21"
  broken dec.0.self.v '.weight += {block: 2, every: 1}' "node 'dec.0.self.v': its 'weight' is not a slice"
  broken dec.0.self.v '.weight += {block: 0, every: 1}' "node 'dec.0.self.v': its 'weight' is not a slice"
  broken dec.0.self.v '.weight += {block: 2}' "no key 'every' in 'graph'"
  broken enc.0.self.v '.weight = 3' "key 'weight' in 'graph' is not text"
}
