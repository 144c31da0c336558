# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the pipelines share. Each sources it first; it ends every process and removes the temporary
# folder $work when the script ends, by a signal too.
set -euo pipefail
shopt -s inherit_errexit

program=${0##*/}
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
find_programs() {
	local place

	for place in "$here/../bin" "$here/../../../bin"; do # of the source tree, of the installation
		[ ! -x "$place/trace-extract" ] || PATH=$PATH:$place
	done
}
find_programs
export OPENBLAS_NUM_THREADS=1
declare -A option=() flag=() # by name, those with a value and those without
declare -A values=() # of one that comes several times, a line each
line_options=pieces,ids,all-steps,mask-each # of trace-extract: what a line is
# shellcheck disable=SC2034 # of the pipelines
IFS=, read -ra line_names <<<"$line_options"
operands=() typed='' text=() named=() workers=1 lines_before=0 work=''
[ -e /dev/fd/2 ] || exec 2>/dev/null
exec 4>&2 # what the user sees, without `run` between
# shellcheck source=pipelines/progress.bash
. "$here/progress.bash"

die() {
	echo "$program: ${1//[[:cntrl:]]/?}" >&2
	exit "${2:-1}"
}

# A mistake in the command line.
die_usage() {
	die "$1; see $program -h" 2
}

need() {
	command -v "$1" >/dev/null || die "needs $1; install the package $2"
}

# read_options SHORT LONG ARGUMENT...: as getopt(1) has them, a colon behind those with a value.
# -h, -V and -q are there; -j N where SHORT has it.
read_options() {
	local short=hVq$1 long=help,version${2:+,$2} parsed name
	local words='s/^[^:]*: //; s/unrecognized/unknown/; s/invalid option -- .\(.*\)./unknown option '\''-\1'\''/
		s/option requires an argument -- .\(.*\)./option '\''-\1'\'' needs a value/
		s/requires an argument/needs a value/; s/doesn.t allow an argument/takes no value/'

	# shellcheck disable=SC2034 # of the pipelines
	typed=$(command_line "${@:3}")
	parsed=$(LC_ALL=C getopt -n "$program" -o "$short" -l "$long" -- "${@:3}" 2>&1) ||
		die_usage "$(sed "$words" <<<"${parsed%%$'\n'*}")"
	eval "set -- $parsed"
	while [ "$1" != -- ]; do
		name=${1#-} name=${name#-}
		if [[ ,$long, == *",$name:,"* || ( ${#name} -eq 1 && $short == *"$name:"* ) ]]; then
			option[$name]=$2 values[$name]+=$2$'\n'
			shift
		else
			flag[$name]=yes
		fi
		shift
	done
	# shellcheck disable=SC2034 # of the pipelines
	operands=("${@:2}")
	[[ ! -v flag[h] && ! -v flag[help] ]] || { output show_help; exit; }
	[[ ! -v flag[V] && ! -v flag[version] ]] || { output show_version; exit; }
	workers=${option[j]-1}
	[[ $workers =~ ^[1-9][0-9]{0,3}$ ]] || die_usage "-j takes a whole number from 1, not '$workers'"
	work=$(mktemp -d)
	export TMPDIR=$work # what is killed leaves nothing elsewhere
}

# help_of NAME...: the help of options that mean the same in several pipelines.
help_of() {
	local name

	for name; do
		case $name in
		m) echo "  -m DIR    a Hugging Face model directory (default \$LRPIPE_MODEL, else the built-in model)" ;;
		lines)
			echo '  --pieces, --ids  lines are tokens with spaces between, or token ids, as trace-extract takes them'
			echo '  -g N      generate at most N tokens, as trace-extract does'
			echo '  --all-steps, --mask-each  which tokens are predicted, as trace-extract takes it'
			;;
		r) echo '  -r RULE   as lrp-layer takes it (default magnitude); -r list shows the names' ;;
		p) echo '  -p PRECISION  of the forward pass and of relevance: f32 or f64' ;;
		skip) echo '  --skip      leave out lines that cannot be used, as trace-extract does' ;;
		skip-cut) echo '  --skip-cut  leave out sentences whose generation was cut at its limit, as trace-extract does' ;;
		max-leak) echo "  --max-leak X  fail where more than this share of a step's relevance is missing, as lrp-layer does" ;;
		q) echo '  -q        no progress' ;;
		h) echo '  -h        print this help and exit' ;;
		esac
	done
}

# show_lists PROGRAM: the names that -r list asks this program for, or the sites of -l list.
show_lists() {
	local sites

	if [ "${option[r]-}" = list ]; then
		output "$1" -r list
		exit
	fi
	if [ "${option[l]-}" = list ]; then
		sites=$(head_sites)
		output echo "$sites"
		exit
	fi
}

# command_line ARGUMENT...: what was typed, in a spelling that the shell reads.
command_line() {
	local word line=$program

	for word; do
		[[ $word =~ ^[A-Za-z0-9_./:,=+@%-]+$ ]] || word=${word@Q}
		line+=" $word"
	done
	echo "$line"
}

