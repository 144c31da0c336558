#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# -t sample:SEED: relevance of tokens that are drawn from what the model predicts.
load helper

model=$BATS_TEST_DIRNAME/data/families/models/gpt2

# PROGRAM ...: of each step, in order, the token that was drawn
drawn() {
  "$@" | stream-show --json | jq -c 'select(.predicted) | [.sentence, .site, .predicted]' | sed 's/id //g' | sort -u
}

# Its vocabulary is not known, so pieces are ids.
setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export BATS_TEST_DIRNAME
  printf '28 8 16\t5 10 3 1\n7 7\t2\n9 11 4 1\t6 20 2\n' >ids
  trace-extract -q -m "$model" --ids -p f64 -k all ids >trace
}

@test "sample: tokens come as often as the model says" {
  # 400 seeds; of each step of each sentence the frequencies, by chi-squared over the tokens
  for seed in {0..399}; do
    echo "$seed"
  done >seeds
  xargs -P 2 -I SEED sh -c 'head-carry -q -r gradient -p f32 -l dec-self.1 -t sample:SEED trace | stream-show --json | grep "\"type\":\"heads\""' <seeds |
    jq -c '[.sentence, .predicted]' >found
  /usr/bin/python3 - <<'END'
import collections, json, sys
sys.path.append(__import__("os").environ["BATS_TEST_DIRNAME"] + "/tool")
from streams import read_stream
import numpy as np
found = collections.defaultdict(collections.Counter)
for line in open("found"):
    sentence, tokens = json.loads(line)
    for step, token in enumerate(tokens):
        found[sentence, step][int(token.removeprefix("id "))] += 1
checked = 0
for r in read_stream("trace"):
    z = np.asarray(r["values"]["logits"], float)[list(r["positions"])]
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    for step, row in enumerate(p):
        seen = np.array([found[r["sentence"], step][v] for v in range(len(row))])
        assert seen.sum() == 400, seen
        often = row > 0.0125
        chi = ((seen - 400 * row) ** 2 / (400 * row))[often].sum()
        freedom = often.sum() - 1
        assert chi < freedom + 4.5 * np.sqrt(2 * freedom) + 6, (r["sentence"], step, chi, freedom)
        checked += 1
assert checked == 8, checked
END
}

@test "sample: relevance is that of the token that was drawn, with its own loss" {
  drawn head-carry -t sample:7 -l dec-self.1 trace >names
  summed() { lrp-layer "$@" | head-sum; }
  for program in head-carry summed; do
    for size in one logit; do
      $program -t sample:7 -s $size -l dec-self.1 trace >got
      while read -r id; do
        $program -t "$id" -s $size -l dec-self.1 trace >one
        for file in got one; do
          stream-show --json $file | jq -c --arg id "$id" 'select(.predicted) | .sentence as $n | .relevance as $r | .predicted | to_entries[] | [$n, .key, (.value | ltrimstr("id ")), $r[.key]]' >$file.rows
        done
        # where it was drawn, both are the same
        jq -c --arg id "$id" 'select(.[2] == $id)' got.rows >drawn
        [ -s drawn ]
        jq -e -n --slurpfile a drawn --slurpfile b one.rows '[$a[] as $x | any($b[]; .[0] == $x[0] and .[1] == $x[1] and .[3] == $x[3])] | all' >/dev/null
      done < <(jq -r '.[2][] | ltrimstr("id ")' names | sort -u)
    done
  done
  # of the loss: a text with these tokens for its targets
  head-carry -r gradient -s loss -t sample:7 trace | stream-show --json | jq -c 'select(.predicted) | [.sentence, .site, .predicted, .relevance]' >sampled
  stream-show --json trace | jq -c --slurpfile names names 'if .type == "trace" then .sentence as $n | .target.ids = ([$names[] | select(.[0] == $n) | .[2][] | ltrimstr("id ") | tonumber]) | .target.pieces = (.target.ids | map(tostring)) else . end' |
    stream-pack | head-carry -r gradient -s loss -t forced | stream-show --json | jq -c 'select(.predicted) | [.sentence, .site, (.predicted | map("\(.)")), .relevance]' >forced
  diff <(sed 's/id //g' sampled) forced
}

