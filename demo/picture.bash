# shellcheck shell=bash
# What the scenes of the demo draw with: steps, checks and bars. Sourced.
# shellcheck disable=SC2034 # scenes use the colours

page_kib=4

if [[ ${STYLE:-} == utf8 ]]; then full=█ empty=░ tick=✓; else full='#' empty=. tick=ok; fi
if [[ ${COLOR:-} ]]; then
	bold=$'\e[1m' dram=$'\e[34m' private=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' dram='' private='' red='' plain=''
fi

step=0
title() { step=$((step + 1)); printf '\n%s%d. %s%s\n' "$bold" "$step" "$1" "$plain"; }
checked() { printf '   %s %s\n' "$tick" "$1"; }
broken() { printf '   %s! %s%s\n' "$red" "$1" "$plain"; exit 1; }

# repeat TEXT N
repeat() {
	local i out=''
	for ((i = 0; i < $2; i++)); do out+=$1; done
	printf '%s' "$out"
}

# bar NAME COLOUR USED TOTAL, in pages
bar() {
	local width=44 n
	n=$((($3 * width + $4 - 1) / $4))
	printf '   %-8s %s%s%s%s %7d of %7d pages, %4d MiB\n' "$1" "$2" "$(repeat "$full" "$n")" \
		"$(repeat "$empty" $((width - n)))" "$plain" "$3" "$4" $(($3 * page_kib / 1024))
}

# zone_sum FIELD NODE. Pages on the lists of a CPU are free, too.
zone_sum() {
	awk -v node="$2," -v field="$1" '
		$1 == "Node" { mine = $2 == node }
		!mine { next }
		field == "free" && $1 == "pages" && $2 == "free" { sum += $3 }
		field == "free" && $1 == "count:" { sum += $2 }
		$1 == field && $2 ~ /^[0-9]+$/ { sum += $2 }
		END { print sum + 0 }' /proc/zoneinfo
}

used() { echo $(($(zone_sum managed "$1") - $(zone_sum free "$1"))); }
