#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sizes that no other test has. The model needs 5 GB of memory for the pages of its file, and 15 to 30 seconds.
load helper

@test "sizes: a tensor of more than 2^31 numbers" {
  /usr/bin/python3 "$BATS_TEST_DIRNAME/data/sparse_llama.py" sparse
  [ "$(stat -c %s sparse/model.safetensors)" -gt 4500000000 ]
  [ "$(du -k sparse/model.safetensors | cut -f 1)" -lt 100000 ]
  printf '1099999 3\t1099999\n' >ids
  trace-extract -m sparse --ids ids >trace
  # the logits are those rows times one of them, and all others 0
  [ "$(stream-show --json trace | jq -c 'select(.type == "trace") | .top.ids.data')" = '[[1099999,3]]' ]
  [ "$(stream-show --json trace | jq -c 'select(.type == "trace") | .top.logits.data[0] | (.[0] / .[1] - 4 | fabs) < 1e-3')" = true ]
  lrp-layer -q -l dec-self.0,target trace >relevance
  "$BATS_TEST_DIRNAME/tool/conserved.py" 1e-6 relevance
  # matrices that are not kept: by blocks of their rows, in bf16 too
  if grep -qw avx512_bf16 /proc/cpuinfo; then
    head-carry -q -p bf16 --meet start trace >rounded
    lrp-layer -q -p bf16 -l dec-self.0 trace | head-sum | stream-diff -t 1e-4 -k site,relevance rounded -
    head-carry -q trace | stream-diff -t 1e-3 -k site,relevance rounded -
  fi
  step-loss trace | stream-show --json | jq -c 'select(.type == "losses") | .loss[0] < 1e-6' | grep -qx true
}

@test "sizes: a checkpoint of 10 GB is mapped, not read: listing its tensors touches few pages" {
  "$BATS_TEST_DIRNAME/data/torch_bin.py" large pytorch_model.bin 10000000000
  local header='{"w":{"dtype":"F32","shape":[2500000000],"data_offsets":[0,10000000000]}}' file
  { printf "\\$(printf %03o ${#header})"'\0\0\0\0\0\0\0%s' "$header"; } >x.safetensors
  truncate -s $((8 + ${#header} + 10000000000)) x.safetensors
  for file in pytorch_model.bin x.safetensors; do
    [ "$(ckpt-list $file)" = $'w\tF32\t[2500000000]\t'$file ]
    [ "$(resident ckpt-list $file)" -lt 50000 ]
    # the fingerprint reads 4 MiB of it
    [ "$(ckpt-list --summary $file | cut -f 2)" = "$(stat -c %s $file)" ]
  done
}
