#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the shells offer. candidates is asked through bash's and zsh's functions, as a shell would.
load helper

PATH=$ROOT/pipelines:$PATH

# Every program and pipeline, a line each.
programs() {
  MAKEFLAGS='' make -s -C "$ROOT" --eval 'names: ; @printf "%s\n" $(BIN) $(PIPE)' names
}

# in_bash WORD...: what bash offers for the last word; ':' and '=' are words, as in bash.
in_bash() {
  bash -c '
    . "$ROOT/completions/lrpipe.bash"
    complete -p "$1" >/dev/null || exit
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _lrpipe "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    [ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

# in_zsh WORD...: what _lrpipe gives to zsh's completion; '*' where that is names of files.
in_zsh() {
  zsh -f -c '
    fpath=(zsh/share/zsh/site-functions $fpath)
    autoload -Uz _lrpipe
    compadd() { print -rl -- ${(P)@[-1]} }
    compset() { }
    _files() { print -r -- ${1:+directories} "*" }
    words=("$@") CURRENT=$# PREFIX=${@[-1]}
    _lrpipe' zsh "$@"
}

# offers WANT WORD...: both shells offer these, in any order
offers() {
  local want shell
  want=$(tr ' ' '\n' <<<"$1" | sort)
  for shell in in_bash in_zsh; do
    diff <(echo "$want") <($shell "${@:2}" | sort) || { echo "$shell: ${*:2}"; return 1; }
  done
}

install_zsh() {
  # shellcheck disable=SC2046
  "$ROOT/completions/install" zsh share/zsh/site-functions $(programs)
}

@test "completion: every program and pipeline offers its options, the same in both shells" {
  install_zsh
  local count=0
  for program in $(programs); do
    in_bash "$program" - | sort >bash
    in_zsh "$program" - | sort >zsh.options
    diff bash zsh.options || { echo "of $program"; return 1; }
    grep -qx -e -h bash || { echo "no -h of $program"; return 1; }
    count=$((count + 1))
  done
  [ $count -ge 18 ]
}

@test "completion: options, their values and descriptions" {
  install_zsh
  offers '--summary -h --help -V --version' ckpt-list -
  offers '--from' lrp-layer --f
  offers '--keep --kind' head-rank --k
  offers 'magnitude' lrp-layer -r magn
  offers 'alphabeta attnlrp' token-relevance -r a
  offers 'f32 f64' trace-extract -p ''
  offers 'f32 f64 bf16 auto' head-carry -p ''
  offers 'sum abs max size square none' head-norm -n ''
  offers 'sum abs max size square none' head-relevance -n ''
  fails 2 'takes sum, abs, max, size, square or none, not' 'head-norm -n x </dev/null'
  offers 'layer kind global' head-rank --per ''
  offers 'head group' head-rank --unit ''
  offers 'table tsv json prune mask npy pairs' head-rank -f ''
  offers 'prune pairs' head-rank --format p
  offers 'enc-self dec-self dec-enc' head-plot --kind ''
  offers 'auto always never' head-plot --color ''
  offers 'one logit loss' head-carry -s ''
  offers 'top top2 top-top2' lrp-layer -t t
  offers 'logit loss' lrp-layer -s lo
  "$ROOT/completions/candidates" head-norm -z | grep -qx -e '-z	compression of the stream written: .*'
  "$ROOT/completions/candidates" lrp-layer -r voi | grep -q '^voita2021	Jacobians'
}

@test "completion: all rules of lrp-layer -r list" {
  install_zsh
  rules=$(lrp-layer -r list | awk '{ printf "%s%s", s, $1; s = " " }')
  [ "$(wc -w <<<"$rules")" -ge 9 ]
  for program in lrp-layer head-carry head-relevance token-relevance; do
    offers "$rules" "$program" -r ''
  done
}

@test "completion: sites are those of the model" {
  install_zsh
  layers=$(for kind in enc-self dec-self dec-enc; do printf "$kind.%d " 0 1 2 3 4 5; done)
  kinds='enc-self dec-self dec-enc'
  offers "all $kinds ${layers}source target" lrp-layer -l ''
  offers "all $kinds ${layers% }" head-carry -l ''
  offers "all $kinds ${layers% }" head-relevance -l ''
  offers "${layers% }" lrp-layer --to ''
  offers 'source' lrp-layer -l so
  offers 'dec-enc.4,source' lrp-layer -l dec-enc.4,so
  offers 'enc-self.0,dec-self.0,dec-enc.5' head-confidence -l enc-self.0,dec-self.0,dec-enc.5
  model=$ROOT/tests/data/models/plain
  number=$(jq .encoder_layers "$model/config.json")
  [ "$number" -ne 6 ]
  in_bash head-relevance -m "$model" -l enc- >got
  [ "$(grep -c [0-9] got)" -eq "$number" ]
}

@test "completion: keys and values of a rule, lists, '='" {
  install_zsh
  # bash cuts the words at ':' and '=', and takes what comes behind them
  [ "$(in_bash lrp-layer -r alphabeta : al)" = alpha= ]
  [ "$(in_bash head-carry -r attnlrp : softmax = t)" = taylor ]
  in_bash head-carry -r attnlrp : eps = 0,softmax = >got
  diff got <(printf '%s\n' pass taylor)
  [ "$(in_bash head-rank --kind = dec-s)" = dec-self ]
  [ "$(in_bash head-rank --kind = | wc -l)" -eq 3 ]
  [ "$(in_bash lrp-layer -r alphabeta : alpha = 2)" = 2 ]
  [ "$(in_zsh lrp-layer -r alphabeta:al)" = alphabeta:alpha= ]
  [ "$(in_zsh lrp-layer -r cp:bias=a)" = cp:bias=absorb ]
  [ "$(in_zsh head-rank --kind=dec-s)" = --kind=dec-self ]
}

@test "completion: files and directories" {
  install_zsh
  mkdir -p 'd/two words' d/one && touch d/file
  in_bash stream-show d/ | sort >got
  diff got <(printf '%s\n' d/file d/one 'd/two words')
  in_bash trace-extract -m d/ | sort >got
  diff got <(printf '%s\n' d/one 'd/two words')
  [ "$(in_bash trace-extract -m "'d/two")" = 'd/two words' ]
  [ "$(in_bash head-plot -o d/f)" = d/file ]
  [ "$(in_bash trace-extract --mask d/f)" = d/file ]
  [ "$(in_bash trace-extract --mask enc-self.3)" = enc-self.3: ]
  [ "$("$ROOT/completions/candidates" trace-extract --mask 'enc-self.3:1,4;dec-enc.2')" = 'enc-self.3:1,4;dec-enc.2:' ]
  [ "$("$ROOT/completions/candidates" head-prune --remove 'enc-self.3:')" = enc-self.3:all ]
  [ "$(in_zsh stream-show '')" = '*' ]
  [ "$(in_zsh trace-extract -m '')" = 'directories *' ]
  # a number: nothing to offer
  [ -z "$(in_bash trace-extract -g '')" ]
  [ -z "$(in_bash head-norm -z '')" ]
}

@test "completion: every option that a program takes is offered, and taken when offered" {
  for program in $(programs); do
    in_bash "$program" - >offered
    while read -r option; do
      run "$program" "$option" </dev/null
      [[ $output != *'unknown option'* ]] || { echo "$output"; return 1; }
    done <offered
    [ -f "$ROOT/bin/$program.c" ] || continue
    {
      grep -oP "\{ \.letter = '\K.(?=')" "$ROOT/bin/$program.c" | sed 's/^/-/'
      grep -oP '\.name = "\K[a-z-]+(?=", \.(text|flag|count|real))' "$ROOT/bin/$program.c" | sed 's/^/--/'
    } | sort >taken || :
    [ "$program" != stream-diff ] || sed -i '/^-t$/d' taken # the letter that --tolerance had, kept for old scripts
    [ -z "$(comm -23 taken <(sort offered))" ] || {
      echo "$program takes more than its help says:" "$(comm -23 taken <(sort offered))"
      return 1
    }
  done
}

@test "completion: every value offered is one that the program takes" {
  echo 'Select a field type.' >text
  trace-extract text >trace
  local count=0 values
  local -A tried=() # lists of values, such as the sites: the next programs try their ends
  for program in $(programs); do
    input=trace
    [[ $("$program" -h) != *'Reads  '*'line'* ]] || input=text
    # without its operands a program may complain whatever the option
    bare=$("$program" <$input 2>&1 >/dev/null) || :
    for option in $(in_bash "$program" -); do
      [[ ! $option =~ ^(-[hVqvz]|--help|--version)$ ]] || continue # they have none, or a number
      values=$("$ROOT/completions/candidates" "$program" "$option" '' | cut -f 1 | grep '[a-z0-9]$') || continue
      if [ -n "${tried[$values]-}" ]; then
        values=$(sed -n '1p;$p' <<<"$values" | uniq)
      else
        tried[$values]=yes
      fi
      for value in $values; do
        case $option in # what must come with it
          --to) with=(--keep) ;;
          -f | --format) with=(-k 1 --kind enc-self) ;;
          *) with=() ;;
        esac
        [[ "$program $option" != 'trace-extract --unit' ]] || with=(--mask 4:0)
        status=0
        "$program" "$option" "$value" "${with[@]}" <$input >output 2>errors || status=$?
        # a rule that is not for this program is named as such
        if [ "$status" -eq 2 ] && [ "$(cat errors)" != "$bare" ] && ! grep -q 'use lrp-layer and head-sum' errors; then
          echo "$program $option $value: $(cat errors)"
          return 1
        fi
        count=$((count + 1))
      done
    done
  done
  [ $count -gt 150 ]
  run head-norm -n median <trace
  [ "$status" -eq 2 ]
}

