# shellcheck shell=bash
# What the measurements share, after scripts/lib.sh: the programs, and the plugin that
# counts what a guest runs between their marks.
# shellcheck disable=SC2154 # repo is set by who reads this

readonly mark_begin=0x10000000 mark_end=0x10001000

# The interface that this QEMU wants of a plugin
plugin_interface() {
	qemu-system-x86_64 --version | awk 'NR == 1 { split($4, v, "."); print v[1] < 9 ? 1 : 2 }'
}

build_programs() { # DIR NAME...: and count.so
	local name
	for name in "${@:2}"; do
		gcc -O2 -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -static -no-pie -o "$1/$name" \
			"$repo/bench/$name.c" "$repo/bench/section.c" \
			"-Wl,--section-start=.mark_begin=$mark_begin,--section-start=.mark_end=$mark_end"
	done
	gcc -O2 -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -shared -fPIC -o "$1/count.so" \
		-DMARK_BEGIN=$mark_begin -DMARK_END=$mark_end -DINTERFACE="$(plugin_interface)" \
		"$repo/bench/count.c"
}

# join_counts TIMED COUNTED: what the programs have timed, with what the plugin has
# counted: lines "ROW TICKS UNITS INSTRUCTIONS PAYLOAD USER", without warming up
join_counts() {
	[[ $(grep -vc '^#' "$1") == $(wc -l <"$2") ]] ||
		die "${1##*/}: the plugin has not counted the sections that the programs have timed" \
			"if a program has failed, the lines above say which"
	grep -v '^#' "$1" | paste -d ' ' - "$2" | sed '/^- /d'
}
