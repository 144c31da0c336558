#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# head-relevance --hosts with machines that have networks of their own: namespaces that the test makes, joined by cables to this one.
load helper
load sshd

PATH=$ROOT/pipelines:$PATH

# host NAME NUMBER: a network with an ssh server at 10.9.NUMBER.2, whose line for --hosts is in NAME; wrap.NAME is in front of its PATH.
host() {
  mkdir -p "wrap.$1"
  ip netns add "$1"
  ip link add "cable$2" type veth peer name eth0 netns "$1"
  ip addr add "10.9.$2.1/24" dev "cable$2"
  ip link set "cable$2" up
  ip -n "$1" addr add "10.9.$2.2/24" dev eth0
  ip -n "$1" link set eth0 up
  ip -n "$1" link set lo up
  write_sshd_settings "$1" "10.9.$2.2" 2222 "PATH=$PWD/wrap.$1:$PATH"
  ip netns exec "$1" /usr/sbin/sshd -f "$1.conf" -E "$1.log" 3>&-
  echo "1/$(ssh_line "10.9.$2.2" 2222)" >"$1"
}

# wrap NAME PROGRAM LINES: what this host does in front of a program.
wrap() {
  printf '#!/bin/bash\n%s\nexec %q "$@"\n' "$3" "$(command -v "$2")" >"wrap.$1/$2"
  chmod +x "wrap.$1/$2"
}

# begun NAME: wait until this host works on a chunk.
begun() {
  for ((i = 0; i < 3000; i++)); do
    [ ! -e "home.$1/begun" ] || return 0
    sleep 0.05
  done
  return 1
}

# In the namespaces: one host as it should be, one slow, one killed in the midst of a chunk, one cut off the network, one whose model changes.
apart() {
  set -eu
  mount -t tmpfs run /run
  mkdir -p /run/sshd
  make_keys
  n=1
  for name in well slow killed cut changed; do
    host $name $((n++))
  done
  wrap slow head-carry 'sleep 3'
  wrap killed head-carry ': >$HOME/begun; sleep 60'
  wrap cut head-carry ': >$HOME/begun; sleep 60'
  wrap changed trace-extract "if [ -e \$HOME/checked ]; then export LRPIPE_MODEL=$OTHER; else : >\$HOME/checked; fi"
  cat well slow killed cut changed >hosts
  head-relevance -l 4 -a --hosts hosts --chunk 32 --run out text >got 2>said &
  begun killed
  ip netns pids killed | xargs kill -KILL
  begun cut
  ip link set cable4 down
  wait %1
}

@test "hosts in networks of their own: one killed, one cut off, one slow, one whose model changes; the bits are the same" {
  local name root
  # sshd of root leaves privileges behind, for which it must be the real one
  root=$([ "$(id -u)" -eq 0 ] || echo -r)
  # shellcheck disable=SC2086
  unshare $root -nm ip link add cable0 type veth peer name end0 || skip 'this machine lets nobody make networks; hosts.bats has hosts of one network'
  cat "$ROOT/examples/en-de/dev.en" "$ROOT/examples/en-de/test.en" | head -n 320 >text
  [ "$(wc -l <text)" -eq 320 ]
  head-relevance -l 4 -a text >whole.avg
  export OTHER=$PWD/other
  head-prune -q --mask enc-self.0:1 "$ROOT/examples/en-de" other
  export -f apart host wrap begun make_keys write_sshd_settings ssh_line
  # shellcheck disable=SC2086
  unshare $root -nm bash -c apart || { cat said ./*.log; return 1; }
  cat said
  stream-diff -t 0 got whole.avg
  for name in killed:255 cut:255; do
    [ "$(awk -F '\t' -v host="$(sed 's,^1/,,' "${name%:*}")" -v status="${name#*:}" '$3 == host && $6 == status' out/log | wc -l)" -eq 1 ]
    grep -q "^head-relevance: host $(sed 's,^1/,,' "${name%:*}"): .*; its work goes elsewhere$" said
  done
  grep -q "^head-relevance: host $(sed 's,^1/,,' changed): its model is another by now, by the fingerprint; its work goes elsewhere$" said
  [ "$(wc -l <said)" -eq 3 ]
  for name in well slow; do
    awk -F '\t' -v host="$(sed 's,^1/,,' $name)" '$3 == host && $6 == 0 { found = 1 } END { exit !found }' out/log
  done
}
