# Makes tables of what the guests have counted.
#
# usage: awk -v wanted=" ROW ROW... " -v charts=DIR [-v only=same] -f report.awk bench/rows
#	RESULTS NOTES
#
# RESULTS has lines "CONFIG COLUMN SET PHASE ROW TICKS UNITS INSTRUCTIONS PAYLOAD USER", one
# for each section, NOTES lines "# CONFIG COLUMN SET PHASE ROW takes N faults". What is
# to be drawn goes to files in DIR. Exit status 1: a limit is exceeded, or A/A is not 1,
# which with only=same is all that is looked at.

function key(config, column, set, row) { return config SUBSEP column SUBSEP set SUBSEP row }

# Of values[1..nr], which get sorted
function median(values, nr,   i, j, swap) {
	for (i = 2; i <= nr; i++)
		for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
			swap = values[j]; values[j] = values[j - 1]; values[j - 1] = swap
		}
	return nr % 2 ? values[(nr + 1) / 2] : (values[nr / 2] + values[nr / 2 + 1]) / 2
}

function cost(row, ticks, instructions, user) {
	return kind[row] == "ticks" ? ticks : kind[row] == "run" ? instructions : instructions - user
}

# "FLOOR [COLUMN:FLOOR]...": of columns that have one of their own
function take_floors(row, text,   nr, list, part, i) {
	nr = split(text, list, " ")
	lowest[row] = list[1]
	for (i = 2; i <= nr; i++) {
		split(list[i], part, ":")
		lowest_in[part[1], row] = part[2]
	}
}

