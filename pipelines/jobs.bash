# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names are of lrpipe.bash and of the pipelines, and of the scripts that are written here
# Jobs in the folder that is open, each of which makes one file there, whole or not at all, by a worker here or on
# another host:
#
#   failed/NAME   what the worker said that failed
#   log           a line for each time that a job was worked on: name, lines, host, begun, seconds, status
#
# A job is the path of its file, and its name the path's last part. What else it is a pipeline says:
#
#   job_input JOB HOST   writes what its worker reads, there
#   job_words JOB HOST   lines: the command that its worker runs
#   job_lines JOB        how many lines of text it is
#   job_title JOB        what messages call it
#
# shellcheck source=pipelines/results.bash
. "$here/results.bash"
# shellcheck source=pipelines/hosts.bash
. "$here/hosts.bash"
# shellcheck source=pipelines/slurm.bash
. "$here/slurm.bash"

halt=never         # whether a job that fails stops the others, as GNU parallel's --halt takes it
job_variables=()   # what the functions above know a job by
model_hash=''      # of the model that all workers must have

# The model is found by any worker: by the environment, with a path that holds in any folder.
model_in_environment() {
	whole_model_path
	[[ ! -v option[m] ]] || export LRPIPE_MODEL=${option[m]}
	unset 'option[m]'
}

# Of jobs, a line each, those that are not done.
not_done() {
	local job

	while read -r job; do
		[ -s "$job" ] || echo "$job"
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

# write_worker VARIABLE...: the script of any job, which is told where the copy of the model is, below its home, and
# the command; it needs nothing else of this folder.
write_worker() {
	script_head "$@"
	cat <<-'END'
		[ -z "$1" ] || export LRPIPE_MODEL=$HOME/$1
		run "${@:2}"
	END
}

# work_on HOST JOB: by a worker there. 3: its file is of another model.
work_on() {
	local status=0 found part=$2.$BASHPID.part words

	mapfile -t words < <(job_words "$2" "$1")
	job_input "$2" "$1" | on_host "$1" bash -c "$(<"$work/worker")" worker "${models[$1]-}" "${words[@]}" >"$part" || status=$?
	if [ "$status" -eq 0 ] && [ "${hosts[$1]}" != : ]; then
		found=$(fingerprint <"$part") || status=1
		if [ "$status" -eq 0 ] && [ "$found" != "$model_hash" ]; then
			echo "$program: its model is another by now, by the fingerprint" >&2
			status=3
		fi
	fi
	if [ "$status" -eq 0 ]; then
		mv "$part" "$2"
	else
		rm -f "$part"
	fi
	return "$status"
}

# run_job JOB SLOT, by GNU parallel: its file, by one host or another, else what the last of them said, which is
# kept in the temporary folder too, for a disk that is full. What a killed one leaves are parts.
run_job() {
	local name=${1##*/} said status=1 host begun lines spent

	said=$work/said.$name lines=$(job_lines "$1")
	for host in $(hosts_for "$2"); do
		begun=$EPOCHREALTIME status=0
		work_on "$host" "$1" 2>"$said" || status=$?
		[ ! -e "$work/stopped" ] || break
		spent=$((${EPOCHREALTIME/[.,]/} - ${begun/[.,]/}))
		printf '%s\t%d\t%s\t%s\t%d.%06d\t%d\n' "$name" "$lines" "${SLURMD_NODENAME:-${hosts[host]}}" "${begun/,/.}" \
			$((spent / 1000000)) $((spent % 1000000)) "$status" 2>/dev/null >>log || true
		case $status in
		0)
			pass_warnings <"$said"
			rm -f "$said" "failed/$name"
			[ ! -e "$work/tick" ] || head -c "$lines" /dev/zero >>"$work/done"
			return
			;;
		3 | 255) bad_host "$host" "$(tail -n 1 "$said" | sed 's/^[^ ]*: //')" ;;
		esac
		[ -s "$said" ] || echo "$program: the worker ended with status $status" >"$said"
		write_file "failed/$name" cat "$said" 2>/dev/null || true
	done
	return "$status"
}

# What workers said that did well, each line once.
pass_warnings() {
	local line sum

	while read -r line; do
		line=$(name_line "$line")
		sum=$(cksum <<<"$line")
		! (set -o noclobber && : >"$work/warned.${sum// /.}") 2>/dev/null || echo "$line" >&4
	done
}

run_missing() {
	local job

	[ ! -e "$work/tick" ] || while read -r job; do
		job_lines "$job"
	done <"$work/missing" | awk '{ lines += $1 } END { print lines }' >"$work/all"
	{
		declare -f
		declare -p program work named flag columns hosts slots models model_hash "${job_variables[@]}"
		echo 'set -euo pipefail'
		echo 'run_job "$1" "$2"'
	} >"$work/job"
	plain_parallel -j "${#slots[@]}" --halt "$halt" --tmpdir "$work" -q bash "$work/job" '{}' '{%}' <"$work/missing" >/dev/null 2>&1 ||
		: # what failed is missing
}

# do_missing VARIABLE...: the jobs of $work/missing, by workers to whom these variables go; what is missing then has failed.
do_missing() {
	[ -s "$work/missing" ] || return 0
	[ -n "$model_hash" ] || ready_workers
	write_worker "$@" >"$work/worker"
	count_sentences
	run run_missing
	rm -f "$work/tick"
	unset LRPIPE_PROGRESS
	not_done <"$work/missing" >"$work/left"
	mv "$work/left" "$work/missing"
}

# Each worker at a time has its host.
ready_workers() {
	local i

	model_hash=$(sed -n 's/^model //p' settings)
	if [[ -v option[hosts] ]]; then
		check_hosts "$model_hash" "$(run empty_trace | jq -r 'select(.model).model.checkpoint.path')"
		return
	fi
	for ((i = 0; i < workers; i++)); do
		slots+=(0)
	done
}

# say_failed WHY: of jobs, a line each, what their workers said first, else this.
say_failed() {
	local job name said

	while read -r job; do
		name=${job##*/}
		said=$(sed 1q "$work/said.$name" 2>/dev/null || sed 1q "failed/$name" 2>/dev/null) || said=$1
		said=$(name_line "$said")
		echo "${said//[[:cntrl:]]/?} ($(job_title "$job"))" >&2
	done
}

# show_hosts WHAT: by the log, how many "chunks" each host has done, in what time.
show_hosts() {
	[ ! -s log ] || LC_ALL=C awk -F '\t' -v what="$1" '
		$6 == 0 { lines[$3] += $2; spent[$3] += $5 }
		{ jobs[$3]++; bad[$3] += $6 != 0; if (!first || $4 < first) first = $4; if ($4 + $5 > last) last = $4 + $5 }
		END {
			for (host in jobs)
				printf "host      %s: %d %s, %d failed, %d lines in %.1f s\n", host == ":" ? "this machine" : host, jobs[host] - bad[host], what, bad[host], lines[host], spent[host]
			print "time      from " strftime("%F %T", first) " to " strftime("%F %T", last)
		}' log
}

# With --status DIR: what the pipeline's show_status says of it, and the end.
heed_status() {
	[[ -v option[status] ]] || return 0
	show_status "${option[status]}" | LC_ALL=C tr '\1-\10\13-\37\177' '?' >"$work/status" # a directory may be another's
	output cat "$work/status"
	exit
}
