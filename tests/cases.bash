# SPDX-License-Identifier: Apache-2.0
# Shared by the tests of the filters.

# The stream without its last record: each record is a zstd frame, which begins with these bytes.
drop_end() {
  cat >whole
  head -c "$(LC_ALL=C grep -obUaP '\x28\xb5\x2f\xfd' whole | tail -n 1 | cut -d : -f 1)" whole
}

# Run PROGRAM with ARGUMENTS in 16 MB of address space: well above what one record needs. The
# address sanitizer reserves far more than that, so that a program built with it is not limited.
limited() {
  grep -q __asan_init "$BIN/$1" || ulimit -v 16000
  "$@"
}
