/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs that count share. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <stdlib.h>
#include <x86intrin.h>

/* The time stamp counter; under `vm/run --accel icount` instructions */
static inline uint64_t ticks(void)
{
	_mm_lfence();
	return __rdtsc();
}

static inline int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them. */
static inline double median(double *values, size_t nr)
{
	qsort(values, nr, sizeof(*values), ascending);
	return values[nr / 2];
}

#endif
