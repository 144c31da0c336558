# SPDX-License-Identifier: Apache-2.0
# Loaded by the tests of --hosts: ssh servers of their own, with the keys in $KEYS. The settings of OpenBLAS, by which it may
# round in another way, are those of this machine.

make_keys() {
  export KEYS=$PWD
  ssh-keygen -q -t ed25519 -N '' -f key
  ssh-keygen -q -t ed25519 -N '' -f host
}

# write_sshd_settings NAME ADDRESS PORT ENVIRONMENT: NAME.conf of a server whose home is home.NAME.
write_sshd_settings() {
  mkdir -p "home.$1"
  cat >"$1.conf" <<END
Port $3
ListenAddress $2
HostKey $KEYS/host
AuthorizedKeysFile $KEYS/key.pub
PidFile $PWD/$1.pid
StrictModes no
UsePAM no
SetEnv HOME=$PWD/home.$1 TMPDIR=$PWD/home.$1 $(printenv | grep '^OPENBLAS_' | tr '\n' ' ')$4
END
}

# ssh_line ADDRESS PORT: what --hosts calls it by.
ssh_line() {
  echo "ssh -p $2 -i $KEYS/key -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR $1"
}
