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
	printf "| %s | %.2f | %.2f | %.2f |\n", what, mean(instructions, row), mean(user, row),
		nr["writes"] ? mean(instructions, row) / mean(instructions, "writes") : 0
}

function percent(part) { return 100 * part / mean(ticks, "writes") }

END {
	print "| in millions of instructions | all | of programs | of the writes |"
	print "| --- | ---: | ---: | ---: |"
	line("writes", "the writes")
	line("script", "a shell that does them")
	line("start", "`daxctl-private`, loaded")
	line("tool", "`daxctl-private reconfigure-device`")
	line("daxctl", "`daxctl reconfigure-device`, to system RAM")
	if (failed) exit 1
	whole = mean(instructions, "tool") - mean(instructions, "writes")
	added = whole - mean(instructions, "start")
	printf "\nThe writes take %.1f ms, waiting included, where an instruction takes a\n", mean(ticks, "writes")
	printf "nanosecond. The tool adds %.1f %% to that when it is loaded (limit 5 %%: %s),\n",
		percent(added), added / mean(ticks, "writes") <= 0.05 ? "kept" : "**exceeded**"
	printf "and %.1f %% with its start; a shell adds %.1f %%.\n", percent(whole),
		percent(mean(instructions, "script") - mean(instructions, "writes"))
	exit percent(added) > 5
}
