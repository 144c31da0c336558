# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016,SC2034,SC2164 # names are of lrpipe.bash and of the pipelines, and of the scripts that are written here
# A text in chunks, each averaged by a worker of its own, in a folder that a second run goes on from:
#
#   chunks/0000001     lines of the text
#   averages/0000001   their average, there whole or not at all; result.avg: all of them merged
#   failed/0000001     what the worker said that failed
#   log                a line for each time that a chunk was worked on: chunk, lines, host, begun, seconds, status
#   text               the text's fingerprint, its lines, the lines of a chunk
#   settings, commands, versions, lock; slurm/: of slurm.bash
# shellcheck source=pipelines/results.bash
. "$here/results.bash"
# shellcheck source=pipelines/hosts.bash
. "$here/hosts.bash"
# shellcheck source=pipelines/slurm.bash
. "$here/slurm.bash"

# The paths of model and text hold in any folder.
whole_paths() {
	local file whole=()

	whole_model_path
	[[ ! -v option[m] ]] || export LRPIPE_MODEL=${option[m]}
	unset 'option[m]'
	for file in "${text[@]}"; do
		[ "$file" = - ] || file=$(realpath -- "$file")
		whole+=("$file")
	done
	text=("${whole[@]}") named=("${whole[@]}")
}

# open_chunks DIR: work there; a run that is there is gone on with where the user says so.
open_chunks() {
	[[ ! -e $1/settings || -v flag[resume] ]] || die "'$1' has a run; --resume goes on with it, --status shows it; else choose another directory"
	open_results "$1" averages failed
	go_on=''
	[[ $1 == "$work"/* ]] || go_on='--resume goes on'
	write_file versions list_versions
	take_text
}

list_versions() {
	show_version
	if [[ -v option[slurm] ]]; then
		sbatch --version 2>/dev/null || true # it asks for the cluster even for that; submitting says what is wrong
	else
		plain_parallel --version 2>/dev/null | head -n 1
	fi
	uname -srm
}

# The text's chunks, as they are there already or from the files named, else from standard input.
take_text() {
	local sum lines

	if [ -s text ]; then
		if [ ${#text[@]} -gt 0 ] && [[ $(text_lines | sha256sum) != "$(cut -d ' ' -f 1 text) "* ]]; then
			go_on=''
			die "$PWD has the chunks of another text; choose another directory"
		fi
	else
		rm -rf chunks
		text_lines >lines.part 2>"$work/said" || die "cannot copy the text into $PWD: $(sed 's/.*: //' "$work/said")"
		lines=$(sed -n '$=' lines.part)
		[ "${lines:-0}" -gt 0 ] || die "the text has no lines"
		sum=$(sha256sum <lines.part)
		mkdir chunks
		split -l "$(chunk_size "$lines")" -a 7 --numeric-suffixes=1 lines.part chunks/ 2>"$work/said" ||
			die "cannot write the text's chunks into $PWD: $(sed 's/.*: //' "$work/said")"
		rm lines.part
		write_file text echo "${sum%% *} $lines $(chunk_size "$lines")"
	fi
	read -r sum all_lines chunk_lines <text
	[ "$(find chunks -type f | wc -l)" -eq "$(count_chunks)" ] || die "$PWD: chunks of the text are missing; choose another directory"
}

count_chunks() {
	echo $(((all_lines - 1) / chunk_lines + 1))
}

# As many lines as --chunk says, else so many that each worker has some chunks to do. Sentences are worked
# on 32 at a time, so chunks of whole 32s have the bits of the undivided text.
chunk_size() {
	local at_once=$((${#slots[@]} > workers ? ${#slots[@]} : workers)) most

	most=$((($1 + 8 * at_once - 1) / (8 * at_once)))
	most=$(((most + 31) / 32 * 32))
	echo "${option[chunk]:-$((most < 256 ? most : 256))}"
}

# range_of CHUNK: "lines 33 to 64".
range_of() {
	local before=$(((10#$1 - 1) * chunk_lines))

	echo "lines $((before + 1)) to $((before + $(lines_of "$1")))"
}

whole_averages() {
	find averages -type f ! -name '*.part' | sort
}

missing_chunks() {
	local chunk

	for chunk in chunks/*; do
		[ -s "averages/${chunk#*/}" ] || echo "${chunk#*/}"
	done
}

# script_head VARIABLE...: the beginning of a script that works in another place, with all functions, these variables and
# a temporary folder of its own.
script_head() {
	declare -f
	declare -p program line_options option flag "$@"
	cat <<-END
		set -euo pipefail
		export OPENBLAS_NUM_THREADS=1
		here=$(printf %q "$here")
		named=() work=\$(mktemp -d)
		export TMPDIR=\$work
		unset LRPIPE_PROGRESS
		${LRPIPE_MODEL:+export LRPIPE_MODEL=$(printf %q "$LRPIPE_MODEL")}
		heed_signals
		exec 4>&2
		find_programs
	END
}

# write_worker COMMAND VARIABLE...: the script that averages the chunk on its standard input, whose first
# line's number it is told; it needs nothing else of this folder.
write_worker() {
	script_head "${@:2}"
	cat <<-END
		[ -z "\${2-}" ] || export LRPIPE_MODEL=\$HOME/\$2
		run $1 --first-line "\$1"
	END
}

lines_of() {
	local first=$(((10#$1 - 1) * chunk_lines))

	echo $((first + chunk_lines < all_lines ? chunk_lines : all_lines - first))
}

# average_on HOST CHUNK: by a worker there. 3: of another model.
average_on() {
	local status=0 found average=averages/$2.$BASHPID.part

	on_host "$1" bash -c "$(<"$work/worker")" worker $(((10#$2 - 1) * chunk_lines + 1)) "${models[$1]-}" <"chunks/$2" >"$average" || status=$?
	if [ "$status" -eq 0 ] && [ "${hosts[$1]}" != : ]; then
		found=$(fingerprint <"$average") || status=1
		if [ "$status" -eq 0 ] && [ "$found" != "$model_hash" ]; then
			echo "$program: its model is another by now, by the fingerprint" >&2
			status=3
		fi
	fi
	if [ "$status" -eq 0 ]; then
		mv "$average" "averages/$2"
	else
		rm -f "$average"
	fi
	return "$status"
}

# run_chunk CHUNK SLOT, by GNU parallel: its average, by one host or another, else what the last of them said, which is
# kept in the temporary folder too, for a disk that is full. What a killed one leaves are parts.
run_chunk() {
	local said=$work/said.$1 status=1 host begun

	for host in $(hosts_for "$2"); do
		begun=$EPOCHREALTIME status=0
		average_on "$host" "$1" 2>"$said" || status=$?
		[ ! -e "$work/stopped" ] || break
		awk -v begun="$begun" -v now="$EPOCHREALTIME" -v chunk="$1" -v lines="$(lines_of "$1")" -v host="${SLURMD_NODENAME:-${hosts[host]}}" -v status="$status" \
			'BEGIN { printf "%s\t%d\t%s\t%.3f\t%.3f\t%d\n", chunk, lines, host, begun, now - begun, status }' 2>/dev/null >>log || true
		case $status in
		0)
			rm -f "$said" "failed/$1"
			count_chunk "$1"
			return
			;;
		3 | 255) bad_host "$host" "$(tail -n 1 "$said" | sed 's/^[^ ]*: //')" ;;
		esac
		[ -s "$said" ] || echo "$program: the worker ended with status $status" >"$said"
		write_file "failed/$1" cat "$said" 2>/dev/null || true
	done
	return "$status"
}

# The lines of a chunk are done, for who watches.
count_chunk() {
	[ ! -e "$work/tick" ] || head -c "$(lines_of "$1")" /dev/zero >>"$work/done"
}

run_missing() {
	local chunk

	if [ -e "$work/tick" ]; then
		echo "$all_lines" >"$work/all"
		for chunk in averages/*; do
			[ ! -s "$chunk" ] || count_chunk "${chunk#*/}"
		done
	fi
	{
		declare -f
		declare -p program work chunk_lines all_lines hosts slots models model_hash
		echo 'set -euo pipefail'
		echo 'run_chunk "$1" "$2"'
	} >"$work/job"
	[ ! -s "$work/missing" ] ||
		plain_parallel -j "${#slots[@]}" --tmpdir "$work" -q bash "$work/job" '{}' '{%}' <"$work/missing" >/dev/null 2>&1 ||
		: # what failed is missing
}

# Averages by hundreds of thousands are one stream of many segments. A chunk without one is counted in the
# header among the lines that are left out.
merge_chunks() {
	{
		whole_averages | xargs -r cat --
		missing_averages
	} | stage step-average
}

missing_averages() {
	local chunk header

	[ -s "$work/missing" ] || return 0
	header=$(whole_averages | sed 1q)
	header=$(stream-show --json --records 0 "$header" | sed 1q)
	while read -r chunk; do
		jq -c --arg range "$(range_of "$chunk") failed" --argjson lines "$(lines_of "$chunk")" \
			'del(.cut) | .left_out = {($range): $lines}' <<<"$header" | stage stream-pack
	done <"$work/missing"
}

# chunked COMMAND VARIABLE...: the average of the text, in result.avg of the folder that is open. With --slurm, where
# something is left to do, it will be there later, and the script ends.
chunked() {
	local i

	model_hash=$(sed -n 's/^model //p' settings)
	missing_chunks >"$work/missing"
	if [[ -v option[slurm] && -s $work/missing ]]; then
		submit_chunks "$@"
		exit
	elif [[ -v option[hosts] ]]; then
		check_hosts "$model_hash" "$(run empty_trace | jq -r 'select(.model).model.checkpoint.path')"
	else
		for ((i = 0; i < workers; i++)); do
			slots+=(0)
		done
	fi
	write_worker "$@" >"$work/worker"
	run run_missing
	collect
}

# The average of the averages, or what is missing.
collect() {
	local failed again='--resume tries them again, with --allow-missing the rest is averaged'

	missing_chunks >"$work/missing"
	failed=$(wc -l <"$work/missing")
	if [ "$failed" -gt 0 ]; then
		say_missing
		[ -n "$go_on" ] || again='a directory of --run would have kept the rest'
		go_on=''
		[[ -v flag[allow-missing] ]] ||
			die "$failed of $(count_chunks) chunks have no average; $again"
		[ -n "$(whole_averages)" ] || die 'no chunk has an average'
	fi
	write_file result.avg run merge_chunks || name_damaged
}

# What was whole once and is not any more, as after a fault of the disk.
name_damaged() {
	local average

	for average in averages/*; do
		stream-show --json "$average" >/dev/null 2>&1 ||
			die "$PWD/$average is damaged; remove it, and --resume makes it again"
	done
	exit 1
}

# The first of them, with what their workers said first.
say_missing() {
	local chunk said

	while read -r chunk; do
		said=$(sed 1q "$work/said.$chunk" 2>/dev/null || sed 1q "failed/$chunk" 2>/dev/null) || said="not done$(where_tasks_speak)"
		said=$(name_line "$said")
		echo "${said//[[:cntrl:]]/?} ($(range_of "$chunk"))" >&2
	done < <(sed 5q "$work/missing")
}

# show_status DIR: what was run there, how far it is, and at what speed.
show_status() {
	local sum failed
	local -a averages chunks

	[ -s "$1/text" ] || die "no run in '$1'"
	cd -- "$(realpath -- "$1")"
	read -r sum all_lines chunk_lines <text
	mapfile -t chunks < <(ls chunks)
	mapfile -t averages < <(whole_averages)
	failed=$(find failed -type f ! -name '*.part' | wc -l)
	sed 's/^/command   /' commands
	sed 's/^/made by   /' versions
	sed 's/^/setting   /' settings
	echo "text      $all_lines lines in ${#chunks[@]} chunks of $chunk_lines, sha256 $sum"
	echo "done      ${#averages[@]} chunks"
	echo "failed    $failed"
	echo "left      $((${#chunks[@]} - ${#averages[@]} - failed))"
	[ ! -s log ] || LC_ALL=C awk -F '\t' '
		$6 == 0 { lines[$3] += $2; spent[$3] += $5 }
		{ jobs[$3]++; bad[$3] += $6 != 0; if (!first || $4 < first) first = $4; if ($4 + $5 > last) last = $4 + $5 }
		END {
			for (host in jobs)
				printf "host      %s: %d chunks, %d failed, %d lines in %.1f s\n", host == ":" ? "this machine" : host, jobs[host] - bad[host], bad[host], lines[host], spent[host]
			print "time      from " strftime("%F %T", first) " to " strftime("%F %T", last)
		}' log
	slurm_status
	if flock -n lock true; then
		[ ! -s result.avg ] || echo 'result    result.avg'
	else
		echo 'running   now'
	fi
}
