#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Relevance by products of bf16 numbers: head-carry, lrp-layer and head-relevance with -p bf16. A processor without them refuses it.
load helper

PATH=$ROOT/pipelines:$PATH
models=$BATS_TEST_DIRNAME/data/families/models
want=$BATS_TEST_DIRNAME/data/families/want
refusal='-p bf16: this processor has no products of bf16 (avx512_bf16), or LIBXSMM is not there; take f32'

has_bf16() {
  grep -qw avx512_bf16 /proc/cpuinfo && pkg-config --exists libxsmm
}

# near TOLERANCE PROGRAM OPTIONS TRACE: with and without; shares of heads differ by so much of a step's relevance.
near() {
  $2 -q -p f64 $3 "$4" >exact
  $2 -q -p bf16 $3 "$4" >rounded
  if [ "$2" = lrp-layer ]; then
    head-sum exact >exact.heads
    head-sum rounded >rounded.heads
  else
    mv exact exact.heads
    mv rounded rounded.heads
  fi
  stream-diff -t "$1" -k sentence,site,first_step,relevance exact.heads rounded.heads || { echo "$2 $3 of $4"; return 1; }
  ! cmp -s exact.heads rounded.heads
}

setup_file() {
  export tiny=$BATS_FILE_TMPDIR/tiny
  trace-extract --ids -p f64 -m "$BATS_TEST_DIRNAME/data/families/models/bart" <<<$'0 13 4 2\t14 20' >"$tiny"
}

@test "bf16: a sum done by hand" {
  # Two heads of a neuron each over one key, A = 1: c = (1, 1). out = W c with W = (1 + 2^-8, 1), of which bf16 keeps (1, 1): the
  # nearest numbers are 1 and 1 + 2^-7, and of two as near the even one is taken. So each head has half of what `out` gets, and
  # in single precision the first has (1 + 2^-8) / (2 + 2^-8).
  stream-pack >in <<'END'
{"type":"header","content":"trace","graph":[{"name":"source","op":"embed","inputs":[],"side":"source","width":2,"weight":"E"},{"name":"target","op":"embed","inputs":[],"side":"target","width":2,"weight":"E"},{"name":"s","op":"scores","inputs":["target","target"],"side":"target","width":2,"heads":2,"keys":"target","causal":true},{"name":"A","op":"softmax","inputs":["s"],"side":"target","width":2,"heads":2,"keys":"target","causal":true},{"name":"dec-self.0","op":"context","inputs":["A","target"],"side":"target","width":2,"heads":2,"keys":"target","causal":true},{"name":"out","op":"linear","inputs":["dec-self.0"],"side":"target","width":1,"weight":"W"},{"name":"logits","op":"linear","inputs":["out"],"side":"target","width":1,"weight":"U"}],"weights":{"E":{"tensor":"<f4","shape":[1,2],"data":[1,1]},"W":{"tensor":"<f4","shape":[1,2],"data":[1.00390625,1]},"U":{"tensor":"<f4","shape":[1,1],"data":[1]}}}
{"type":"trace","sentence":3,"source":{"ids":[0]},"target":{"ids":[0]},"inputs":{"ids":[0]},"top":{"ids":{"tensor":"<i4","shape":[1,1],"data":[0]},"logits":[[2.00390625]]},"values":{}}
END
  head-carry -p f32 in | stream-show --json | jq -es 'any(.type == "heads" and (.relevance[0][0] - 1.00390625 / 2.00390625 | fabs < 1e-7))'
  if ! has_bf16; then
    fails 1 "head-carry: in: record 1: $refusal" 'head-carry -p bf16 in >out'
    return
  fi
  for meet in '' '--meet start' '--meet backward'; do
    head-carry -p bf16 $meet in | stream-show --json | jq -es 'any(.type == "heads" and .relevance[0] == [0.5, 0.5])'
  done
}

# bats test_tags=numbers
@test "bf16: in models of every family heads have the relevance of double precision, but for rounding" {
  local model
  for model in bart pegasus gpt2 bert t5 llama3 gemma2 olmo2-grouped phi3 pythia; do
    trace-extract -q --ids -p f64 -m "$models/$model" "$want/$model.ids" >trace
    if ! has_bf16; then
      fails 1 "$refusal" 'lrp-layer -p bf16 trace >out'
      continue
    fi
    near 0.004 head-carry '' trace
    near 0.004 lrp-layer '' trace
    near 0.004 head-carry '-r alphabeta' trace
    # what is missing is rounding: less than an eighth of the least that 8 bits tell apart in each of some ten products
    lrp-layer -q -p bf16 --max-leak 0.005 -l all trace >/dev/null
    fails 1 'of the relevance is missing' 'lrp-layer -q -p bf16 --max-leak 1e-7 -l all trace >out'
  done
}

# bats test_tags=numbers
@test "bf16: threads, blocks and workers change no bit" {
  has_bf16 || { fails 1 "$refusal" 'head-carry -p bf16 $tiny >out'; return; }
  head -n 40 "$BATS_TEST_DIRNAME/../examples/en-de/dev.en" >text
  trace-extract -q text >trace
  head-carry -q -p bf16 trace >one
  head-carry -q -p bf16 -j 2 trace | stream-diff -t 0 one -
  head-norm one | step-average >average
  head-relevance -q -a -l all -p bf16 text | stream-diff -t 0 average -
  head-relevance -q -a -l all -p bf16 -j 2 text | stream-diff -t 0 average -
  head-relevance -q -a -l all -p f32 text | stream-diff -t 1e-4 -k site,mean average -
}

@test "bf16: a sweep that stopped goes on in it" {
  has_bf16 || { fails 1 "$refusal" 'lrp-layer -p bf16 --to enc-self.0 --keep $tiny >out'; return; }
  lrp-layer -q -p bf16 --to enc-self.0 --keep "$tiny" >kept
  stream-show --json kept | jq -es 'any(.frontier.precision? == "bf16")'
  fails 1 "these sweeps began with precision 'bf16', not 'f32'" 'lrp-layer -p f32 -l source kept >out'
  lrp-layer -q -l source kept | stream-diff -t 1e-6 -k sentence,site,relevance - <(lrp-layer -q -p bf16 -l source "$tiny")
}

@test "bf16: rules with signs, forward passes and other processors refuse it" {
  for rule in ratio gamma cp attnlrp gradient alphabeta:alpha=2 magnitude:softmax=taylor; do
    fails 2 "-p bf16 is for rules whose shares have one sign; ${rule} takes f64 or f32" "head-carry -p bf16 -r $rule $tiny >out"
  done
  fails 2 "-p takes f32 or f64, not 'bf16'" 'trace-extract -p bf16 </dev/null'
  fails 2 '-p bf16 is for rules whose shares have one sign; gradient takes f64 or f32' 'head-effect -p bf16 $tiny >out'
  # as on a processor with vectors of 512 bits, but without bf16
  LIBXSMM_TARGET=skx fails 1 "head-carry: $tiny: record 1: $refusal" 'head-carry -p bf16 $tiny >out'
}