@test "sample: the same whatever else is swept: parts, drawn steps, threads, precision of the sweep" {
  drawn head-carry -r gradient -t sample:3 trace >all
  for n in 1 2; do
    sed -n ${n}p ids | trace-extract -q -m "$model" --ids -p f64 -k all | head-carry -r gradient -t sample:3 | stream-show --json |
      jq -c --argjson n $n 'select(.predicted) | [$n - 1, .site, .predicted]' | sed 's/id //g' | sort -u >one
    diff one <(grep "^\[$((n - 1))," all)
  done
  drawn head-carry -r gradient -t sample:3 -j 3 -p f32 trace | diff all -
  drawn lrp-layer -r cp -t sample:3 trace | diff all -
  head-carry -r gradient -t sample:3 --steps 2 --seed 3 trace | stream-show --json | jq -c 'select(.drawn) | [.sentence, .site, .drawn, .predicted]' | sed 's/id //g' >some
  jq -e -n --slurpfile all all '[inputs as $d | $all[] | select(.[:2] == $d[:2]) | .[2] as $x | [$d[2][] | $x[.]] == $d[3]] | length == 4 and all' some
  [ "$(drawn head-carry -r gradient -t sample:4 trace | cmp -s all - && echo same)" = '' ]
}

@test "sample: squares of loss gradients have the variance of the logits' changes for their mean" {
  # E g^2 = sum_v p_v x_v^2: from 300 draws, within 5 standard errors, for every head; x from the effect of one model of few tokens
  head -n 1 ids | trace-extract -q -m "$model" --ids -p f64 -k all >first
  seq 0 299 | xargs -P 2 -I SEED sh -c 'head-carry -q -r gradient -s loss -t sample:SEED first | head-norm -n square | stream-show --json | grep "\"type\":\"heads\""' |
    jq -c '[.site, .relevance]' >found
  /usr/bin/python3 - "$model" <<'END'
import json, os, sys
sys.path += [os.environ["BATS_TEST_DIRNAME"] + d for d in ("/tool", "/data")]
import numpy as np
from sides import Model
from stream import read_weights
from streams import read_segment
header, [r] = read_segment("first")
model = Model(header["graph"], read_weights(sys.argv[1]))
tokens, positions = {"target": list(r["inputs"]["ids"])}, list(r["positions"])
net = model.network(tokens)
rows = lambda n: n.value["logits"][positions].astype(float)
z = rows(net)
p = np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))
found = {}
for line in open("found"):
    site, y = json.loads(line)
    found.setdefault(site, []).append(y)
for site in model.sites():
    y, heads = np.array(found[site]), model.heads(site)
    assert len(y) == 300
    e = net.value[site].shape[1] // heads
    for h in range(heads):
        at = (slice(None), slice(h * e, (h + 1) * e))
        up, down = (rows(model.network(tokens, (site, at, k * net.value[site][at]))) for k in (1e-4, -1e-4))
        dz = (up - down) / 2e-4
        fisher = (p * dz ** 2).sum(1) - (p * dz).sum(1) ** 2
        mean, error = y[:, :, h].mean(0), y[:, :, h].std(0) / 300 ** 0.5
        assert (abs(mean - fisher) < 5 * error + 1e-12).all(), (site, h, mean, fisher, error)
END
}

@test "sample: mistakes in the command line" {
  for wrong in sample sample: sample:x sample:-1 sample:1x top-sample:1 sample:1-top; do
    fails 2 '-t' "head-carry -t $wrong trace"
  done
  fails 2 'from' 'lrp-layer --from dec.1.ffn.in -t sample:1 -l 0 trace'
}