@test "completion: a new program has it by its help text alone" {
  mkdir new && cat >new/head-new <<'END' && chmod +x new/head-new
#!/bin/sh
cat <<'HELP'
usage: head-new [-qv] [-x] [-n norm] [--way forward | backward | both] [--in FILE | --out FILE]
                [-k key[,key...] [--deep N]] [-p f32|f64] [-w DIR] [file ...]
Do something new to heads: -y is not an option, and --no is none either.

  y = x - 1    -z is not one: its line begins otherwise

Reads  heads, as lrp-layer -u writes them
  -x, --extra     with a long name; -a is not an option
  -n norm         which one
  --long-name X behind one space: -b is not an option
  -p PRECISION f32 or f64
Example:  head-new -o out
HELP
END
  PATH=$PWD/new:$PATH
  "$ROOT/completions/candidates" head-new - >got
  diff <(cut -f 1 got | sort) <(printf '%s\n' -q -v -x --extra -n --way --in --out -k --deep -p -w --long-name -h | sort)
  grep -qx -e '-x	with a long name; -a is not an option' got
  grep -qx -e '--long-name	behind one space: -b is not an option' got
  value() { "$ROOT/completions/candidates" head-new "$@" | paste -sd ' '; }
  [ "$(value --way '')" = 'forward backward both' ]
  [ "$(value -p '')" = 'f32 f64' ]
  [ "$(value -n '')" = 'sum abs max size square none' ]
  [ "$(value -w '')" = / ]
  [ "$(value --in '')" = '*' ]
  [ "$(value -x '')" = '*' ]
  [ "$(value --deep '')" = '' ]
  [ "$(value -n max '')" = '*' ]
}

