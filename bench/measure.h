/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs that count share. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <x86intrin.h>

/* The time stamp counter; under `vm/run --accel icount` instructions */
static inline uint64_t ticks(void)
{
	_mm_lfence();
	return __rdtsc();
}

#endif
