# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016,SC2034 # names are of lrpipe.bash and of the pipelines, and of the scripts that are written here
# Jobs by Slurm, in a folder that the machines share:
#
#   slurm/missing  what is to be done; slurm/task: an array of tasks does it, each a part
#   slurm/next     what is done then, by a job behind the array
#   slurm/jobs     their numbers;  slurm/JOB_TASK.out, slurm/JOB.out: what they said

need_slurm() {
	need sbatch slurm-client
	[[ ! -v option[hosts] ]] || die_usage '--slurm and --hosts are two ways; leave one out'
}

# The jobs of this run that have not ended, a line each: its number or JOB_TASK, and its state. It fails
# where Slurm does not answer, having said why.
jobs_left() {
	local jobs said

	[ -s slurm/jobs ] || return 0
	read -r jobs <slurm/jobs
	said=$(squeue -h -r -j "${jobs// /,}" -o '%i %T' 2>&1) || {
		[[ $said != *'Invalid job id'* ]] || return 0 # it has forgotten them
		tail -n 1 <<<"$said"
		return 1
	}
	echo "$said"
}

# A part of the jobs by each task, so that no two work on one. What is done by now is not done again.
write_task() {
	echo '#!/bin/bash'
	script_head "${job_variables[@]}"
	cat <<-END
		cd -- $(printf %q "$PWD")
		exec 9>>lock
		flock -s -w 60 9 || die "another run is at work in \$PWD"
		hosts=(:) slots=(0) status=0
		declare -A models=()
		ln -s "\$PWD/slurm/worker" "\$work/worker"
		for job in \$(awk -v tasks="\$SLURM_ARRAY_TASK_COUNT" -v task="\$SLURM_ARRAY_TASK_ID" 'NR % tasks == task % tasks' slurm/missing); do
			[ -s "\$job" ] || run_job "\$job" 1 || status=1
		done
		exit "\$status"
	END
}

# submit_job WORD...: its number. Jobs get the environment, but for the temporary folder that goes with this script.
submit_job() {
	local words said

	read -ra words <<<"${option[slurm]}"
	said=$(env -u TMPDIR sbatch --parsable --chdir="$PWD" "${words[@]}" "$@" 2>&1) ||
		die "--slurm: $(tail -n 1 <<<"$said" | sed 's/^sbatch: //; s/^error: //; s/^fatal: //')"
	tail -n 1 <<<"${said%%;*}"
}

# submit_jobs NEXT WHAT VARIABLE...: those of $work/missing, to workers with these variables, and behind them the script that
# NEXT writes; WHAT: "chunks", and what is said of the job behind.
submit_jobs() {
	local tasks array next name left=''

	name=lrpipe-${PWD##*/}
	[[ -v LRPIPE_SUBMITTED ]] || left=$(jobs_left) || die "--slurm: $left"
	if [ -n "$left" ]; then
		go_on=''
		die "jobs of this run are there still: ${left//$'\n'/, }; wait for them, or scancel $(cat slurm/jobs)"
	fi
	mkdir -p slurm
	cp "$work/missing" slurm/missing
	tasks=$(wc -l <slurm/missing)
	[ "$tasks" -lt "$workers" ] || tasks=$workers
	write_worker "${@:3}" >slurm/worker
	write_task >slurm/task
	"$1" >slurm/next
	array=$(submit_job --job-name="$name" --array=1-"$tasks" --output=slurm/%A_%a.out slurm/task)
	echo "$array" >slurm/jobs
	next=$(submit_job --job-name="$name-next" --dependency=afterany:"$array" --output=slurm/%j.out slurm/next) || {
		scancel "$array"
		exit 1
	}
	echo "$array $next" >slurm/jobs
	echo "$program: $(wc -l <slurm/missing) ${2%% *} in $tasks task$([ "$tasks" -eq 1 ] || echo s): job $array, and job $next, ${2#* }; --status shows how far it is" >&2
}

# Where to look for why a chunk was not even begun.
where_tasks_speak() {
	[ ! -s slurm/jobs ] || echo "; see $PWD/slurm/$(cut -d ' ' -f 1 slurm/jobs)_*.out"
}

# slurm_status WHAT: what Slurm does of this run, in one line; WHAT is "chunks" and what the job behind them does.
slurm_status() {
	local jobs left

	[ -s slurm/jobs ] || return 0
	read -r jobs <slurm/jobs
	if ! left=$(jobs_left); then
		echo "slurm     jobs $jobs: $left"
		return
	fi
	awk -v jobs="$jobs" -v all="$(wc -l <slurm/missing) ${1%% *}" -v next_does="${1#* }" '
		BEGIN { split(jobs, job, " ") }
		NF && $1 != job[2] { at[$2 == "RUNNING" || $2 == "COMPLETING" ? "run" : "wait"]++ }
		NF && $1 == job[2] { state = $2 == "RUNNING" ? "is running" : "waits" }
		END {
			printf "slurm     job %s (%s): %d task%s, %d wait%s; job %s, which %s, %s\n", job[1], all,
				at["run"], at["run"] == 1 ? " runs" : "s run", at["wait"], at["wait"] == 1 ? "s" : "",
				job[2], next_does, state ? state : "has ended"
		}' <<<"$left"
}
