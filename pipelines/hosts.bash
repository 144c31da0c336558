# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016,SC2034 # names are of lrpipe.bash and of the pipelines; $ is for the other host
# Hosts that work on jobs, over ssh. Nothing is kept there but a copy of the model where the user asks for one:
# what a job reads goes in, its file comes out.

hosts=(:)        # as --hosts names them; ':' is this machine
slots=()         # of each worker at work at a time, which of the hosts is its own
declare -A models=() # by host, where the copy of the model is, below its home

check_host_options() {
	[[ ! -v flag[copy-model] || -v option[hosts] ]] || die_usage '--copy-model is for --hosts'
	[[ ! -v option[hosts] || ( -r ${option[hosts]} && ! -d ${option[hosts]} ) ]] || die "--hosts: no file '${option[hosts]}'"
}

# read_hosts FILE: lines as GNU parallel's --sshloginfile has them, [N/][ssh OPTIONS ][USER@]HOST.
read_hosts() {
	local line many

	hosts=()
	while read -r line || [ -n "$line" ]; do
		line=${line%%#*}
		[[ $line =~ [^[:space:]] ]] || continue
		many=$workers
		if [[ $line =~ ^([1-9][0-9]{0,3})/(.*)$ ]]; then
			many=${BASH_REMATCH[1]} line=${BASH_REMATCH[2]}
		fi
		read -ra line <<<"$line"
		for ((; many > 0; many--)); do
			slots+=("${#hosts[@]}")
		done
		hosts+=("${line[*]}")
	done <"$1"
	[ ${#hosts[@]} -gt 0 ] || die "--hosts: no host in '$1'"
}

# on_host NUMBER WORD...: the command there, spelled for whatever shell reads it.
on_host() {
	local there word command=''

	read -ra there <<<"${hosts[$1]}"
	if [ "${there[*]}" = : ]; then
		"${@:2}"
		return
	fi
	shift
	for word; do
		command+="'${word//\'/\'\\\'\'}' "
	done
	[ ${#there[@]} -gt 1 ] || there=(ssh "${there[@]}")
	"${there[0]}" -T -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 "${there[@]:1}" "$command"
}

# model_there NUMBER: the header of its model's traces. 255: no connection.
model_there() {
	on_host "$1" bash -c "$(declare -f find_programs; printf 'here=%q; find_programs; [ -z "$1$2" ] || export LRPIPE_MODEL=${2:+$HOME/}${2:-$1}; trace-extract </dev/null' "$here")" bash \
		"${LRPIPE_MODEL-}" "${models[$1]-}" </dev/null
}

# Of a stream, which is read to its end; it fails where that is not there.
fingerprint() {
	stream-show --json | jq -r 'select(.model).model.checkpoint.hash // empty'
}

# copy_model NUMBER FINGERPRINT PATH: into a cache there, where it is not there yet.
copy_model() {
	local path=$3 copy=.cache/lrpipe/$2

	on_host "$1" bash -c 'cd && mkdir -p "$1" && [ -e "$1/whole" ]' bash "$copy" </dev/null 2>/dev/null || {
		echo "$program: host ${hosts[$1]}: copies the model there" >&4
		tar -c -h -C "$(dirname "$path")" "$(basename "$path")" | on_host "$1" bash -c 'cd && tar -x -C "$1" && : >"$1/whole"' bash "$copy"
	}
	models[$1]=$copy/$(basename "$path")
}

# check_hosts FINGERPRINT PATH: of the model here. Leave out those that cannot be reached; each other one has programs and the model.
check_hosts() {
	local host found said status slot left=()

	for host in "${!hosts[@]}"; do
		[ "${hosts[host]}" != : ] || continue
		found='' status=0
		[[ ! -v flag[copy-model] ]] || copy_model "$host" "$@" 2>"$work/said" || status=$?
		[ "$status" -ne 0 ] || model_there "$host" >"$work/model" 2>"$work/said" || status=$?
		[ "$status" -ne 0 ] || found=$(fingerprint <"$work/model" 2>"$work/said") || status=1
		said=$(tail -n 1 "$work/said")
		if [ "$status" -eq 255 ]; then
			echo "$program: host ${hosts[host]}: cannot be reached: ${said//[[:cntrl:]]/}; goes on without it" >&2
			: >"$work/bad.$host"
		elif [ "$status" -ne 0 ]; then
			die "host ${hosts[host]}: ${said//[[:cntrl:]]/?}"
		elif [ "$found" != "$1" ]; then
			die "host ${hosts[host]}: its model is another, by the fingerprint: $found there, $1 here; --copy-model takes this one there"
		fi
	done
	for slot in "${slots[@]}"; do
		[ -e "$work/bad.$slot" ] || left+=("$slot")
	done
	slots=("${left[@]}")
	[ ${#slots[@]} -gt 0 ] || die 'no host is left'
}

# hosts_for SLOT: which hosts try a job, one after another: its own, then others that are well.
hosts_for() {
	local own=${slots[$1 - 1]} host tried=0

	for host in "$own" "${!hosts[@]}"; do
		if [[ ($host != "$own" || $tried -eq 0) && $tried -lt 3 && ! -e $work/bad.$host ]]; then
			echo "$host"
			tried=$((tried + 1))
		fi
	done
	[ "$tried" -gt 0 ] || echo "$own"
}

# bad_host NUMBER WHY: said once; its work goes elsewhere.
bad_host() {
	(set -o noclobber && : >"$work/bad.$1") 2>/dev/null || return 0
	echo "$program: host ${hosts[$1]}: ${2//[[:cntrl:]]/?}; its work goes elsewhere" >&4
}
