# shellcheck shell=bash
# Results as bench/run makes them, for tests of its report.

# What the programs of a column say, in three boots
column() { # CONFIG COLUMN SET FACTOR [ROW FACTOR]...: all rows cost 1000 times FACTOR
	awk -F '\t' -v config="$1" -v column="$2" -v set="$3" -v factor="$4" -v other="${*:5}" '
		BEGIN { n = split(other, w, " "); for (i = 1; i < n; i += 2) of[w[i]] = w[i + 1] }
		/^#/ { next }
		{
			for (phase = 0; phase < 3; phase++)
				for (round = 0; round < 5; round++) {
					ticks = 1000 * ($1 in of ? of[$1] : factor) * 100 + phase
					print config, column, set, phase, $1, ticks, 100, ticks, 100, 100
				}
		}' "$ROOT/bench/rows"
}
