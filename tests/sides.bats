#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Graphs of one side and of two causal ones, all programs: a decoder alone, an encoder alone, an encoder that sees its past.
# What they must give is worked out neuron by neuron (tests/data/neurons.py, sides.py), in double precision.
load helper

models=$BATS_TEST_DIRNAME/data/models
want=$BATS_TEST_DIRNAME/data/want
tool=$BATS_TEST_DIRNAME/tool
graphs='decoder encoder causal2'
linear='magnitude alphabeta ratio gamma cp attnlrp gradient'
others='thumt2017 alphabeta:alpha=2 alphabeta:bias=spread,eps=0.01 gamma:gamma=0.5,bias=exclude ratio:norm=jacobian
  magnitude:norm=identity magnitude:attention=half magnitude:bias=absorb'

# The reference's own traces, which have the weights: what each program gives of them does not hang on trace-extract. MODEL.leaves
# has the names of the embeddings.
setup_file() {
  export TRACES=$BATS_FILE_TMPDIR
  local model data=$BATS_TEST_DIRNAME/data
  for model in decoder encoder causal2; do
    cp "$data/want/$model.trace.lrp" "$TRACES/$model"
    jq -r '[.graph[] | select(.op == "embed").name] | join(",")' "$data/models/$model/config.json" >"$TRACES/$model.leaves"
  done
}

# MODEL OPTIONS: a trace by trace-extract
extract() {
  local model=$1
  shift
  trace-extract -m "$models/$model" --ids "$@" "$want/$model.ids" 2>said
}

@test "sides: the neurons of any graph give what all other references have" {
  for model in $(marian_models); do
    trace-extract -m "$models/$model" --ids -k none "$want/$model.ids" | stream-show --json | head -n 1 >header
    /usr/bin/python3 "$BATS_TEST_DIRNAME/data/sides.py" check header "$models/$model" "$model" | tee -a said
  done
  [ "$(awk '{ n += $2 } END { print n }' said)" -gt 2000 ]
}

@test "sides: trace-extract: every node's value, tokens, positions of steps, best tokens" {
  for model in $graphs; do
    extract "$model" -p f64 -k all >f64
    extract "$model" -k all >f32
    "$tool/same-trace.py" 1e-9 "$want/$model.trace.lrp" f64
    "$tool/same-trace.py" 1e-5 "$want/$model.trace.lrp" f32
    # the same pieces, and the graph of the model's directory
    for file in "$want/$model.trace.lrp" f64; do
      stream-show --json $file | jq -cS 'select(.type == "trace") | [.source, .inputs, .target, .top.pieces]' >"pieces.${file##*/}"
      stream-show --json $file | jq -S 'select(.graph).graph' >"graph.${file##*/}"
    done
    diff "pieces.$model.trace.lrp" pieces.f64
    diff "graph.$model.trace.lrp" graph.f64
  done
}

# The options of lrp-layer that make the file of this label
options() {
  case $1 in
  *.loss) echo "-r ${1%.loss} -s loss" ;;
  forced) echo '-t forced' ;;
  contrast) echo '-t top1-top2' ;;
  from=*) echo "--from ${1#*=} -l BELOW" ;;
  *.embed) echo "-r ${1%.embed} -l ALL" ;;
  *) echo "-r $1" ;;
  esac
}

# PRECISION TOLERANCE FOLDER MODEL LABEL ...: relevance as in FOLDER/MODEL.LABEL.lrp
agree() {
  local precision=$1 tolerance=$2 folder=$3 model=$4 label o pairs=()
  shift 4
  for label; do
    o=$(options "$label")
    # the embeddings of words, not of positions
    o=${o/BELOW/$(stream-show --json "$folder/$model.$label.lrp" | jq -r 'select(.sentence == 0).site' | paste -sd ,)}
    o=${o/ALL/$(tr , '\n' <"$TRACES/$model.leaves" | grep -v position | paste -sd ,)}
    # shellcheck disable=SC2086
    lrp-layer -q -p "$precision" $o --max-leak inf "$TRACES/$model" 2>/dev/null >"got.$model.$label"
    pairs+=("$folder/$model.$label.lrp" "got.$model.$label")
  done
  "$tool/same-relevance.py" "$tolerance" "${pairs[@]}"
}