# One operand at most, the sentence.
check_sentence() {
	[ ${#operands[@]} -le 1 ] || die "unexpected operand '${operands[1]}'; quote the sentence" 2
}

show_version() {
	need trace-extract "lrpipe, or build it with 'make'"
	trace-extract -V | sed "s/^[^ ]*/$program/"
}

# pass NAME...: into `passed`, those of these options that were given, for a stage.
pass() {
	local name dash

	passed=()
	for name; do
		dash=--
		[ ${#name} -gt 1 ] || dash=-
		[[ ! -v flag[$name] ]] || passed+=("$dash$name")
		[[ ! -v option[$name] ]] || passed+=("$dash$name" "${option[$name]}")
	done
}

# end_below PID: kill the processes below one that have none below them; the others see theirs end,
# take leave of them, and end too, GNU parallel (perl) as well. It fails where there are none. A
# process is stopped while it is looked at, so that it starts nothing meanwhile.
end_below() {
	local children=() child state

	read -ra children <"/proc/$1/task/$1/children" || true
	for child in "${children[@]}"; do
		kill -STOP "$child" || continue
		while read -r state <"/proc/$child/stat" && [[ $state != *') '[TZ]' '* ]]; do :; done
		end_below "$child" || [[ $state == *'(perl)'* ]] || kill -KILL "$child" || true
		kill -CONT "$child" || true
	done
	[ ${#children[@]} -gt 0 ]
} 2>/dev/null

wait_below() {
	while end_below "$1"; do
		sleep 0.02
	done
}

stop() {
	trap '' INT TERM HUP
	exec 2>/dev/null
	[ -z "$work" ] || : >"$work/stopped"
	wait_below $$
	exit "$1"
}

clean_up() {
	[ -z "$work" ] || rm -rf -- "$work"
}
heed_signals() {
	trap 'stop 129' HUP
	trap 'stop 130' INT
	trap 'stop 141' PIPE
	trap 'stop 143' TERM
	trap clean_up EXIT
}
heed_signals

# output COMMAND: what the user asked for, to standard output. It fails where that cannot be written.
output() {
	local message status=0

	{ message=$("$@" 2>&1 >&3 3>&-) || status=$?; } 3>&1
	[ "$status" -ne 141 ] || exit 141
	[ "$status" -eq 0 ] || die "cannot write to standard output: ${message##*: }"
}

# stage COMMAND: in a pipeline within `run`. The first stage that fails leaves a mark behind its
# message, before the stages after it can see the end of its output. 141: the next one has ended.
stage() {
	local messages=5 status=0

	[[ $1 != trace-extract || -e $work/tick || ! -t 4 ]] || messages=4 # shows its progress
	{ "$@" 2>&$messages; } 5>&2 2>/dev/null || status=$?
	[[ $status != 0 && ! -e $work/enough ]] || return "$status"
	[[ $status -le 128 || $status == 141 ]] || echo "$program: $1 was ended by signal $((status - 128))" >&2
	if [[ $status != 141 ]]; then
		echo "$status" >>"$work/failed"
		echo $'\1' >&2
	fi
	return "$status"
}

# enough COMMAND READER ...: a stage that reads what a command writes, and ends well where it has read
# enough; then the command is ended, which is no failure, nor is what it would have failed at later. Where
# the reader came to the end, the command must have ended well.
enough() {
	local status=0 writer

	exec 6< <("$1" && : >"$work/whole")
	writer=$!
	stage "${@:2}" <&6 6<&- || status=$?
	if [ "$status" -eq 0 ] && [ ! -e "$work/whole" ]; then
		! at_end 6 || status=1
		[ "$status" -ne 0 ] || : >"$work/enough"
		exec 6<&-
		[ "$status" -ne 0 ] || wait_below "$writer"
	fi
	exec 6<&-
	wait "$writer" || true
	return "$status"
}

# Is there no more to read from this file descriptor, and nobody who writes?
at_end() {
	read -r -t 0 -u "$1" && [ "$(head -c 1 <&"$1" | wc -c)" -eq 0 ]
}

# run COMMAND: its stages, with their messages up to that of the first failure, which is the cause
# of the others. Behind it bash waits, so that a signal is heard at once.
run() {
	local status=0 watcher=''

	if [ -e "$work/tick" ]; then
		count_all
		watch_sentences </dev/null >/dev/null 2>&1 &
		watcher=$!
	fi
	{ "$@" 2>&1 >&3 3>&- | show_messages >&4 3>&-; } 3>&1 <&0 2>/dev/null &
	wait $! || status=$?
	if [ -n "$watcher" ]; then
		kill "$watcher" 2>/dev/null || true
		wait "$watcher" 2>/dev/null || true
		show_progress
	fi
	[ "$status" -ne 0 ] || return 0
	! grep -qsx 2 "$work/failed" || return 2 # a stage was called the wrong way
	return 1
}

# With --until a failure may come from behind the last sentence that was needed, and then is none of the
# user's: a line waits for the next one, and behind a failure for what step-average says.
show_messages() {
	local line held='' failed='' reached='' cause=''

	while IFS= read -r line || [ -n "$line" ]; do
		[ ! -e "$work/stopped" ] || break
		if [[ $failed || -e $work/enough ]]; then
			[[ $line != 'step-average: '*' is reached with '* ]] || reached=$line
			continue
		fi
		[[ -z $cause || $line != "$cause" ]] || continue
		if [[ $line == *': <stdin>: '*' failed: '* ]]; then # a worker's, which may say so later
			line=${line#*: <stdin>: }
			line=${line/ failed: /: }
			cause=$line
		fi
		case $line in
		$'\1')
			failed=yes
			[[ -v option[until] ]] || break
			;;
		*"' shows how it is used") ;;
		'parallel: This job failed:' | 'parallel: Starting no more jobs.'* | "bash $work/worker "*) ;;
		*)
			[ -z "$held" ] || name_line "$held"
			held=$line
			[[ -v option[until] ]] || { name_line "$held"; held=''; }
			;;
		esac
	done
	cat >/dev/null
	[ ! -e "$work/stopped" ] || return 0
	[[ -z $held || ( $failed && -e $work/enough ) ]] || name_line "$held"
	[[ -z $reached || ! -e $work/enough ]] || name_line "$reached"
}

# Lines of several files, or of a worker, are lines of standard input to trace-extract.
name_line() {
	local file lines number

	[ ! -e "$work/tick" ] || show_progress
	if [[ $1 =~ ^(trace-extract: )'<stdin>'(: line )([0-9]+)(: .*)$ ]]; then
		number=${BASH_REMATCH[3]}
		for file in "${named[@]}"; do
			[ -f "$file" ] || break
			lines=$(sed -n '$=' -- "$file")
			if [ "$number" -le "${lines:-0}" ]; then
				echo "${BASH_REMATCH[1]}$file${BASH_REMATCH[2]}$number${BASH_REMATCH[4]}"
				return
			fi
			number=$((number - ${lines:-0}))
		done
	fi
	echo "$1"
}

# read_text FILE...: the text is that of these files; none: standard input.
read_text() {
	local file

	text=("$@") named=("$@")
	[[ $workers -eq 1 && $# -le 1 && ${option[steps]-} != auto && ! -v option[run] ]] || count_sentences
	for file; do
		[[ $file == - || ( -r $file && ! -d $file ) ]] || die "cannot read '$file'"
	done
	[[ $workers -eq 1 || -v option[slurm] ]] || need_parallel
}

text_lines() {
	if [ ${#text[@]} -eq 0 ]; then
		cat
	else
		sed '' -- "${text[@]}"
	fi
}

# on_text COMMAND VARIABLE...: the command on the text, with arguments for trace-extract; by several
# workers with -j, to which these variables go. trace-extract works on 32 lines at a time, so groups
# of 32 lines do not change its results. Where some lines were read before, it is on the rest of standard input.
on_text() {
	if [ "$workers" -gt 1 ]; then
		in_groups "$@"
	elif [ "$lines_before" -gt 0 ]; then
		"$1" --first-line $((lines_before + 1))
	elif [ ${#text[@]} -gt 1 ]; then
		text_lines | "$1"
	else
		"$1" -- "${text[@]}"
	fi
}

in_groups() {
	text_lines | (cd "$work" && split -l 32 -a 6 - lines.)
	[ -e "$work/lines.aaaaaa" ] || : >"$work/lines.aaaaaa"
	[ ! -e "$work/tick" ] || echo $((lines_before + $(cat "$work"/lines.* | wc -l))) >"$work/all"
	{
		declare -f
		declare -p program work named lines_before "${@:2}"
		echo 'set -euo pipefail'
		echo "stage $1 --first-line \$((lines_before + 32 * \$1 - 31)) <\"\$2\""
	} >"$work/worker"
	printf '%s\0' "$work"/lines.* | plain_parallel -0 -k -j "$workers" --halt soon,fail=1 --tmpdir "$work" \
		-q bash "$work/worker" '{#}' '{}'
}

# GNU parallel without any settings of the user's.
plain_parallel() (
	unset "${!PARALLEL@}"
	PARALLEL_HOME=$work PARALLEL_SHELL=/bin/bash exec parallel --plain --will-cite "$@"
)

need_parallel() {
	need parallel parallel
	[[ $(plain_parallel --version 2>/dev/null </dev/null) == 'GNU parallel '* ]] ||
		die "-j needs GNU parallel, and '$(command -v parallel)' is another program; install the package parallel"
}

# The head sites of the model of -m, a line each, from the header of an empty trace.
head_sites() {
	run empty_trace | grep -oE '"(enc-self|dec-self|dec-enc)\.[0-9]+"' | tr -d '"' | sort -uV
}

empty_trace() {
	pass m
	stage trace-extract "${passed[@]}" </dev/null | stage stream-show --json
}
