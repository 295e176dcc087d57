# shellcheck shell=bash
# Completion of daxctl-private: all words come from the program itself, so that
# there is nothing here to be kept in step with it.

_daxctl_private_devices() { # PROGRAM
	"$1" list --idle -o chardev 2>/dev/null | tail -n +2
	echo all
}

# The values of an option; 1 if it is not known what they are.
_daxctl_private_values() { # PROGRAM OPTION
	case $2 in
	-m | --mode) "$1" --list-values modes ;;
	-p | --preset) "$1" --list-values presets ;;
	-z | --zone) "$1" --list-values zones ;;
	-s | --set) "$1" --list-values attributes | sed 's/$/=/' ;;
	-d | --dev) _daxctl_private_devices "$1" ;;
	-r | --region) "$1" list --regions -o id 2>/dev/null | tail -n +2 ;;
	*) return 1 ;;
	esac
}

_daxctl_private_verbs() { # PROGRAM
	"$1" --list-cmds
	# what is handed to it
	daxctl --list-cmds 2>/dev/null
	printf '%s\n' help --help --version
}

# Does the option take a value, which is the next word?
_daxctl_private_takes_value() { # OPTION OPTIONS
	case $1 in
	--*) grep -qxF -e "$1=" <<<"$2" ;;
	-[mpzsdro]) return 0 ;;
	*) return 1 ;;
	esac
}

# One verb's options; daxctl has its own on one line.
_daxctl_private_options() { # PROGRAM VERB
	"$1" --list-opts "$2" 2>/dev/null || daxctl "$2" --list-opts 2>/dev/null | tr ' ' '\n'
}

_daxctl_private_words() { # PROGRAM VERB CURRENT
	if [[ $3 == -* ]]; then
		_daxctl_private_options "$1" "$2"
		return
	fi
	[[ $2 != help ]] || _daxctl_private_verbs "$1"
	[[ $2 != policy ]] || "$1" --list-values attributes | sed 's/$/=/'
	_daxctl_private_devices "$1"
}

_daxctl_private() {
	local program=$1 verb=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]} words
	COMPREPLY=()
	# "--mode=x" is three words here
	if [[ $current == = ]]; then
		current=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD == 1)); then
		words=$(_daxctl_private_verbs "$program")
	elif _daxctl_private_takes_value "$before" "$(_daxctl_private_options "$program" "$verb")"; then
		words=$(_daxctl_private_values "$program" "$before") || {
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
			compopt -o filenames 2>/dev/null
			return
		}
	else
		words=$(_daxctl_private_words "$program" "$verb" "$current")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null
	return 0
}

complete -F _daxctl_private daxctl-private
