#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# The numbers are those of the definition, not of another program that may be installed here.
PATH=$ROOT/pipelines:$BIN:/usr/bin:/bin

# HYPOTHESIS REFERENCE (texts, with \n between lines): what text-bleu says of them
bleu_of() {
  text-bleu <(printf '%b\n' "$2") <(printf '%b\n' "$1")
}

# score HYPOTHESIS REFERENCE SCORE
score() {
  local got
  got=$(bleu_of "$1" "$2" | sed -n '1s/^BLEU = \([0-9.]*\) .*/\1/p')
  [ "$got" = "$3" ] || { echo "$1 / $2: $got, wanted $3"; return 1; }
}

@test "text-bleu: precisions, smoothing and the score by hand" {
  # 5 of 6 words, 3 of 5 pairs (the cat, on the, the mat), 1 of 4 triples, 0 of 3: 1 / (2 * 3)
  # 100 (5/6 * 3/5 * 1/4 * 1/6)^(1/4) = 100 (1/48)^(1/4) = 37.99
  [ "$(bleu_of 'the cat sat on the mat' 'the cat is on the mat')" = \
'BLEU = 37.99 83.3/60.0/25.0/16.7 (BP = 1.000 ratio = 1.000 hyp_len = 6 ref_len = 6)
nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp, by lrpipe' ]
  # three orders without a match: 1 of 4 words; 1 / (2 * 3), 1 / (4 * 2), 1 / (8 * 1)
  # 100 (1/4 * 1/6 * 1/8 * 1/8)^(1/4) = 100 / 1536^(1/4)
  score 'a b c d' 'a x y z' 15.97
  score 'the same text here' 'the same text here' 100.00
}

@test "text-bleu: the examples of the paper: a word counts as often as its reference has it" {
  # Papineni et al. 2002, 2.1: of seven 'the', two match
  bleu_of 'the the the the the the the' 'the cat is on the mat' | grep -q ' 28.6/'
  # two sentences: each is held to its own reference
  bleu_of 'the the\nthe the' 'the cat sat\nthe the' | grep -q ' 75.0/'
}

@test "text-bleu: translations that are shorter than their references are penalised" {
  # all n-grams match; exp(1 - 8/5) = 0.5488
  [ "$(bleu_of 'a b c d e' 'a b c d e f g h' | head -n 1)" = \
    'BLEU = 54.88 100.0/100.0/100.0/100.0 (BP = 0.549 ratio = 0.625 hyp_len = 5 ref_len = 8)' ]
  # of the whole text: a long sentence makes up for a short one. 8 of 10 words, 6 of 8, 4 of 6, 2 of 4
  # 100 (0.8 * 0.75 * 2/3 * 0.5)^(1/4)
  score 'a b c d\na b c d e f' 'a b c d e\na b c d' 66.87
}

@test "text-bleu: nothing that matches, and nothing at all, is 0" {
  score 'this is a cat' 'okay thanks' 0.00
  score 'a b c' 'a b c' 0.00 # no n-gram of order 4
  score '' 'a b c d' 0.00
  score 'a b c d' '' 0.00
  score '' '' 0.00
}

@test "text-bleu: a published value" {
  # sacrebleu's tests have 8.493 for this pair
  score 'Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;' \
    'producţia de zahăr brut se exprimă în zahăr alb;' 8.49
}

# tokens TEXT TOKENS: the text is as many tokens, and these
tokens() {
  local count
  count=$(wc -w <<<"$2")
  bleu_of "$1 q r s t" "$2 q r s t" | head -n 1 |
    grep -qx "BLEU = 100.00 .*hyp_len = $((count + 4)) ref_len = $((count + 4)))" || { echo "$1"; bleu_of "$1 q r s t" "$2 q r s t"; return 1; }
}

@test "text-bleu: tokens are those of mteval-v13a" {
  tokens 'Hello, world!' 'Hello , world !'
  tokens "it's a well-known (old) trick" "it's a well-known ( old ) trick"
  tokens '1,000.5 and 3.' '1,000.5 and 3 .'
  tokens 'v.2 a.b 2.x' 'v . 2 a . b 2 . x'
  tokens '1990-95 -5' '1990 - 95 -5'
  tokens '&quot;A&amp;B&quot; &lt;b&gt;' '" A & B " < b >'
  tokens 'a<skipped>b' 'ab'
  tokens '{x} [y] ~z `w` u_v 50% #1 $2 a/b c:d;e=f?@^\\|' '{ x } [ y ] ~ z ` w ` u _ v 50 % # 1 $ 2 a / b c : d ; e = f ? @ ^ \\ |'
  tokens '„Zitat“ – Gedankenstrich…' '„Zitat“ – Gedankenstrich…'
  tokens 'A  b\tc ' 'A b c'
  # case counts
  score 'A B C D' 'a b c d' 0.00
  # carriage returns do not
  score 'a b c d\r\na b c d' 'a b c d\na b c d\r' 100.00
}

@test "text-bleu: the interval is that of the sentences drawn again, the same each time" {
  # equal sentences have no spread
  text-bleu --interval <(yes 'a b c d e' | head -n 20) <(yes 'a b c d x' | head -n 20) >got
  one=$(sed -n '1s/^BLEU = \([0-9.]*\) .*/\1/p' got)
  [ "$(sed -n 3p got)" = "95 % interval: $one to $one, of 1000 samples of 20 sentences" ]
  # half of 100 sentences of 4 words right, the others wrong: 50 matches +- 5, so 40 and 60 within a point or two
  for i in $(seq 50); do echo 'a b c d'; echo 'w x y z'; done >hypothesis
  yes 'a b c d' | head -n 100 >reference
  text-bleu --interval reference <hypothesis >got
  grep -q '^BLEU = 50.00 50.0/50.0/50.0/50.0 ' got
  sed -n 3p got | awk '{ low = $4; high = $6; sub(/,/, "", high)
    exit !(low >= 37 && low <= 43 && high >= 57 && high <= 63) }'
  text-bleu --interval reference hypothesis | cmp - got
}

