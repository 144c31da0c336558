# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2164 # names and set -e are of lrpipe.bash and of the pipelines
# What pipelines share that work long and keep what they make in a folder: whole files, of one kind of
# settings, which a second run goes on from.

go_on='the next run goes on' # what is said where a run was stopped

# A file of the output, whole or not at all.
write_file() {
	local file=$1 part=$1.$BASHPID.part

	shift
	"$@" >"$part" && mv "$part" "$file"
}

# The same; nothing where it is there already.
make_file() {
	[ -s "$1" ] || write_file "$@"
}

need_stages() {
	need trace-extract "lrpipe, or build it with 'make'"
	need jq jq
}

# The options of trace-extract, as `trace`, and of other readers of the checkpoint, as `model`.
model_options() {
	whole_model_path
	pass m p skip "${line_names[@]}"
	trace=(-q "${passed[@]}")
	[[ ! -v flag[all-steps] ]] || trace+=(-g 0)
	pass m
	# shellcheck disable=SC2034 # of the pipelines
	model=("${passed[@]}")
}

# check_file FILE: it is there, and can be read more than once.
check_file() {
	[ -e "$1" ] || die "no file '$1'"
	[ -f "$1" ] || die "cannot read '$1'; it must be a file, for it is read many times"
	[ -s "$1" ] || die "'$1' is empty"
}

# Each line is a text, a tab and its target, where that is needed.
check_pairs() {
	[[ ! -v flag[skip] && ! -v flag[all-steps] && ! -v flag[mask-each] ]] || return 0
	awk -F '\t' -v program="$program" -v file="$1" 'NF != 2 || $1 == "" || $2 == "" {
		print program ": " file ": line " NR ": a text, a tab and its target are needed" >"/dev/stderr"
		exit 1
	}' "$1"
}

# The model's path holds in any folder.
whole_model_path() {
	local directory

	[ -z "${LRPIPE_MODEL-}" ] || LRPIPE_MODEL=$(realpath -- "$LRPIPE_MODEL")
	[[ -v option[m] ]] || return 0
	directory=$(realpath -e -- "${option[m]}" 2>/dev/null) || die "no model directory '${option[m]}'"
	option[m]=$directory
}

# text_settings 'NAME FILE' ...: what files depend on in every such pipeline: model, texts, heads, lines.
text_settings() {
	local header word named_text

	header=$(run empty_trace)
	jq -r 'select(.model) | "model " + .model.checkpoint.hash' <<<"$header"
	for named_text; do
		echo "${named_text%% /*} $(sha256sum <"/${named_text#* /}")"
	done
	echo "heads $sites"
	[[ ! -v option[p] ]] || echo "precision ${option[p]}"
	for word in "${line_names[@]}"; do
		[[ ! -v flag[$word] ]] || echo "lines by --$word"
	done
	[[ ! -v flag[skip] ]] || echo 'lines that cannot be used are left out'
}

# open_results OUT FOLDER ...: work in OUT from here on, alone, with the settings of the run before.
open_results() {
	local folder

	for folder in "${@:2}"; do
		mkdir -p -- "$1/$folder" 2>"$work/said" || die "cannot make the directory '$1/$folder': $(sed 's/.*: //' "$work/said")"
	done
	cd -- "$(realpath -- "$1")" # its whole path: 'cd -' and CDPATH are something else
	exec 9>lock
	flock -n 9 || die "another run is at work in $PWD"
	remove_parts # of a run that was killed
	settings >"$work/settings"
	[ ! -e settings ] || cmp -s settings "$work/settings" ||
		die "$PWD has results of other settings: $(diff settings "$work/settings" | sed -n 's/^< \(.*\)/\1 there/p; s/^> \(.*\)/\1 here/p' | paste -sd , | sed 's/,/, /g'); choose another directory"
	trap leave EXIT
	write_file settings cat "$work/settings"
	write_file commands list_commands
}

# What was typed here, by runs before too.
list_commands() {
	{
		[ ! -e commands ] || cat commands
		echo "$typed"
	} | awk '!seen[$0]++'
}

remove_parts() {
	find . -maxdepth 2 -name '*.part' -delete
}

# Leave no file that is not whole, and say how to go on.
leave() {
	local status=$?

	clean_up
	remove_parts
	[[ $status -eq 0 || -z $go_on ]] || echo "$program: stopped; what is done is in $PWD, and $go_on from there" >&4
	exit "$status"
}

measure_unmasked() {
	stage trace-extract "${trace[@]}" "${keep[@]}" "$pairs"
}

# The node that the logits are made from, all that a divergence needs of a trace.
last_node() {
	local header

	header=$(run empty_trace)
	jq -r 'select(.graph).graph[-1].inputs[0]' <<<"$header"
}

# number NAME PATTERN WHAT DEFAULT: the value of that option.
number() {
	local value=${option[$1]-$4}

	[[ $value =~ $2 ]] || die "--$1 takes a whole number $3, not '$value'" 2
	echo "$value"
}
