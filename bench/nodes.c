// SPDX-License-Identifier: GPL-2.0
/*
 * A node that processes name: the first write to a page that is bound there, pages that
 * are moved there and back, and pages that come back because they are used.
 *
 * usage: nodes [SPIN [NODE]]
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "section.h"

enum { SIZE = 32 * MIB, PAGES = SIZE / PAGE, MPOL_MF_MOVE_OWN = 2, USES = 64 };

static void bound_round(int node, bool counts)
{
	char *area = map(SIZE);

	bind_to(area, SIZE, node);
	section_begin();
	write_pages(area, SIZE);
	section_end(counts ? "bound_write" : NULL, PAGES);
	munmap(area, SIZE);
}

static void *pages[PAGES];
static int nodes[PAGES], status[PAGES];

static void move_to(char *area, int node, const char *row)
{
	long error;

	for (int i = 0; i < PAGES; i++) {
		pages[i] = area + (size_t)i * PAGE;
		nodes[i] = node;
		status[i] = -1;
	}
	section_begin();
	error = syscall(SYS_move_pages, 0, PAGES, pages, nodes, status, MPOL_MF_MOVE_OWN);
	section_end(row, PAGES);
	for (int i = 0; i < PAGES && !error; i++)
		error = status[i] != node;
	if (error)
		fail("move_pages");
}

static uint64_t promoted(void)
{
	static const char *const names[] = { "numa_pages_migrated" };

	return vmstat(names, 1);
}

/* How long it takes until the kernel looks for pages that are used is a matter of time. */
static void promote_round(char *area, int node, bool counts)
{
	uint64_t before = promoted(), now;

	move_to(area, node, NULL);
	write_file("/proc/sys/kernel/numa_balancing", "1");
	section_begin();
	do {
		for (int i = 0; i < USES; i++)
			read_pages(area, SIZE);
		now = promoted();
	} while (now - before < PAGES / 2);
	section_end(counts ? "promote" : NULL, now - before);
	write_file("/proc/sys/kernel/numa_balancing", "0");
	move_to(area, 0, NULL);
}

int main(int argc, char **argv)
{
	int node = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;
	char *area;

	sections_start(argc, argv);
	for (int i = 0; i <= ROUNDS; i++)
		bound_round(node, i > 0);
	area = map(SIZE);
	write_pages(area, SIZE);
	for (int i = 0; i <= ROUNDS; i++) {
		move_to(area, node, i > 0 ? "move_there" : NULL);
		move_to(area, 0, i > 0 ? "move_back" : NULL);
	}
	for (int i = 0; i <= ROUNDS; i++)
		promote_round(area, node, i > 0);
	sections_print();
	return 0;
}
