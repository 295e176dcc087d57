# Makes a table of what it takes to make a private node of a device. Lines "ROW TICKS UNITS
# INSTRUCTIONS PAYLOAD USER"; rows as bench/reconfigure says. Exit status 1: a limit is
# exceeded, or something was not measured.

{
	ticks[$1] += $2
	instructions[$1] += $4
	user[$1] += $6
	nr[$1]++
}

function mean(sums, row) { return sums[row] / nr[row] / 1000000 }

function line(row, what) {
	if (!nr[row]) {
		printf "| %s | **not measured** | | |\n", what
		failed = 1
		return
	}
	printf "| %s | %.1f | %.2f | %.2f |\n", what, mean(ticks, row), mean(instructions, row),
		mean(user, row)
}

# Of the time of the writes, waiting included
function percent(row) { return 100 * (mean(ticks, row) / mean(ticks, "writes") - 1) }

END {
	print "| | milliseconds | million instructions | of programs |"
	print "| --- | ---: | ---: | ---: |"
	line("writes", "the writes")
	line("script", "a shell that does them")
	line("start", "`daxctl-private --version`")
	line("tool", "`daxctl-private reconfigure-device`")
	line("daxctl", "`daxctl reconfigure-device`, to system RAM")
	if (failed) exit 1
	start = 100 * mean(ticks, "start") / mean(ticks, "writes")
	exceeded = percent("tool") - start > 5
	print "\nAn instruction takes a nanosecond here, and what is waited for its time. The tool adds"
	printf "%.1f %% to the time of the writes (limit 5 %%: %s), without what it takes to start a\n",
		percent("tool") - start, exceeded ? "**exceeded**" : "kept"
	printf "program with its libraries, and %.1f %% with that; a shell adds %.1f %%.\n", percent("tool"),
		percent("script")
	exit exceeded
}