@test "completion: zsh finds it by the names of all programs" {
  install_zsh
  zsh -f -c 'fpath=($PWD/zsh/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D
    print -rl -- ${(k)_comps[(R)_lrpipe]}' >got
  diff <(sort got) <(programs | sort)
}

@test "completion: the tab key of an interactive zsh" {
  install_zsh
  cat >keys <<'END'
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell "PS1=; fpath=($PWD/zsh/share/zsh/site-functions \$fpath); autoload -Uz compinit; compinit -u -D;
  show() { print -r -- \"<<\$BUFFER>>\"; BUFFER= }; zle -N show; bindkey '^T' show; bindkey '^I' complete-word; print read''y"
zpty -r -m shell seen '*ready*'
for line; do
  zpty -w -n shell "$line"$'\t\x14'
  zpty -r -m shell seen '*<<*>>*'
  print -r -- "${${seen##*<<}%%>>*}"
done
zpty -d shell
END
  timeout 300 zsh -f keys 'lrp-layer -r magn' 'head-rank --kind=enc' 'lrp-layer -l dec-enc.4,so' \
    'head-carry -r attnlrp:soft' 'trace-extract --mask enc-self.2' 'stream-show ke' >got
  diff got <(printf '%s\n' 'lrp-layer -r magnitude ' 'head-rank --kind=enc-self ' 'lrp-layer -l dec-enc.4,source ' \
    'head-carry -r attnlrp:softmax=' 'trace-extract --mask enc-self.2:' 'stream-show keys ')
}

@test "completion: a name that is no program's offers files, and no message" {
  touch some.file
  run "$ROOT/completions/candidates" no-such-program -l ''
  [ "$status" -eq 0 ]
  [ "$output" = '*' ]
  run "$ROOT/completions/candidates" "$BIN/head-norm" -n m
  [ "$output" = max ]
  run env -u HOME "$ROOT/completions/candidates" head-norm -n m
  [ "$output" = max ]
}
