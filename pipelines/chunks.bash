# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016,SC2034,SC2164 # names are of lrpipe.bash and of the pipelines, and of the scripts that are written here
# A text in chunks, each averaged by a worker of its own, in a folder that a second run goes on from:
#
#   chunks/0000001     lines of the text
#   averages/0000001   their average, there whole or not at all; result.avg: all of them merged
#   failed, log        of jobs.bash, whose jobs are the averages
#   text               the text's fingerprint, its lines, the lines of a chunk
#   settings, commands, versions, lock; slurm/: of slurm.bash
# shellcheck source=pipelines/jobs.bash
. "$here/jobs.bash"

# The paths of model and text hold in any folder.
whole_paths() {
	local file whole=()

	model_in_environment
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

job_variables=(chunk_lines all_lines)

job_input() {
	cat "chunks/${1##*/}"
}

# By the pipeline's function `measure`, which is told its first line's number.
job_words() {
	printf '%s\n' measure --first-line $(((10#${1##*/} - 1) * chunk_lines + 1))
}

job_lines() {
	local first=$(((10#${1##*/} - 1) * chunk_lines))

	echo $((first + chunk_lines < all_lines ? chunk_lines : all_lines - first))
}

job_title() {
	local before=$(((10#${1##*/} - 1) * chunk_lines))

	echo "lines $((before + 1)) to $((before + $(job_lines "$1")))"
}

whole_averages() {
	find averages -type f ! -name '*.part' | sort
}

find_missing() {
	find chunks -type f -printf 'averages/%f\n' | sort | not_done >"$work/missing"
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
	local job header

	[ -s "$work/missing" ] || return 0
	header=$(whole_averages | sed 1q)
	header=$(stream-show --json --records 0 "$header" | sed 1q)
	while read -r job; do
		jq -c --arg range "$(job_title "$job") failed" --argjson lines "$(job_lines "$job")" \
			'del(.cut) | .left_out = {($range): $lines}' <<<"$header" | stage stream-pack
	done <"$work/missing"
}

write_merge() {
	echo '#!/bin/bash'
	script_head go_on "${job_variables[@]}"
	declare -p named # as messages name the text's files
	cat <<-END
		cd -- $(printf %q "$PWD")
		exec 9>>lock
		flock 9
		trap leave EXIT
		collect
	END
}

# chunked VARIABLE...: the average of the text, in result.avg of the folder that is open, by `measure` and these
# variables. With --slurm, where something is left to do, it will be there later, and the script ends.
chunked() {
	find_missing
	if [[ -v option[slurm] && -s $work/missing ]]; then
		submit_jobs write_merge "chunks which merges them into $PWD/result.avg" "$@"
		exit
	fi
	do_missing "$@"
	collect
}

# The average of the averages, or what is missing.
collect() {
	local failed again='--resume tries them again, with --allow-missing the rest is averaged'

	find_missing
	failed=$(wc -l <"$work/missing")
	if [ "$failed" -gt 0 ]; then
		say_failed "not done$(where_tasks_speak)" < <(sed 5q "$work/missing")
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
	show_hosts chunks
	slurm_status 'chunks merges'
	if flock -n lock true; then
		[ ! -s result.avg ] || echo 'result    result.avg'
	else
		echo 'running   now'
	fi
}