NR == FNR {
	if (/^#/) next
	split($0, field, "\t")
	order[++rows] = field[1]
	group[field[1]] = field[2]
	unit[field[1]] = field[3]
	kind[field[1]] = field[4]
	take_floors(field[1], field[5])
	limits[field[1]] = field[7]
	next
}

$1 == "#" {
	faults[$2, $3, $6] += $8
	fault_rounds[$2, $3, $6]++
	next
}

{
	boot = key($1, $2, $3, $5) SUBSEP $4
	if (!(boot in rounds)) {
		k = key($1, $2, $3, $5)
		phases[k]++
		boot_of[k, phases[k]] = boot
	}
	value[boot, ++rounds[boot]] = cost($5, $6, $8, $10) / $7
	k = key($1, $2, $3, $5)
	ticks[k] += $6; units[k] += $7; instructions[k] += $8; payload[k] += $9; user[k] += $10
}

# Sets mean[k] and spread[k], the latter as a part of the former.
function digest(k,   i, j, boot, m, low, high, sum, list) {
	if (k in mean || !(k in phases)) return
	for (i = 1; i <= phases[k]; i++) {
		boot = boot_of[k, i]
		for (j = 1; j <= rounds[boot]; j++) list[j] = value[boot, j]
		m = median(list, rounds[boot])
		sum += m
		if (i == 1 || m < low) low = m
		if (i == 1 || m > high) high = m
	}
	mean[k] = sum / phases[k]
	spread[k] = (high - low) / mean[k]
}

# What of a ratio is no difference: twice the spread, a thousandth at least, and a
# twentieth of an instruction for each unit: sections of a few are short.
function noise_of(a, b,   most, least) {
	most = 2 * (spread[a] > spread[b] ? spread[a] : spread[b])
	least = 0.05 / (mean[a] < mean[b] ? mean[a] : mean[b])
	if (least < 0.001) least = 0.001
	return most > least ? most : least
}

# Where it is hard to measure, nothing is called the same. The noise is a part of what was
# measured: what comes out as many times as much is uncertain by as many times more.
function verdict(value, noise,   within) {
	within = noise * (value > 1 ? value : 1)
	if (value > 1 + within) return "more"
	if (value < 1 - within) return "less"
	return noise > 0.02 ? "unclear" : "same"
}

# What column takes, as a part of what base takes; both have been measured.
function ratio(config, column, base, row,   a, b) {
	a = key(config, column, "A", row); b = key(config, base, "A", row)
	digest(a); digest(b)
	return mean[a] / mean[b]
}

# A cell "RATIO VERDICT", or a dash
function compared(config, column, base, row,   a, b, value) {
	a = key(config, column, "A", row); b = key(config, base, "A", row)
	if (!(a in phases) || !(b in phases)) return "-"
	value = ratio(config, column, base, row)
	return sprintf("%.4f %s", value, verdict(value, noise_of(a, b)))
}

function cell(config, column, row,   k) {
	k = key(config, column, "A", row)
	digest(k)
	return k in mean ? sprintf("%.1f", mean[k]) : "-"
}

function percent(part, whole) { return whole ? sprintf("%.0f %%", 100 * part / whole) : "-" }

function spread_cell(config, a, b, row) {
	a = key(config, a, "A", row); b = key(config, b, "A", row)
	if (!(a in phases) || !(b in phases)) return "-"
	return sprintf("%.2f %%", 100 * noise_of(a, b))
}

# What is begun and not ended for a fault is counted twice by the plugin.
function idle(k) { return ticks[k] > instructions[k] ? ticks[k] - instructions[k] : 0 }

function floor_of(column, row) {
	return (column, row) in lowest_in ? lowest_in[column, row] : lowest[row]
}

# Payload, the rest of what is run, idle; the lowest that can be, and how far it is
function parts(config, column, row,   k, run, all) {
	k = key(config, column, "A", row)
	run = cost(row, instructions[k], instructions[k], user[k])
	all = run + idle(k)
	return sprintf("%s | %s | %s | %s | %.1f", percent(payload[k], all),
		percent(run - payload[k], all), percent(idle(k), all), floor_of(column, row),
		mean[k] / floor_of(column, row))
}

function is_wanted(row) { return index(wanted, " " row " ") }

function is_shown(row, config, column) {
	return is_wanted(row) && (key(config, column, "A", row) in phases)
}

# A table of what columns take in ratio to the first, and what the last is made of.
function table(config, title, base, columns,   list, nr, i, j, row, line, shown) {
	nr = split(columns, list, " ")
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (!is_shown(row, config, base) || !is_shown(row, config, list[nr])) continue
		if (!shown++) {
			printf "\n### %s\n\n| row | for each | %s |", title, base
			for (j = 1; j <= nr; j++) printf " %s | ratio | noise |", list[j]
			print " payload | control | idle | floor | times floor |"
			printf "| --- | --- | ---: |"
			for (j = 1; j <= nr; j++) printf " ---: | :--- | ---: |"
			print " ---: | ---: | ---: | ---: | ---: |"
		}
		line = sprintf("| %s | %s | %s |", row, unit[row], cell(config, base, row))
		for (j = 1; j <= nr; j++)
			line = line sprintf(" %s | %s | %s |", cell(config, list[j], row),
				compared(config, list[j], base, row), spread_cell(config, base, list[j], row))
		print line " " parts(config, list[nr], row) " |"
	}
}

# The head of a table: the first columns as they are, then nr columns of list, and last
function head(title, first, list, nr, last,   i, rule) {
	printf "\n### %s\n\n| %s |", title, first
	rule = "| ---" (first ~ /\|/ ? " | ---" : "") " |"
	for (i = 1; i <= nr; i++) {
		printf " %s |", list[i]
		rule = rule " ---: |"
	}
	print last "\n" rule (last ? " :--- | ---: |" : "")
}

# Page faults for each cold page
function fault_table(config,   nr, list, i, j, row) {
	nr = split("plain zram zswap model cram", list, " ")
	head("Page faults for each page that was cold", "row", list, nr)
	for (j = 1; j <= rows; j++) {
		row = order[j]
		if (!((config, "cram", row) in faults) || !is_wanted(row)) continue
		printf "| %s |", row
		for (i = 1; i <= nr; i++)
			printf " %.3f |", faults[config, list[i], row] / fault_rounds[config, list[i], row]
		print ""
	}
}

