# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# bash completion of every program and pipeline. Installed, it has a link of each one's name, by
# which bash-completion finds it; in the source tree `. completions/lrpipe.bash` does for all.

_lrpipe_candidates=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/candidates

_lrpipe() {
	local words=() typed last line joined='' colons='^[:=]+$'

	COMPREPLY=()
	# bash takes ':' and '=' for words of their own; what is typed is one word.
	for last in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
		if ((${#words[@]} > 1)) && [[ $joined || $last =~ $colons ]]; then
			words[-1]+=$last
		else
			words+=("$last")
		fi
		joined=
		[[ ! $last =~ $colons ]] || joined=yes
	done
	[[ ! $joined ]] || last=
	last=${last//[\"\'\\]/} words=("${words[@]//[\"\'\\]/}") typed=${words[-1]}
	while IFS= read -r line; do
		_lrpipe_add "$last" $((${#typed} - ${#last})) "${line%%$'\t'*}"
	done < <("$_lrpipe_candidates" "${words[@]}")
}

# WORD SKIP CANDIDATE: without the characters that bash has set apart.
_lrpipe_add() {
	local names=()

	case $3 in
	'*') mapfile -t names < <(compgen -f -- "$1") ;;
	/) mapfile -t names < <(compgen -d -- "$1") ;;
	*[:=]) compopt -o nospace 2>/dev/null ;;&
	*) COMPREPLY+=("${3:$2}") && return ;;
	esac
	COMPREPLY+=("${names[@]}")
	compopt -o filenames 2>/dev/null
}

_lrpipe_register() {
	local name=${BASH_SOURCE[0]##*/} names page

	if [ "$name" != lrpipe.bash ]; then
		complete -F _lrpipe "$name"
		return
	fi
	read -r _ names <"${_lrpipe_candidates%/*}/_lrpipe" # where installed, all names
	if [ "$names" = @PROGRAMS@ ]; then
		names=
		for page in "${_lrpipe_candidates%/*/*}"/{bin,pipelines}/*.1; do
			page=${page##*/}
			names+=" ${page%.1}"
		done
	fi
	# shellcheck disable=SC2086 # one word a name
	complete -F _lrpipe $names
}
_lrpipe_register
unset -f _lrpipe_register