@test "sides: relevance as the reference has it, from the best and the forced token and from the loss" {
  for model in $graphs; do
    agree f64 1e-9 "$want" "$model" $linear forced gradient.loss voita2021 voita2021:rescale=no magnitude.embed alphabeta.embed ratio.embed
  done
}

@test "sides: relevance by magnitude and alphabeta in single precision" {
  for model in $graphs; do
    agree f32 1e-4 "$want" "$model" magnitude alphabeta forced magnitude.embed alphabeta.embed
  done
}

@test "sides: other keys and starts, worked out now" {
  for model in $graphs; do
    # shellcheck disable=SC2086
    /usr/bin/python3 "$BATS_TEST_DIRNAME/data/sides.py" relevance "$model" . contrast magnitude.loss ratio.loss $others
    # shellcheck disable=SC2086
    agree f64 1e-9 . "$model" contrast magnitude.loss ratio.loss $others
  done
}

@test "sides: long sentences, cut into blocks of steps" {
  for model in $graphs; do
    /usr/bin/python3 "$BATS_TEST_DIRNAME/data/sides.py" long "$model" .
    lrp-layer -p f64 "$model.trace.lrp" >got
    "$tool/same-relevance.py" 1e-9 "$model.magnitude.lrp" got
    "$tool/conserved.py" 1e-9 got
    [ "$(stream-show --json got | jq -c 'select(.first_step and .first_step > 0)' | wc -l)" -gt 1 ]
    lrp-layer -j 2 -p f64 "$model.trace.lrp" | stream-diff got -
    for meet in '' '--meet start' '--meet backward'; do
      # shellcheck disable=SC2086
      head-carry -p f64 $meet "$model.trace.lrp" | stream-diff -t 1e-12 -k sentence,site,heads,relevance <(head-sum got) -
    done
  done
}

@test "sides: layers of a side of which some are causal" {
  for pair in encoder:10 encoder:01 causal2:10 causal2:01; do
    model=${pair%%:*}
    /usr/bin/python3 "$BATS_TEST_DIRNAME/data/sides.py" mixed "$model" "${pair#*:}" .
    for rule in magnitude attnlrp; do
      lrp-layer -q -p f64 -r $rule "$model.trace.lrp" 2>/dev/null >got
      "$tool/same-relevance.py" 1e-9 "$model.$rule.lrp" got
      for meet in '' '--meet start' '--meet backward'; do
        # shellcheck disable=SC2086
        head-carry -q -p f64 -r $rule $meet "$model.trace.lrp" 2>/dev/null |
          stream-diff -t 1e-12 -k sentence,site,heads,relevance <(head-sum got) -
      done
      lrp-layer -q -p f64 -r $rule --to enc.0.ffn.norm --keep "$model.trace.lrp" 2>/dev/null | lrp-layer -l 0 2>/dev/null |
        stream-diff -k sentence,site,relevance <(lrp-layer -q -p f64 -r $rule -l 0 "$model.trace.lrp" 2>/dev/null) -
    done
    # it is not what the layers of one kind give
    run "$tool/same-relevance.py" 1e-2 "$want/$model.attnlrp.lrp" got
    [ "$status" -eq 1 ]
  done
}

