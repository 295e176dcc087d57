# shellcheck shell=bash
# Completion of daxctl-private: all words come from the program itself, so that
# there is nothing here to be kept in step with it.

_daxctl_private_devices() { # PROGRAM
	"$1" list --idle -o chardev 2>/dev/null | tail -n +2
	echo all
}

# As the program decides what it lists.
_daxctl_private_columns() { # PROGRAM
	local of
	case " ${COMP_WORDS[*]} " in
	*" -R "* | *" --regions "*) of=region-columns ;;
	*" -D "* | *" --devices "*) of=columns ;;
	*" -r "* | *" -r"[0-9]* | *" --region "*) of=region-columns ;;
	*) of=columns ;;
	esac
	"$1" --list-values "$of"
}

# The values of an option; 1 if it is not known what they are.
_daxctl_private_values() { # PROGRAM VERB OPTION CURRENT
	local before
	case $3 in
	--mode) "$1" --list-values modes ;;
	--preset) "$1" --list-values presets ;;
	--zone) "$1" --list-values zones ;;
	--set) "$1" --list-values attributes | sed 's/$/=/' ;;
	--timeout | --interval | --count | --node | --at | --size | --align) ;; # numbers
	--dev) _daxctl_private_devices "$1" ;;
	--region) "$1" list --regions -o id 2>/dev/null | tail -n +2 ;;
	--output)
		[[ $2 == list ]] || return 1 # a file
		before=${4%"${4##*,}"}
		_daxctl_private_columns "$1" | while read -r; do echo "$before$REPLY"; done
		;;
	*) return 1 ;;
	esac
}

_daxctl_private_is_ours() { # PROGRAM
	[[ $(type -P "$1") -ef $(type -P daxctl-private) ]]
}

_daxctl_private_is_stock() { # PROGRAM
	[[ ${1##*/} == daxctl ]] && ! _daxctl_private_is_ours "$1"
}

# The daxctl that PROGRAM hands verbs to: not itself under that name.
_daxctl_private_other() { # PROGRAM
	local other
	! _daxctl_private_is_stock "$1" || return 1
	while read -r other; do
		[[ ! $other -ef $(type -P "$1") ]] || continue
		printf '%s\n' "$other"
		return
	done < <(hash -r && type -aP daxctl) # all, even if one has run
	return 1
}

_daxctl_private_verbs() { # PROGRAM
	local other
	"$1" --list-cmds
	! other=$(_daxctl_private_other "$1") || "$other" --list-cmds 2>/dev/null
	printf '%s\n' help --help --version
}

_daxctl_private_has_verb() { # PROGRAM VERB
	! _daxctl_private_is_stock "$1" && "$1" --list-opts "$2" &>/dev/null
}

# The word before, with the name of the option for its letter: only the help has both.
# The help of daxctl is its manual.
_daxctl_private_long() { # PROGRAM VERB WORD
	case $3 in
	-[a-zA-Z])
		if _daxctl_private_has_verb "$1" "$2"; then
			"$1" "$2" --help | sed -nE "s/^  $3, (--[a-z-]+) .*/\1/p"
		elif [[ $3 == -r ]]; then
			echo --region
		fi
		;;
	*) printf '%s\n' "$3" ;;
	esac
}

# Does the option take a value, which is the next word?
_daxctl_private_takes_value() { # OPTION OPTIONS
	[[ $1 == --* ]] && grep -qxF -e "$1=" <<<"$2"
}

# One verb's options; daxctl has its own on one line.
_daxctl_private_options() { # PROGRAM VERB
	local other
	! _daxctl_private_has_verb "$1" "$2" || { "$1" --list-opts "$2"; return; }
	other=$(_daxctl_private_other "$1") || other=$1
	"$other" "$2" --list-opts 2>/dev/null | tr ' ' '\n'
}

# 1 if it is a command.
_daxctl_private_words() { # PROGRAM VERB CURRENT
	if [[ $3 == -* ]]; then
		_daxctl_private_options "$1" "$2"
		return 0
	fi
	case $2 in
	help) _daxctl_private_verbs "$1"; return ;;
	policy) "$1" --list-values attributes | sed 's/$/=/' ;;
	esac
	_daxctl_private_arguments "$1" "$2"
}

# What the first line of the help says; 1 if it is a command. The verbs of daxctl take
# devices.
_daxctl_private_arguments() { # PROGRAM VERB
	local usage=DEVICE
	! _daxctl_private_has_verb "$1" "$2" || read -r usage < <("$1" "$2" --help)
	case $usage in
	*COMMAND*) return 1 ;;
	*DEVICE*) _daxctl_private_devices "$1" ;;
	esac
}

# The program that a word stands for: what is called in here is no alias.
_daxctl_private_program() { # WORD
	local words
	read -ra words <<<"${BASH_ALIASES[$1]:-$1}"
	printf '%s\n' "${words[0]}"
}

_daxctl_private() {
	local program verb=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]} words
	program=$(_daxctl_private_program "$1")
	COMPREPLY=()
	# "--mode=x" is three words here, and so is "mbind=1", whose values are not known
	if [[ $current == = ]]; then
		current=
		[[ $before == --* ]] || return 0
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
		[[ $before == --* ]] || return 0
	fi
	before=$(_daxctl_private_long "$program" "$verb" "$before")
	if ((COMP_CWORD == 1)); then
		words=$(_daxctl_private_verbs "$program")
	elif _daxctl_private_takes_value "$before" "$(_daxctl_private_options "$program" "$verb")"; then
		words=$(_daxctl_private_values "$program" "$verb" "$before" "$current") || {
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
			compopt -o filenames 2>/dev/null
			return
		}
	elif ! words=$(_daxctl_private_words "$program" "$verb" "$current"); then
		mapfile -t COMPREPLY < <(compgen -c -- "$current" | sort -u)
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null
	return 0
}

# Has the daxctl of the system a completion, which bash-completion would load?
_daxctl_private_daxctl_has_own() {
	local dir dirs
	! complete -p daxctl &>/dev/null || return 0
	IFS=: read -ra dirs <<<"${BASH_COMPLETION_USER_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/bash-completion}:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
	for dir in "${dirs[0]}" "${dirs[@]/%//bash-completion}"; do
		[[ ! -e $dir/completions/daxctl ]] || return 0
	done
	return 1
}

complete -F _daxctl_private daxctl-private
# by an alias, or as the first one in PATH
if _daxctl_private_is_ours "$(_daxctl_private_program daxctl)" ||
	! _daxctl_private_daxctl_has_own; then
	complete -F _daxctl_private daxctl
fi
