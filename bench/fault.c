// SPDX-License-Identifier: GPL-2.0
/*
 * Count what a page fault costs: ticks of the time stamp counter for each page
 * of anonymous memory that is written for the first time, median of several
 * rounds. Under `vm/run --accel icount` a tick is an instruction.
 *
 * usage: fault [SPIN [NODE]]
 *
 * SPIN shifts the phase of the timer interrupt; with NODE the memory is bound.
 */
#include <linux/mempolicy.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

enum { PAGE = 4096, PAGES = 16384, ROUNDS = 7 };

static uint64_t ticks(void)
{
	_mm_lfence();
	return __rdtsc();
}

static void bind_to(void *area, size_t size, int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_mbind, area, size, MPOL_BIND, &mask, 8 * sizeof(mask), 0)) {
		perror("fault: mbind");
		exit(1);
	}
}

static uint64_t write_fault_round(int node)
{
	const size_t size = (size_t)PAGE * PAGES;
	volatile char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start;
	uint64_t spent;

	if (area == MAP_FAILED) {
		perror("fault: mmap");
		exit(1);
	}
	if (node >= 0)
		bind_to((void *)area, size, node);
	start = ticks();
	for (size_t at = 0; at < size; at += PAGE)
		area[at] = 1;
	spent = ticks() - start;
	munmap((void *)area, size);
	return spent;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int node = argc > 2 ? (int)strtol(argv[2], NULL, 10) : -1;
	uint64_t spent[ROUNDS];

	for (volatile long spin = argc > 1 ? strtol(argv[1], NULL, 10) : 0; spin > 0;)
		spin--;

	write_fault_round(node);		/* the first one warms up */
	for (int i = 0; i < ROUNDS; i++)
		spent[i] = write_fault_round(node);
	qsort(spent, ROUNDS, sizeof(spent[0]), ascending);
	printf("%.3f\n", (double)spent[ROUNDS / 2] / PAGES);
	return 0;
}