@test "text-bleu: the difference is of pairs" {
  # one translation is wrong in the same sentences as the other and in one of ten more: what is drawn matters
  # little for the difference, much for each score
  for i in $(seq 50); do echo 'a b c d'; echo 'w x y z'; done >other
  awk 'NR % 20 == 1 { print "w x y z"; next } 1' other >hypothesis
  yes 'a b c d' | head -n 100 >reference
  text-bleu --difference other reference hypothesis >got
  [ "$(head -n 1 got | cut -c 1-12)" = 'BLEU = 45.00' ]
  # 45 - 50; of 100 draws 5 +- 2 hit one of the five sentences
  [[ $(tail -n 1 got) == 'difference to other: -5.00, 95 % interval -'* ]]
  tail -n 1 got | awk '{ low = $8; high = $10; exit !(low >= -11 && low <= -8 && high >= -2 && high <= 0) }'
  [ "$(text-bleu --difference other reference other | tail -n 1)" = 'difference to other: 0.00, 95 % interval 0.00 to 0.00' ]
  fails 1 "99 lines, but 100 references" 'text-bleu --difference <(head -n 99 other) reference hypothesis'
}

@test "text-bleu: the built-in model's translations" {
  PATH=$ROOT/pipelines:$BIN:/usr/bin:/bin text-translate "$ROOT/examples/en-de/dev.en" | text-bleu --interval "$ROOT/examples/en-de/dev.de" >got
  awk 'NR == 1 { score = $3 } /interval/ { low = $4; high = $6 + 0 }
    END { exit !(NR == 3 && score > 20 && score < 27 && low > 14 && low < score && high > score && high < 33) }' got
}

@test "text-bleu: sacrebleu is called where it is installed, and the output says so" {
  mkdir tools
  cat >tools/sacrebleu <<'END'
#!/bin/bash
printf '%s\n' "${*:2}" >arguments
cat "$1" >reference.seen
cat >hypothesis.seen
echo 'BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.9.9 = 12.34 1.0/2.0/3.0/4.0 (BP = 1.000)'
END
  chmod +x tools/sacrebleu
  printf 'a b\nc\n' >reference
  printf 'd\ne f' >hypothesis
  [ "$(PATH=$PWD/tools:$PATH text-bleu <(cat reference) <hypothesis)" = 'BLEU = 12.34 1.0/2.0/3.0/4.0 (BP = 1.000)
nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.9.9, by sacrebleu' ]
  cmp reference reference.seen
  cmp <(printf 'd\ne f\n') hypothesis.seen
  [ "$(cat arguments)" = '-m bleu -f text -w 2' ]
  [ "$(PATH=$PWD/tools:$PATH text-bleu --interval reference hypothesis | tail -n 1)" = '95 % interval: 0.00 to 0.00, of 1000 samples of 2 sentences' ]
  for wrong in 'exit 3' 'echo nonsense' 'cat "$1"'; do
    printf '#!/bin/bash\ncat >/dev/null\n%s\n' "$wrong" >tools/sacrebleu
    fails 1 "tools/sacrebleu' failed; take it out of PATH" 'PATH=$PWD/tools:$PATH text-bleu reference hypothesis'
    [ -z "$output" ]
  done
}

@test "text-bleu: texts that do not fit are an error" {
  printf 'a\nb\n' >two
  printf 'a\n' >one
  fails 1 "1 lines, but 2 references in 'two'" 'text-bleu two one'
  fails 1 'no sentence came' 'text-bleu /dev/null </dev/null'
  fails 1 'nowhere: No such file' 'text-bleu nowhere <one'
  fails 1 "<stdin>: not valid UTF-8 at byte 3" "printf 'a \\xff\\n' | text-bleu one"
  fails 1 'No space left on device' 'text-bleu one one >/dev/full'
  [ "$(text-bleu - one <one | head -n 1 | cut -d ' ' -f 1-3)" = 'BLEU = 0.00' ]
}

@test "text-bleu: a byte order mark in front of a file is no part of its text" {
  printf '\xef\xbb\xbfSelect a field type.\n' >marked
  printf 'Select a field type.\n' >plain
  text-bleu plain plain >want
  text-bleu marked plain | diff want -
  text-bleu plain marked | diff want -
  text-bleu marked <marked | diff want -
}

@test "text-bleu: mistakes in the command line exit 2, -h exits 0" {
  fails 2 "unknown option '-x'" 'text-bleu -x a'
  fails 2 "option '--difference' requires argument" 'text-bleu --difference'
  fails 2 'takes a file of references' 'text-bleu'
  fails 2 'takes a file of references' 'text-bleu a b c'
  fails 2 'takes a file of references' 'text-bleu - -'
  run --separate-stderr text-bleu -h
  [ "$status" -eq 0 ]
  [[ $output == 'usage: text-bleu '* ]]
  [ -z "$stderr" ]
}
