#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The one spelling of sites and heads, in every option that takes them.
load helper

setup_file() {
  export TEXT='Select a field type.' # no quotes in it
  export TRACE=$BATS_FILE_TMPDIR/trace MODELS=$BATS_TEST_DIRNAME/data/models
  "${BIN:-$BATS_TEST_DIRNAME/../bin}/trace-extract" <<<"$TEXT" >"$TRACE"
}

# sites SITES: those of the relevance, in the order of the graph
sites() {
  pipe "lrp-layer -l '$1' '$TRACE' | stream-show --json" | jq -r 'select(.site) | .site' | tac | paste -sd ' '
}

# masked HEADS: as the header of a trace has them
masked() {
  pipe "trace-extract --mask '$1' </dev/null | stream-show --json" | jq -r '.model.masked // empty'
}

encoder='enc-self.0 enc-self.1 enc-self.2 enc-self.3 enc-self.4 enc-self.5'

@test "sites: a layer, a range, a kind, a node, several of them" {
  [ "$(sites 4)" = enc-self.4 ]
  [ "$(sites 0-3)" = 'enc-self.0 enc-self.1 enc-self.2 enc-self.3' ]
  [ "$(sites enc-self)" = "$encoder" ]
  [ "$(sites enc-self.0-5)" = "$encoder" ]
  [ "$(sites dec-enc.1-2)" = 'dec-enc.1 dec-enc.2' ]
  [ "$(sites dec-self.5)" = dec-self.5 ]
  [ "$(sites 'enc-self.1;3-4,dec-enc.2')" = 'enc-self.1 enc-self.3 enc-self.4 dec-enc.2' ]
  [ "$(sites 4,4,3-4)" = 'enc-self.3 enc-self.4' ]
  [ "$(sites source,enc.3.ffn.in,2)" = 'source enc-self.2 enc.3.ffn.in' ]
  [ "$(sites all | wc -w)" -eq 18 ]
  [ "$(sites all,source | wc -w)" -eq 19 ]
  [ "$(sites 4,)" = enc-self.4 ]
}

@test "sites: the same in every program" {
  for program in head-carry head-confidence head-output head-mean; do
    $program -l 'enc-self.0-1;4,dec-enc' "$TRACE" | stream-show --json | jq -r 'select(.site) | .site' | sort -V | paste -sd ' ' >got
    grep -qx 'dec-enc.0 dec-enc.1 dec-enc.2 dec-enc.3 dec-enc.4 dec-enc.5 enc-self.0 enc-self.1 enc-self.4' got || { cat got; return 1; }
    fails 2 "'6': no enc-self.6" "$program -l 6 $TRACE >/dev/null"
    fails 2 "'4:1' names heads" "$program -l 4:1 $TRACE >/dev/null"
  done
  lrp-layer --to 4 --keep "$TRACE" >kept
  lrp-layer --to enc-self.4 --keep "$TRACE" | stream-diff kept -
  lrp-layer -l 0-2 kept | stream-diff <(lrp-layer -l enc-self.0,enc-self.1,enc-self.2 kept) -
  fails 2 "'3-4' is more than one site" "lrp-layer --to 3-4 --keep $TRACE >/dev/null"
  fails 2 "not all heads below 'enc-self.3' pass it" "head-carry -l 0 --meet 3 $TRACE >/dev/null"
}

@test "sites: a start at a layer is called by the node's name" {
  lrp-layer --from 4:0:7 -l source "$TRACE" >short
  lrp-layer --from enc-self.4:0:7 -l source "$TRACE" | stream-diff short -
  stream-show --records 0 -k start short | grep -qx '# start: from enc-self.4:0:7'
  fails 2 "no site '9': no enc-self.9" "lrp-layer --from 9 -l source $TRACE >/dev/null"
}

@test "sites: values to store" {
  stored() { trace-extract -k "$1" <<<"$TEXT" | stream-show --json | jq -r 'select(.values) | .values | keys_unsorted[]' | paste -sd ' '; }
  [ "$(stored 0-1,dec-enc.2,logits)" = 'enc-self.0 enc-self.1 dec-enc.2 logits' ]
  [ "$(stored enc-self)" = "$encoder" ]
  [ "$(stored '')" = '' ]
  [ "$(stored all)" = "$(stored all,source)" ]
  [ "$(stored all | wc -w)" -eq "$(stream-show --json "$TRACE" | jq -r '.graph // empty | length')" ]
}

