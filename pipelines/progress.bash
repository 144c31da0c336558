# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # names are of lrpipe.bash
# How far a pipeline is: a line on the terminal, with total, rate and time left. Nothing where standard error
# is none, nor with -q.

columns='' # of the terminal

# show_progress DONE ALL WHAT SECONDS: on the terminal, how many are done in so many seconds; of 0
# it is not known how many there are. Without arguments the line is taken away.
show_progress() {
	local line='' left=0

	[[ ! -v flag[q] && -t 4 ]] || return 0
	if [ -z "$columns" ]; then
		columns=$(stty size <&4 2>/dev/null | cut -d ' ' -f 2) || columns=0
		[ "${columns:-0}" -gt 1 ] || columns=80
	fi
	if [ $# -gt 0 ]; then
		line="$program: $1"
		[ "$2" -eq 0 ] || line+=" of $2"
		line+=" $3"
		if [ "$1" -gt 0 ] && [ "$4" -gt 0 ]; then
			printf -v line '%s, %d.%02d/s' "$line" $(($1 / $4)) $((100 * $1 / $4 % 100))
			left=$((($2 - $1) * $4 / $1))
			if [ "$2" -le "$1" ]; then
				:
			elif [ "$left" -lt 120 ]; then
				line+=", $left s left"
			elif [ "$left" -lt 7200 ]; then
				line+=", $((left / 60)) min left"
			else
				line+=", $((left / 3600)).$((left % 3600 / 360)) h left"
			fi
		fi
	fi
	printf '\r%s\e[K' "${line:0:columns-1}" >&4
}

# count_sentences: where trace-extract cannot show how far it is, several of them or one behind a pipe,
# one process shows it: they add a byte to a file for each sentence.
count_sentences() {
	[[ ! -v flag[q] && -t 4 ]] || return 0
	: >"$work/done"
	: >"$work/all"
	[ -e "$work/tick" ] || mkfifo "$work/tick"
	export LRPIPE_PROGRESS=$work/done
}

# How many lines the text has, where it can be read twice.
count_all() {
	local file

	for file in "${named[@]}"; do
		[ -f "$file" ] || return 0
	done
	[ ${#named[@]} -eq 0 ] || sed -n '$=' -- "${named[@]}" >"$work/all"
}

watch_sentences() {
	local begun=$SECONDS all

	exec 7<>"$work/tick" # in which nothing comes: a second passes
	while ! read -rt 1 -u 7; do
		all=$(<"$work/all")
		show_progress "$(stat -c %s "$work/done")" "${all:-0}" sentences $((SECONDS - begun))
	done
}
