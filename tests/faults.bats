#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What disks, pipes and machines may do at any moment. tests/faults/run is the same at random.
load helper

PATH=$ROOT/pipelines:$PATH

setup_file() {
  made_text 64
  trace-extract -q "$MADE/text" >trace
  gcc -shared -fPIC -O1 -o short.so "$BATS_TEST_DIRNAME/faults/short.c" -ldl
}

@test "faults: reads and writes that are short or interrupted change no bit" {
  local stage program from to
  # the shim does what it says: of a file, a read of 5,000 bytes gives fewer
  head -c 5000 "$MADE/trace" >some
  LD_PRELOAD=$MADE/short.so dd if=some of=/dev/null bs=5000 count=1 2>&1 | grep -q '^0+1 records in$'
  LD_PRELOAD=$MADE/short.so trace-extract -q "$MADE/text" | cmp - "$MADE/trace"
  ln -s "$MADE/trace" trace
  for stage in 'lrp-layer -q -l 4:trace:relevance' 'head-sum:relevance:heads' 'head-norm:heads:shares' 'step-average:shares:average' \
    'stream-show --json:average:json' 'stream-pack:json:packed' 'head-rank:average:ranks' 'head-plot --svg:average:picture'; do
    IFS=: read -r program from to <<<"$stage"
    $program <"$from" >"$to"
    LD_PRELOAD=$MADE/short.so $program <"$from" | cmp - "$to" || { echo "$program"; return 1; }
  done
  # checkpoints in other formats, through an archive
  LD_PRELOAD=$MADE/short.so ckpt-list "$BATS_TEST_DIRNAME/data/torch/whole.bin" | cmp - <(ckpt-list "$BATS_TEST_DIRNAME/data/torch/whole.bin")
}

@test "faults: a disk that is full at any write of a run: nothing partial, a message, and it goes on" {
  local size
  unshare -rm mount -t tmpfs -o size=8k disk /tmp || skip 'this machine lets nobody make a small disk'
  # each size is full at another write: of the chunks, the settings, an average, the result
  for size in 12 20 32 44 56 96; do
    unshare -rm bash -eu -c '
      mkdir -p disk
      mount -t tmpfs -o size='$size'k disk disk
      status=0
      head-relevance -q -l 4 -a --chunk 32 --run disk/out "$MADE/text" >got 2>said || status=$?
      if [ "$status" -eq 0 ]; then
        stream-diff -t 0 got "$MADE/whole.avg"
        echo whole >>sizes
      else
        [ "$status" -eq 1 ]
        [ ! -s got ]
        [ ! -e disk/out/result.avg ]
        grep -qE "^(head-relevance|split|[a-z-]+): .*(No space left on device|cannot write)" said || { cat said; exit 1; }
        for average in disk/out/averages/*; do
          [ ! -e "$average" ] || stream-show "$average" >/dev/null
        done
        mount -o remount,size=4m disk
        resume=--resume
        [ -e disk/out/settings ] || resume=""
        head-relevance -q -l 4 -a --chunk 32 --run disk/out $resume "$MADE/text" | stream-diff -t 0 - "$MADE/whole.avg"
        echo full >>sizes
      fi' || { echo "of ${size}k"; cat said; return 1; }
  done
  [ "$(sort -u sizes | paste -sd ' ')" = 'full whole' ]
}

@test "faults: a reader and a writer that are slow, and one that goes" {
  { head -c 3000 "$MADE/trace"; sleep 1; tail -c +3001 "$MADE/trace"; } | head-carry -q -l 4 | head-norm | step-average | stream-diff -t 0 - "$MADE/whole.avg"
  trace-extract -q "$MADE/text" | { sleep 1; head-carry -q -l 4; } | head-norm | step-average | stream-diff -t 0 - "$MADE/whole.avg"
  fails 1 'head-carry: <stdin>: ' '{ head -c 3000 "$MADE/trace"; sleep 1; } | head-carry -q -l 4 | head-norm | step-average >cut'
  { head -c 3000 "$MADE/trace"; sleep 1; } | head-carry -q -l 4 2>/dev/null | head-norm 2>/dev/null | step-average >cut 2>/dev/null || true
  ! stream-show cut >/dev/null 2>&1
}

@test "faults: memory that runs out is a message, at any limit" {
  local kib status least=0
  for kib in 20000 60000 100000 150000 200000 250000 280000 300000 320000 340000 360000 400000 2000000; do
    status=0
    (ulimit -v $kib && trace-extract -q "$MADE/text") >got 2>said || status=$?
    if [ "$status" -eq 0 ]; then
      cmp got "$MADE/trace"
      least=$kib
    else
      # the loader's own, where not even the program fits
      grep -qE 'out of memory|cannot allocate|Cannot allocate|failed to map' said || { echo "$kib KiB: $status"; cat said; return 1; }
      run stream-show got
      [ "$status" -ne 0 ]
    fi
  done
  [ "$least" -gt 0 ]
}