@test "sides: relevance that starts at a node has a step for each of its positions" {
  for pair in decoder:dec.1.self.add encoder:enc.1.self.norm causal2:enc.1.ffn.out causal2:dec.0.ffn.norm; do
    model=${pair%%:*} label=from=${pair#*:}
    /usr/bin/python3 "$BATS_TEST_DIRNAME/data/sides.py" relevance "$model" . "$label"
    agree f64 1e-9 . "$model" "$label"
  done
}

@test "sides: a wrong number is found (the comparison can fail)" {
  for model in $graphs; do
    lrp-layer -p f64 -r magnitude:eps=1e-6 "$TRACES/$model" >got
    run "$tool/same-relevance.py" 1e-9 "$want/$model.magnitude.lrp" got
    [ "$status" -eq 1 ]
    [[ $output == *'off by'* ]]
  done
}

@test "sides: formula (1) at every site and over all embeddings" {
  for model in $graphs; do
    leaves=$(cat "$TRACES/$model.leaves")
    for rule in magnitude alphabeta; do
      for p in f64 f32; do
        lrp-layer -p $p -r $rule -l "all,$leaves" "$TRACES/$model" >all
        lrp-layer -p $p -r $rule -l "$leaves" "$TRACES/$model" >leaves
        "$tool/conserved.py" "$([ $p = f64 ] && echo 1e-9 || echo 1e-5)" all
        "$tool/conserved.py" --all "$([ $p = f64 ] && echo 1e-9 || echo 1e-5)" leaves
      done
    done
    lrp-layer -p f64 -r magnitude:bias=absorb -l "all,$leaves" "$TRACES/$model" >all
    "$tool/conserved.py" 1e-9 all
  done
}

@test "sides: a step reaches no position behind its own where attention is causal, all of them where it is not" {
  reached() { # MODEL SITE: for each step of each sentence how many positions hold relevance
    lrp-layer -p f64 -l "$2" "$TRACES/$1" | stream-show --json |
      jq -c 'select(.type == "relevance") | [.relevance[] | map(any(. != 0)) | [(map(select(.)) | length), (rindex(true) + 1)]]'
  }
  # prompts of 4, 2, 1 and 8 tokens: the first step of each is at the last of them
  [ "$(reached decoder target | paste -sd ' ')" = "$(echo '[[4,4],[5,5],[6,6],[7,7]]
[[2,2],[3,3],[4,4],[5,5]]
[[1,1],[2,2],[3,3]]
[[8,8],[9,9],[10,10],[11,11]]' | paste -sd ' ')" ]
  [ "$(reached encoder source | paste -sd ' ')" = '[[5,5]] [[6,6],[6,6],[6,6]] [[7,7],[7,7]] [[1,1]]' ]
  [ "$(reached causal2 target | head -n 1)" = '[[1,1],[2,2],[3,3],[4,4]]' ]
  [ "$(reached causal2 source | head -n 1)" = '[[4,4],[4,4],[4,4],[4,4]]' ]
  # a position of a causal source holds nothing of what comes behind it
  [ "$(lrp-layer -p f64 --from enc.1.ffn.norm -l source "$TRACES/causal2" | stream-show --json | sed -n 2p |
    jq -c '[.relevance[] | map(any(. != 0)) | rindex(true)]')" = '[0,1,2,3]' ]
}

@test "sides: sites are those of the model, the last layer first; plain numbers are those of the only side" {
  site() { lrp-layer "$@" | stream-show --json | jq -r 'select(.type == "relevance" and .sentence == 0) | .site' | paste -sd ' '; }
  [ "$(site "$TRACES/decoder")" = 'dec-self.1 dec-self.0' ]
  [ "$(site "$TRACES/encoder")" = 'enc-self.1 enc-self.0' ]
  [ "$(site "$TRACES/causal2")" = 'dec-enc.1 dec-self.1 dec-enc.0 dec-self.0 enc-self.1 enc-self.0' ]
  [ "$(site -l 0 "$TRACES/decoder")" = dec-self.0 ]
  [ "$(site -l 1 "$TRACES/encoder")" = enc-self.1 ]
  fails 2 "no site 'source'" 'lrp-layer -l source "$TRACES/decoder" >/dev/null'
  fails 2 "no site 'target'" 'lrp-layer -l target "$TRACES/encoder" >/dev/null'
  fails 2 "'enc-self.0'" 'lrp-layer -l enc-self.0 "$TRACES/decoder" >/dev/null'
}

@test "sides: head-carry gives what lrp-layer | head-sum gives, wherever both directions meet" {
  for model in $graphs; do
    for rule in $linear magnitude:bias=absorb alphabeta:bias=spread gamma:gamma=2,bias=exclude thumt2017; do
      lrp-layer -q -p f64 -r "$rule" --max-leak inf "$TRACES/$model" 2>/dev/null | head-sum >backward
      for meet in '' '--meet start' '--meet backward'; do
        # shellcheck disable=SC2086
        head-carry -q -p f64 -r "$rule" $meet "$TRACES/$model" 2>/dev/null >carried
        stream-diff -t 1e-12 -k sentence,site,first_step,heads,predicted,relevance backward carried ||
          { echo "$model $rule $meet"; return 1; }
      done
    done
    for options in '-s loss' '-t top2' '-t forced -s logit' '-t top1-top2' '-l 0'; do
      lrp-layer -q -p f64 $options "$TRACES/$model" | head-sum >backward
      head-carry -q -p f64 $options "$TRACES/$model" >carried
      stream-diff -t 1e-12 -k sentence,site,first_step,heads,predicted,relevance backward carried
    done
  done
}

@test "sides: head-carry meets at a node inside" {
  for pair in decoder:dec.0.ffn.add decoder:dec.norm encoder:enc.0.ffn.norm encoder:enc.1.ffn.norm causal2:enc.1.ffn.norm causal2:dec.1.ffn.norm; do
    model=${pair%%:*}
    lrp-layer -p f64 -l 0 "$TRACES/$model" | head-sum >backward
    head-carry -p f64 -l 0 --meet "${pair#*:}" "$TRACES/$model" >carried
    stream-diff -t 1e-12 -k sentence,site,first_step,heads,predicted,relevance backward carried
  done
}

@test "sides: a sweep in stages gives the same bits, and so do two threads" {
  for pair in decoder:dec.0.ffn.add encoder:enc.0.ffn.norm causal2:enc.1.ffn.norm causal2:dec.0.ffn.norm; do
    model=${pair%%:*} node=${pair#*:}
    site=${node%%.*}-self.0
    for rule in magnitude attnlrp gradient; do
      lrp-layer -p f64 -r $rule -l "$site" "$TRACES/$model" 2>/dev/null >whole
      lrp-layer -p f64 -r $rule --to "$node" --keep "$TRACES/$model" 2>/dev/null >kept
      lrp-layer -l "$site" kept 2>/dev/null >rest
      stream-diff -k sentence,site,first_step,relevance whole rest
      lrp-layer -j 2 -p f64 -r $rule -l "$site" "$TRACES/$model" 2>/dev/null >two
      stream-diff whole two
    done
  done
}

@test "sides: values that are not in a trace are made again" {
  for model in $graphs; do
    stream-show --json "$TRACES/$model" | jq -c 'if .values then .values = {} else . end' | stream-pack >none
    for rule in ratio attnlrp gradient; do
      lrp-layer -q -p f64 -r $rule --max-leak inf none 2>/dev/null >got
      "$tool/same-relevance.py" 1e-9 "$want/$model.$rule.lrp" got
      stream-diff -t 1e-12 -k relevance <(head-sum got) <(head-carry -q -p f64 -r $rule none 2>/dev/null)
    done
    stream-diff -t 1e-9 -k loss,top1 "$want/$model.losses.lrp" <(step-loss none)
    stream-diff -t 1e-6 -k mean "$want/$model.means.lrp" <(head-mean none)
    stream-diff -t 1e-6 -k relevance "$want/$model.output.heads.lrp" <(head-output none)
  done
}

@test "sides: trace-extract: values that are not stored are made again" {
  for model in $graphs; do
    for keep in needed none; do
      extract "$model" -p f64 -k $keep >in
      lrp-layer -p f64 -r ratio in 2>/dev/null >got
      "$tool/same-relevance.py" 1e-9 "$want/$model.ratio.lrp" got
    done
  done
}

@test "sides: head-confidence, head-output, head-mean, step-loss" {
  for model in $graphs; do
    in=$TRACES/$model
    stream-diff -t 1e-6 -k sentence,site,first_step,heads,relevance "$want/$model.confidence.heads.lrp" <(head-confidence "$in")
    stream-diff -t 1e-9 -k sentence,site,first_step,heads,relevance "$want/$model.output.heads.lrp" <(head-output "$in")
    stream-diff -t 1e-6 -k site,positions,mean "$want/$model.means.lrp" <(head-mean "$in")
    stream-diff -t 1e-9 -k sentence,first_step,loss,top1 "$want/$model.losses.lrp" <(step-loss "$in")
  done
}

@test "sides: what was cut is said so, in the records that are made of it too" {
  cut() { stream-show --json | jq -c 'select(.sentence) | select(.cut) | .sentence' | sort -u | paste -sd ' '; }
  [ "$(cut <"$TRACES/decoder")" = 3 ]
  [ "$(step-loss "$TRACES/decoder" | cut)" = 3 ]
  [ "$(lrp-layer "$TRACES/decoder" | cut)" = 3 ]
  [ "$(head-carry "$TRACES/decoder" | cut)" = 3 ]
  [ "$(cut <"$TRACES/encoder")$(cut <"$TRACES/causal2")" = '' ]
}

@test "sides: trace-extract: where generation is cut" {
  # max_length, 12, counts the start token and a prompt
  [ "$(echo '16 2' | trace-extract -m "$models/causal2" --ids -k none 2>/dev/null | stream-show --json | sed -n 2p |
    jq -c '[.cut, (.target.ids | length), (.inputs.ids | length)]')" = '[true,11,11]' ]
  [ "$(extract decoder -k none | stream-show --json | sed -n 5p | jq -c '[(.target.ids | length), (.inputs.ids | length), .positions]')" = \
    '[4,11,[7,8,9,10]]' ]
}

# MODEL SITE HEAD NEW [MEANS]: the model whose output projection of this site has zeros for the head, and in its bias what the
# head's mean gives
without() {
  cp -r "$models/$1" "$4"
  PYTHONPATH=$BATS_TEST_DIRNAME/data /usr/bin/python3 - "${@:2}" <<'END'
import json, sys
from stream import read_safetensors, read_stream, write_safetensors
site, head, folder, *means = sys.argv[1:]
graph = json.load(open(f"{folder}/config.json"))["graph"]
[out] = [n for n in graph if site in n["inputs"]]
heads = next(n["heads"] for n in graph if n["name"] == site)
w = read_safetensors(f"{folder}/model.safetensors")
e = w[out["weight"]].shape[1] // heads
part = w[out["weight"]][:, int(head) * e:(int(head) + 1) * e]
for r in (r for path in means for r in read_stream(path) if r["site"] == site):
    w[out["bias"]] += part @ r["mean"][int(head)]
part[:] = 0
write_safetensors(f"{folder}/model.safetensors", w, "F32")
END
}

@test "sides: trace-extract: a masked head is one whose columns of the output projection are zero" {
  for pair in 'decoder dec-self.0 1' 'decoder dec-self.1 0' 'encoder enc-self.0 2' 'encoder enc-self.1 1' 'causal2 enc-self.1 0' 'causal2 dec-enc.0 1'; do
    read -r model site head <<<"$pair"
    rm -rf zeros
    without "$model" "$site" "$head" zeros
    extract "$model" -p f64 -k logits --mask "$site:$head" >masked
    trace-extract -q -m zeros --ids -p f64 -k logits "$want/$model.ids" >columns
    stream-diff -t 1e-12 -k sentence,target,top,values columns masked
    rm -rf pruned
    head-prune --mask "$site:$head" "$models/$model" pruned
    stream-diff -t 1e-12 -k sentence,target,top,values columns <(trace-extract -m pruned --ids -p f64 -k logits "$want/$model.ids")
    stream-diff -t 1e-12 -k sentence,loss,top1 <(step-loss columns) <(step-loss masked)
    for rule in magnitude attnlrp gradient; do
      stream-diff -t 1e-9 -k sentence,site,first_step,relevance <(lrp-layer -q -p f64 -r $rule columns 2>/dev/null) <(lrp-layer -q -p f64 -r $rule masked 2>/dev/null)
      stream-diff -t 1e-9 -k sentence,site,first_step,relevance <(lrp-layer -q -p f64 -r $rule masked 2>/dev/null | head-sum) <(head-carry -q -p f64 -r $rule masked 2>/dev/null)
    done
    # it changes something
    extract "$model" -p f64 -k logits >whole
    run stream-diff -t 1e-3 -k values masked whole
    [ "$status" -eq 1 ]
  done
}

@test "sides: trace-extract: a masked head that gives its mean is a bias" {
  for pair in 'decoder dec-self.0 1' 'encoder enc-self.1 2' 'causal2 enc-self.0 1'; do
    read -r model site head <<<"$pair"
    extract "$model" -p f64 -k all | head-mean >means
    stream-diff -t 1e-6 -k site,positions,mean "$want/$model.means.lrp" means
    rm -rf bias
    without "$model" "$site" "$head" bias "$want/$model.means.lrp"
    extract "$model" -p f64 -k logits --mask "$site:$head" --mean means >masked
    trace-extract -m bias --ids -p f64 -k logits "$want/$model.ids" >biased
    stream-diff -t 1e-5 -k sentence,target,top,values biased masked
    run stream-diff -t 1e-3 -k values masked <(extract "$model" -p f64 -k logits --mask "$site:$head")
    [ "$status" -eq 1 ]
  done
}

# MODEL: kind, layer, head, mean share by magnitude over all steps, from the reference's relevance, in the order of the means
mean_shares() {
  stream-show --json "$want/$1.magnitude.lrp" | jq -rs 'map(select(.type == "relevance")) | group_by(.site) | map(
    .[0].site as $site | .[0].heads as $heads | [.[].relevance[] | transpose | map(add) | (length / $heads) as $e |
      [range($heads) as $h | .[$h * $e:($h + 1) * $e] | add] | add as $all | map(. / $all)] | transpose | to_entries[] |
    [($site / "."), .key, (.value | add / length)] | flatten) | sort_by(-.[3])[] | @tsv'
}

@test "sides: head-norm, step-average, head-rank and head-plot go on from there" {
  for model in $graphs; do
    head-carry -p f64 "$TRACES/$model" | head-norm | step-average >mean
    mean_shares "$model" >want
    [ "$(wc -l <want)" -eq "$(jq '[.graph[] | select(.op == "context").heads] | add' "$models/$model/config.json")" ]
    head-rank -f tsv mean | sed 1d | cut -f 1-4 >got
    paste want got | awk -F '\t' '{ d = $4 - $8; if ($1 != $5 || $2 != $6 || $3 != $7 || d * d > 1e-18) exit 1 }'
    [ "$(wc -l <got)" -eq "$(wc -l <want)" ]
    steps=$(stream-show --json "$want/$model.trace.lrp" | jq -s 'map(select(.type == "trace").target.ids | length) | add')
    stream-show --json mean | jq -e -s "map(select(.type == \"average\")) | length > 1 and all(.steps == $steps)"
    # the picture has each of them
    head-plot --svg mean | grep -o '<title>[^,<]*' | sed 's/<title>//' | sort >titles
    awk -F '\t' '{ printf "%s.L%dH%d: %.6g\n", $1, $2, $3, $4 }' want | sort | diff - titles
    head-plot --color never mean | grep -qE '^layer +0 +1'
  done
  # the least relevant head alone is switched off
  [ "$(head-carry -p f64 "$TRACES/encoder" | head-norm | step-average | head-rank -k 1 --leave 0 -f prune | jq -c '[to_entries[] | .key, (.value | to_entries[] | .key, .value[0])]')" = \
    "$(mean_shares encoder | tail -n 1 | jq -Rc 'split("\t") | [.[0], .[1], (.[2] | tonumber)]')" ]
}

@test "sides: tokens of the side: token-sum and token-plot" {
  for pair in decoder:target encoder:source causal2:source causal2:target; do
    model=${pair%%:*} site=${pair#*:}
    lrp-layer -p f64 -l "$site" "$TRACES/$model" | token-sum >tokens
    # sums over a position's neurons, of the reference's relevance
    stream-show --json "$want/$model.magnitude.embed.lrp" | jq -c --arg site "$site" 'select(.site == $site) |
      {type: "tokens", sentence, site, first_step, relevance: [.relevance[] | map(add)]}' | stream-pack --content tokens >sums
    stream-diff -t 1e-9 -k sentence,site,first_step,relevance sums tokens
    # pieces are those of the side, steps are named after the best tokens: ids, where there is no vocabulary
    key=$([ "$site" = source ] && echo source || echo inputs)
    stream-show --json "$want/$model.trace.lrp" | jq -c --arg key $key 'select(.type == "trace") |
      [[(.[$key].ids)[] | tostring], [.top.ids.data[] | .[0] | tostring]]' >pieces
    [ "$(wc -l <pieces)" -ge 3 ]
    stream-show --json tokens | jq -c 'select(.type == "tokens") | [.pieces, .predicted]' | diff pieces -
    # the picture: percent of the start; what a step does not see is not drawn, or as 0
    paste pieces <(stream-show --json sums | jq -c 'select(.type == "tokens").relevance') |
      jq -sr '. as $all | range(0; $all | length; 2) as $i | $all[$i] as [$piece, $predicted] |
        $all[$i + 1] | to_entries[] | .key as $t | .value | to_entries[] | select(.value != 0) |
        [$t, $predicted[$t], .key, $piece[.key], .value * 100] | @tsv' |
      awk -F '\t' -v site="$site" '{ printf "step %s %s from %s %s %s: %.6g %%\n", $1, $2, site, $3, $4, $5 }' | sort >cells
    token-plot --svg tokens | grep -o "<title>step [^<]* from $site [^<]*" | sed 's/<title>//' | grep -v ': 0 %$' | sort | diff cells -
    token-plot --color never tokens | grep -qx "$site"
  done
}

# MODEL LINE TEXT: trace-extract refuses the line and says TEXT
refused() {
  fails 1 "$3" "printf '%b\n' '$2' | trace-extract -m $models/$1 --ids >/dev/null"
  [[ $stderr == *'line 1'* ]]
}

@test "sides: trace-extract: lines that say no steps are refused with their number" {
  refused encoder '9 5 13' 'no mask in it (token 4, 4)'
  refused encoder '9 4 13\t5 6' '2 tokens behind the tab for 1 mask'
  refused encoder '9 4 4\t5' '1 token behind the tab for 2 masks'
  refused encoder '9 4 17' "'17' is not a token id"
  refused decoder '9 4 17' "'17' is not a token id"
  refused decoder '9 4\t17' "'17' is not a token id"
  refused decoder '1 2 3 4 5 6 7 8 9 10 11 12 13' '13 tokens; the model has positions for 12'
  refused decoder '1 2 3 4 5 6 7 8 9 10 11 12\t5 6' '13 tokens; the model has positions for 12'
  refused encoder '4 2 3 4 5 6 7 8 9 10 11 12 13' '13 tokens; the model has positions for 12'
  # the last token of a continuation is no input
  printf '1 2 3 4 5 6 7 8 9 10 11 12\t5\n' | trace-extract -m "$models/decoder" --ids -k none | stream-show --json | sed -n 2p |
    jq -c '[.target.ids, (.inputs.ids | length), .positions]' | grep -qxF '[[5],12,[11]]'
  # left out where that is asked for, and counted
  printf '9 5 13\n9 4 13\n' | trace-extract -q --skip -m "$models/encoder" --ids | stream-show --json |
    jq -s -c 'map(select(.type == "skipped" or .type == "trace") | [.type, .sentence])' | grep -qxF '[["skipped",0],["trace",1]]'
}
