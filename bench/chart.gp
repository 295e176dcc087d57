# gnuplot: the picture for the report, from the files that report.awk and isolation wrote
set terminal svg size 900,1250 font "sans,12" noenhanced background "white"
set multiplot layout 3,1
set style data histogram
set style fill solid 0.8 border -1
set grid y
set key outside right

set title "Ordinary memory: instructions more than on the stock kernel, both as small as can be"
set ylabel "percent"
set xtics rotate by -30
plot "ordinary" using 2:xtic(1) title "patched", "" using 3 title "private node, all opt-ins"

set title "Cold memory: instructions for each page, as a part of what zram takes"
set ylabel "ratio, logarithmic"
set logscale y
set yrange [0.0001:10]
set xtics norotate
plot "cold" using 2:xtic(1) title "zram", "" using 3 title "zswap", \
	"" using 4 title "compressed RAM, model", "" using 5 title "compressed RAM"

set title "What nobody asked to have on the node, as DRAM fills up"
unset logscale y
set yrange [*:*]
set xlabel "MiB written to tmpfs (DRAM: 512)"
set ylabel "MiB on the node"
set style data linespoints
plot "<grep kmem isolation" using 2:3 title "dax/kmem", \
	"<grep bind-only isolation" using 2:3 title "private node"
