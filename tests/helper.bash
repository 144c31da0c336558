# SPDX-License-Identifier: Apache-2.0
# Loaded by every test file. Programs are taken from $BIN (default: bin of this tree); each test
# works in a directory of its own.
bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
BIN=$(cd "${BIN:-$ROOT/bin}" && pwd)
export ROOT BIN PATH="$BIN:$PATH" LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset LRPIPE_MODEL LRPIPE_MAX_RECORD

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$BATS_TEST_TMPDIR
}

# marian_models: the tiny models of that family, a name a line. Others, each in a file of its own, are not among them.
marian_models() {
  grep -l '"model_type": "marian"' "$BATS_TEST_DIRNAME"/data/models/*/config.json | sed 's|/config.json$||; s|.*/||'
}

# of_marian_models: of a list of files in tests/data/want those of these models.
of_marian_models() {
  grep -E "/($(marian_models | paste -sd '|'))\.[^/]*$"
}

# For setup_file: traces of these in both precisions, in $TRACES/MODEL.f32 and .f64.
tiny_traces() {
  export TRACES=$BATS_FILE_TMPDIR
  local model p data=$BATS_TEST_DIRNAME/data bin=${BIN:-$BATS_TEST_DIRNAME/../bin}
  for model in $(marian_models); do
    for p in f32 f64; do
      "$bin/trace-extract" -m "$data/models/$model" --ids -p $p "$data/want/$model.ids" >"$TRACES/$model.$p"
    done
  done
}

# made_text LINES: for setup_file: in $MADE the first lines of the built-in text, with layer 4's table and averages.
made_text() {
  cd "$BATS_FILE_TMPDIR" || return
  export MADE=$PWD
  head -n "$1" "$ROOT/examples/en-de/dev.en" >text
  head-relevance -l 4 text >table
  head-relevance -l 4 -a text >whole.avg
}

# resident COMMAND ...: the most memory that it takes at once, in kB, pages of mapped files with it.
resident() {
  /usr/bin/python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

# pipe COMMAND: run a pipeline; any program of it that fails makes it fail.
pipe() {
  bash -o pipefail -c "$1"
}

# average_py ...: the reference of step-average, which shares no code with it.
average_py() {
  /usr/bin/python3 "$BATS_TEST_DIRNAME/average.py" "$@"
}

# records COMMAND: the data records that it writes, every bit of them.
records() {
  pipe "$1" | stream-show --json | grep -v '"type":"header"'
}

# averages_merge WANT FILE ...: averages of the files, merged in any order, are the records WANT.
# A file may have no heads; it has no average then.
averages_merge() {
  local want=$1 file averages=()

  shift
  for file; do
    [ "$(stream-show --json "$file" | grep -c '"type":"heads"')" -eq 0 ] && continue
    pipe "step-average $file" >"$file.avg"
    averages+=("$file.avg")
  done
  records "step-average ${averages[*]}" | cmp - "$want"
  records "cat $(printf '%s\n' "${averages[@]}" | tac | tr '\n' ' ') | step-average" | cmp - "$want"
}

# fails STATUS TEXT COMMAND: it exits with STATUS and says TEXT on standard error. What it wrote is in $output and
# $lines, $stderr and $stderr_lines, as `run --separate-stderr` has it, in a third of that one's time.
fails() {
  status=0
  output=$(bash -o pipefail -c "$3" 2>"$BATS_TEST_TMPDIR/.stderr") || status=$?
  read -d '' -r stderr <"$BATS_TEST_TMPDIR/.stderr" || true
  IFS=$'\n' read -r -d '' -a lines <<<"$output" || true
  IFS=$'\n' read -r -d '' -a stderr_lines <<<"$stderr" || true
  if [ "$status" -ne "$1" ] || [[ $stderr != *"$2"* ]]; then
    echo "status $status (wanted $1), standard error: $stderr (wanted '$2')"
    return 1
  fi
}

# same JSONLINES COMMAND: COMMAND succeeds and writes the stream of JSONLINES, up to 1e-6 of each
# tensor's largest element (SAME_TOLERANCE, where a test needs another).
same() {
  pipe "$2" >got || { echo "failed: $2"; return 1; }
  stream-pack >want <<<"$1" || return 1
  stream-diff -t "${SAME_TOLERANCE:-1e-6}" want got
}

# Skip a test that limits the address space, of which the sanitizers reserve terabytes.
limits_memory() {
  if grep -q __asan_init "$BIN/stream-show"; then
    skip 'built with sanitizers'
  fi
}