@test "heads: every spelling names the same heads as the long one" {
  [ "$(masked 4:1)" = enc-self.4:1 ]
  [ "$(masked '4:1,3;dec-enc.2:0')" = 'enc-self.4:1,3;dec-enc.2:0' ]
  [ "$(masked 4:1,3,dec-enc.2:0)" = 'enc-self.4:1,3;dec-enc.2:0' ]
  [ "$(masked 4:1,5:2)" = 'enc-self.4:1;enc-self.5:2' ]
  [ "$(masked enc-self.2:0,4-7)" = 'enc-self.2:0,4,5,6,7' ]
  [ "$(masked enc-self.2:all)" = 'enc-self.2:0,1,2,3,4,5,6,7' ]
  [ "$(masked dec-self:0)" = 'dec-self.0:0;dec-self.1:0;dec-self.2:0;dec-self.3:0;dec-self.4:0;dec-self.5:0' ]
  [ "$(masked 0-1:6-7,0)" = 'enc-self.0:0,6,7;enc-self.1:0,6,7' ]
  [ "$(masked 4:1,4:3)" = 'enc-self.4:1,3' ]
  [ "$(masked 'enc-self.4:1;')" = enc-self.4:1 ]
  [ "$(masked all:all | tr ';' '\n' | wc -l)" -eq 18 ]
  # what a header says can be typed again
  [ "$(masked "$(masked 'all:1,3-5')")" = "$(masked all:1,3-5)" ]
}

@test "heads: head-prune takes them as trace-extract does" {
  head-prune --mask 0:1,dec-enc.0-1:0 "$MODELS/deep" short
  head-prune --mask 'enc-self.0:1;dec-enc.0:0;dec-enc.1:0' "$MODELS/deep" long
  cmp short/model.safetensors long/model.safetensors
  head-prune --remove 0-1:0 "$MODELS/deep" smaller
  fails 2 'does not say which heads' "head-prune --remove 0 $MODELS/deep out"
  [ ! -e out ]
}

@test "sites: what there is not is a usage error that names the item and what there is" {
  has='it has all, enc-self.0-5, dec-self.0-5, dec-enc.0-5, and every'
  wrong() { fails 2 "$2" "lrp-layer -l '$1' $TRACE >/dev/null"; }
  wrong foo "no site 'foo'; $has"
  wrong 4,0-9 "no site '0-9': no enc-self.6; $has"
  wrong dec-self.6 "no site 'dec-self.6'; $has"
  wrong dec-self.4-6 "no site 'dec-self.4-6': no dec-self.6; $has"
  wrong 3-1 "'3-1' is no range"
  wrong enc "no site 'enc'"
  wrong '4, 5' "no site ' 5'"
  wrong 1- "no site '1-'"
  wrong -1 "no site '-1'"
  wrong 99999999999999999999 'no site'
  wrong 4,,5 "an item is missing before ',5'"
  wrong 4:1 "'4:1' names heads, but sites are chosen here as wholes: '4'"
}

@test "heads: what there is not is a usage error that names the item and what there is" {
  wrong() { fails 2 "$2" "trace-extract --mask '$1' </dev/null >/dev/null"; }
  wrong enc-self.2 "'enc-self.2' does not say which heads; 'enc-self.2:all' means all of them"
  wrong 4 "'4' does not say which heads"
  wrong '4:1;3' "'3' does not say which heads" # ';' ends a list of heads
  wrong 4:all,3 "'3' does not say which heads"
  wrong 4:1,enc-self.3 "'enc-self.3' does not say which heads"
  wrong 4:8 "'enc-self.4' has heads 0 to 7, no head 8"
  wrong enc-self:2-8 "'enc-self.0' has heads 0 to 7, no head 8"
  wrong 4:3-1 "'3-1' is no range"
  wrong 4: "'' is not a list of head numbers"
  wrong 4:x "'x' is not a list of head numbers, as in '1,3-5', or 'all'"
  wrong 9:1 "no heads at '9': no enc-self.9; it has them at enc-self.0-5, dec-self.0-5, dec-enc.0-5"
  wrong x:1 "no heads at 'x'"
  wrong source:1 "'source' is no site of attention heads"
  wrong '' 'no heads are given'
  echo '{"enc-self":{"7":[1]}}' >mask.json
  wrong mask.json "no heads at 'enc-self.7'; it has them at enc-self.0-5, dec-self.0-5, dec-enc.0-5"
}

@test "sites: a bare layer of a model without an encoder is of the decoder" {
  # the graph of a decoder alone: its names are all that counts here
  trace-extract -k all <<<"$TEXT" | stream-show --json | sed 's/enc-self\./other./g' | stream-pack >renamed
  pipe 'head-confidence -l 1,other.2-3 renamed | stream-show --json' | jq -r 'select(.site) | .site' | sort | paste -sd ' ' >got
  [ "$(cat got)" = 'dec-self.1 other.2 other.3' ]
  fails 2 'it has them at other.0-5, dec-self.0-5, dec-enc.0-5' 'head-confidence -l 7 renamed >/dev/null'
}