# What becomes of it as there is more of it
function growth(config, title, columns,   nr, list, i, j, row) {
	nr = split(columns, list, " ")
	head(title, "row | for each", list, nr, " last to first | noise |")
	for (j = 1; j <= rows; j++) {
		row = order[j]
		if (!is_shown(row, config, list[1])) continue
		printf "| %s | %s |", row, group[row] == "hotplug" ? "page of the node" : unit[row]
		for (i = 1; i <= nr; i++) printf " %s |", cell(config, list[i], row)
		printf " %s | %s |\n", compared(config, list[nr], list[1], row),
			spread_cell(config, list[1], list[nr], row)
	}
}

# Changes in percent, and cold memory as a part of what zram costs
function draw(config,   i, row) {
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (is_shown(row, config, "patched"))
			print row, 100 * (ratio(config, "patched", "stock", row) - 1),
				100 * (ratio(config, "private", "stock", row) - 1) >(charts "/ordinary")
		if (is_shown(row, config, "zram"))
			print row, 1, ratio(config, "zswap", "zram", row), ratio(config, "model", "zram", row),
				ratio(config, "cram", "zram", row) >(charts "/cold")
	}
}

# The same kernel against itself, in other phases of the timer
function same_kernel(config,   i, row, column, a, b, change, noise, worst, worst_row, nr) {
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (!is_wanted(row)) continue
		column = (key(config, "stock", "A", row) in phases) ? "stock" : "kmem"
		a = key(config, column, "A", row); b = key(config, column, "B", row)
		digest(a); digest(b)
		if (!(a in mean) || !(b in mean)) {
			printf "- **%s, %s: not measured twice**\n", config, row
			failed = 1
			continue
		}
		nr++
		change = mean[b] / mean[a]
		noise = noise_of(a, b)
		if (change > 1 + noise || change < 1 - noise) {
			printf "- **%s, %s: %.4f, beyond its noise of %.2f %%**\n", config, row, change, 100 * noise
			failed = 1
		}
		if (!worst_row || (change - 1) ^ 2 > (worst - 1) ^ 2) { worst = change; worst_row = row }
	}
	printf "- %s: %d rows, the farthest from 1 is %s with %.4f\n", config, nr, worst_row, worst
}

function check_limits(config,   i, j, nr, list, part, value, row) {
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (!is_wanted(row)) continue
		nr = split(limits[row], list, ",")
		for (j = 1; j <= nr; j++) {
			split(list[j], part, "/|<=")
			if (!is_shown(row, config, part[1]) || !is_shown(row, config, part[2])) {
				printf "| %s | %s | %s/%s | | %s | **not measured** |\n", config, row,
					part[1], part[2], part[3]
				failed = 1
				continue
			}
			value = ratio(config, part[1], part[2], row)
			printf "| %s | %s | %s/%s | %.4f | %s | %s |\n", config, row, part[1], part[2],
				value, part[3], value <= part[3] ? "kept" : "**exceeded**"
			if (value > part[3]) failed = 1
		}
	}
}

function tables(config) {
	table(config, "Ordinary memory", "stock", "patched private")
	table(config, "Memory of a node of its own", "kmem", "private")
	table(config, "Cold memory", "zram", "plain zswap model cram")
	if (is_wanted("cold_read")) fault_table(config)
}

END {
	if (only == "same") {
		same_kernel("small")
		same_kernel("product")
		exit failed
	}
	print "## As small as it can be configured"
	tables("small")
	print "\n## As products configure it"
	tables("product")
	print "\n## More of it"
	growth("small", "Size of the private node", "size-256M size-512M size-1G size-2G")
	growth("small", "Number of private nodes", "nodes-1 nodes-2 nodes-4 nodes-8")
	print "\n## The same kernel against itself\n"
	same_kernel("small")
	same_kernel("product")
	print "\n## Limits\n\n| configuration | row | of | ratio | limit | |\n| --- | --- | --- | ---: | ---: | --- |"
	check_limits("small")
	check_limits("product")
	draw("small")
	exit failed
}
