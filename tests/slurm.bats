#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Runs by Slurm: --slurm of head-relevance and head-ablate, on a cluster of this machine's own, of two nodes with a processor each.
load helper

PATH=$ROOT/pipelines:$PATH

setup_file() {
  made_text 100
  export SLURM_CONF=$MADE/slurm.conf
  mkdir state
  local first=$((20000 + RANDOM % 20000)) name i
  name=$(uname -n)
  name=${name%%.*}
  cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$first
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/spool.%n
SlurmctldPidFile=$PWD/controller.pid
SlurmdPidFile=$PWD/%n.pid
SlurmctldLogFile=$PWD/controller.log
SlurmdLogFile=$PWD/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=1
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName=a NodeHostname=$name NodeAddr=127.0.0.1 Port=$((first + 1)) CPUs=1
NodeName=b NodeHostname=$name NodeAddr=127.0.0.1 Port=$((first + 2)) CPUs=1
PartitionName=all Nodes=a,b Default=YES State=UP MaxTime=INFINITE
END
  slurmctld -c 3>&-
  slurmd -N a 3>&-
  slurmd -N b 3>&-
  for ((i = 0; i < 600; i++)); do
    [ "$(sinfo -h -o '%T %D' 2>/dev/null)" != 'idle 2' ] || return 0
    sleep 0.1
  done
  cat ./*.log
  return 1
}

teardown_file() {
  cd "$BATS_FILE_TMPDIR"
  scancel -u "$(id -un)" || true
  for name in a b controller; do
    [ ! -s $name.pid ] || pid=$(cat $name.pid)
    [ -z "${pid-}" ] || kill "$pid" || true
    while [ -n "${pid-}" ] && kill -0 "$pid" 2>/dev/null; do
      sleep 0.1
    done
  done
}

# merged DIR: wait until the merge of the run there has ended.
merged() {
  local i

  for ((i = 0; i < 6000; i++)); do
    head-relevance --status "$1" | grep -q '^slurm .* which merges, has ended$' && break
    sleep 0.1
  done
  [ "$i" -lt 6000 ]
}

@test "slurm: tasks and a merge give the same bits; the directory is one of any run" {
  head-relevance -l 4 -j 3 --chunk 32 --run out --slurm '--time=10 --comment=x' "$MADE/text" >printed 2>said
  [ ! -s printed ]
  grep -qE "^head-relevance: 4 chunks in 3 tasks: job [0-9]+, and job [0-9]+, which merges them into $PWD/out/result.avg; --status shows how far it is$" said
  [ "$(wc -l <said)" -eq 1 ]
  head-relevance --status out | grep -qE '^slurm     job [0-9]+ \(4 chunks\): [0-2] tasks? runs?, [0-3] waits?; job [0-9]+, which merges, (waits|is running|has ended)$'
  merged out
  stream-diff -t 0 out/result.avg "$MADE/whole.avg"
  [ "$(cut -f 1,2,6 out/log | sort | paste -sd ' ' | tr '\t' ,)" = '0000001,32,0 0000002,32,0 0000003,32,0 0000004,4,0' ]
  [ "$(cut -f 3 out/log | sort -u | paste -sd ' ')" = 'a b' ]
  grep -q '^slurm-wlm ' out/versions
  # the answer, by any engine: nothing is left to do, and nothing is submitted
  cp out/log log
  head-relevance -l 4 --run out --resume | diff - "$MADE/table"
  head-relevance -l 4 --run out --resume --slurm '' 2>&1 | diff - "$MADE/table"
  cmp log out/log
  # what was begun here Slurm goes on with, and the other way round
  rm out/averages/0000002 out/result.avg
  head-relevance -l 4 --run out --resume --slurm ''
  merged out
  stream-diff -t 0 out/result.avg "$MADE/whole.avg"
  [ "$(tail -n 1 out/log | cut -f 1)" = 0000002 ]
}

@test "slurm: a worker that is killed, and what fails by itself, is named, and done again where one says so" {
  local task
  sed '40s/.*/\xff/' "$MADE/text" >bad
  head-relevance -l 4 --chunk 32 --run out --slurm '' bad
  merged out
  [ ! -e out/result.avg ]
  grep -q "^trace-extract: .*line 40: not valid UTF-8.*(lines 33 to 64)$" out/slurm/*.out
  grep -q '^head-relevance: 1 of 4 chunks have no average; --resume tries them again, with --allow-missing the rest is averaged$' out/slurm/*.out
  head-relevance --status out >status
  grep -qx 'done      3 chunks' status
  grep -qx 'failed    1' status
  # the task's script is killed when it has done the first chunk
  rm -r out
  head-relevance -l 4 --chunk 32 --run out --slurm '' "$MADE/text"
  for ((i = 0; i < 6000; i++)); do
    [ ! -s out/averages/0000001 ] || break
    sleep 0.02
  done
  fails 1 "head-relevance: another run is at work in $PWD/out" 'head-relevance -l 4 --run out --resume $MADE/text'
  task=$(pgrep -f "$MADE/spool.*slurm_script" | head -n 1)
  kill -KILL "$task"
  merged out
  [ ! -e out/result.avg ]
  grep -qE '^head-relevance: [1-3] of 4 chunks have no average' out/slurm/*.out
  head-relevance -l 4 --run out --resume --slurm '' "$MADE/text"
  merged out
  stream-diff -t 0 out/result.avg "$MADE/whole.avg"
  [ "$(awk -F '\t' '$6 == 0 { print $1 }' out/log | sort | uniq -d)" = '' ]
  [ -z "$(find out -name '*.part')" ]
}

# ends FILE: wait until it is there, and no job is.
ends() {
  local i

  for ((i = 0; i < 3000; i++)); do
    [[ ! -e $1 || -n $(squeue -h) ]] || return 0
    sleep 0.1
  done
  return 1
}

@test "slurm: orders, then points of head-ablate, then its tables; what fails is named" {
  paste "$ROOT/examples/en-de/dev.en" "$ROOT/examples/en-de/dev.de" | awk -F '\t' 'length($1 $2) < 70' | head -n 4 >pairs
  ablate() { head-ablate -q -r 'effect confidence' -l dec-enc.2 --points 1 --random 0 --judge kl "$@"; }
  ablate pairs here >want
  ablate -j 2 --slurm --time=10 pairs there >printed 2>said
  [ ! -s printed ]
  grep -qE '^head-ablate: 2 orders in 2 tasks: job [0-9]+, and job [0-9]+, which goes on with them; --status shows how far it is$' said
  [ "$(wc -l <said)" -eq 1 ]
  head-ablate --status there | grep -qE '^slurm     job [0-9]+ \(2 files\): .*; job [0-9]+, which goes on with them, (waits|is running|has ended)$'
  ends there/summary.tsv
  diff want there/summary.tsv
  diff here/points.tsv there/points.tsv
  for file in here/orders/*.avg here/losses/*; do
    stream-diff -t 0 "$file" "there/${file#*/}"
  done
  head-ablate --status there >status
  grep -qx 'orders    2 done' status
  grep -qx 'points    10 of 10 done' status
  grep -qx 'failed    0' status
  [ "$(cut -f 3 there/log | sort -u | paste -sd ' ')" = 'a b' ]
  [ "$(sort there/log | cut -f 1 | uniq -d)" = '' ]
  # all is done: the table, and nothing is submitted
  ablate --slurm '' pairs there | diff want -
  [ -z "$(squeue -h)" ]
  # what fails ends it with a message, and is not tried for ever
  sed "2s/\t/ $(printf 'word %.0s' {1..600})\t/" pairs >long
  head-ablate -q -r none -l dec-enc.2 --points 1 --random 0 --slurm '' long out 2>said
  grep -q '^head-ablate: [0-9]* points in 1 task: ' said
  ends out/masks.tsv
  grep -qE "^trace-extract: $PWD/long: line 2: .*the model has positions for 512.* \(losses/.*, mask .*\)$" out/slurm/*.out
  grep -q "^head-ablate: stopped; what is done is in $PWD/out, and the next run goes on from there$" out/slurm/*.out
  [ ! -e out/points.tsv ]
  head-ablate --status out | grep -qE '^failed    [1-9]'
}

@test "slurm: mistakes" {
  fails 2 '--slurm is of a run; give its directory with --run' 'head-relevance -l 4 --slurm "" $MADE/text'
  fails 2 '--slurm and --hosts are two ways; leave one out' 'head-relevance -l 4 --run out --slurm "" --hosts $MADE/text $MADE/text'
  fails 1 'head-relevance: --slurm: ' 'head-relevance -l 4 --run out --slurm "--partition=none" $MADE/text'
  [[ $stderr == *'Invalid partition'* ]]
  [ -z "$(squeue -h)" ]
  # no cluster: one message, and how to go on
  : >none
  SLURM_CONF=$PWD/none fails 1 'head-relevance: --slurm: ' 'head-relevance -l 4 --run other --slurm "" $MADE/text'
  [ "${#stderr_lines[@]}" -eq 2 ]
  [[ ${stderr_lines[0]} == 'head-relevance: --slurm: '* && ${stderr_lines[1]} == 'head-relevance: stopped; '* ]]
  # while jobs wait
  head-relevance -l 4 --run out --resume --slurm '--begin=now+1hour' "$MADE/text"
  fails 1 'head-relevance: jobs of this run are there still: ' 'head-relevance -l 4 --run out --resume --slurm "" $MADE/text'
  [[ $stderr =~ ^head-relevance:\ jobs\ of\ this\ run\ are\ there\ still:\ .*\ PENDING.*\;\ wait\ for\ them,\ or\ scancel\ ([0-9]+)\ ([0-9]+)$ ]]
  scancel "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
  mkdir bin
  for program in bash $(sed -n 's/^	need \([a-z]*\) .*/\1/p' "$ROOT"/pipelines/*.bash) dirname realpath getopt mktemp rm sed cat trace-extract; do
    [ "$program" = sbatch ] || ln -sf "$(command -v "$program")" "bin/$program"
  done
  PATH=$PWD/bin fails 1 'head-relevance: needs sbatch; install the package slurm-client' '$ROOT/pipelines/head-relevance -l 4 --run out --slurm "" $MADE/text'
}
