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

#include "measure.h"

enum { PAGE = 4096, PAGES = 16384, ROUNDS = 7 };

static void bind_to(void *area, size_t size, int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_mbind, area, size, MPOL_BIND, &mask, 8 * sizeof(mask), 0)) {
		perror("fault: mbind");
		exit(1);
	}
}

/* Returns ticks for each page. */
static double write_fault_round(int node)
{
	const size_t size = (size_t)PAGE * PAGES;
	volatile char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t spent;

	if (area == MAP_FAILED) {
		perror("fault: mmap");
		exit(1);
	}
	if (node >= 0)
		bind_to((void *)area, size, node);
	spent = ticks();
	for (size_t at = 0; at < size; at += PAGE)
		area[at] = 1;
	spent = ticks() - spent;
	munmap((void *)area, size);
	return (double)spent / PAGES;
}

int main(int argc, char **argv)
{
	int node = argc > 2 ? (int)strtol(argv[2], NULL, 10) : -1;
	double cost[ROUNDS];

	for (volatile long spin = argc > 1 ? strtol(argv[1], NULL, 10) : 0; spin > 0;)
		spin--;

	write_fault_round(node);		/* the first one warms up */
	for (int i = 0; i < ROUNDS; i++)
		cost[i] = write_fault_round(node);
	printf("%.3f\n", median(cost, ROUNDS));
	return 0;
}
