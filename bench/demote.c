// SPDX-License-Identifier: GPL-2.0
/*
 * Count what demotion costs: ticks of the time stamp counter for each page that
 * reclaim of a cgroup moves to another node, median of several rounds. Under
 * `vm/run --accel icount` a tick is an instruction.
 *
 * usage: demote CGROUP
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

enum { PAGE = 4096, MIB = 1 << 20, AREA = 48 * MIB, ROUNDS = 5 };

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Reclaim that gets less than it was asked for says so; that is no error. */
static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	if (!f)
		fail(path);
	(void)fputs(text, f);
	(void)fclose(f);
}

static uint64_t demoted_pages(void)
{
	FILE *f = fopen("/proc/vmstat", "re");
	unsigned long long value;
	uint64_t sum = 0;
	char name[64];

	if (!f)
		fail("/proc/vmstat");
	while (fscanf(f, "%63s %llu", name, &value) == 2)
		if (!strncmp(name, "pgdemote_", 9))
			sum += value;
	(void)fclose(f);
	return sum;
}

/* In a process of its own, so that all is free again. */
static double demote_once(const char *cgroup)
{
	uint64_t pages, spent;
	char *area;

	write_file(cgroup, "cgroup.procs", "0");
	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		fail("mmap");
	for (size_t at = 0; at < AREA; at += PAGE)
		area[at] = 1;
	pages = demoted_pages();
	spent = ticks();
	write_file(cgroup, "memory.reclaim", "32M");
	spent = ticks() - spent;
	pages = demoted_pages() - pages;
	if (pages < 16 * MIB / PAGE) {
		(void)fprintf(stderr, "demote: only %llu pages were demoted\n",
			      (unsigned long long)pages);
		exit(1);
	}
	return (double)spent / (double)pages;
}

static double round_in_child(const char *cgroup)
{
	double cost;
	int fd[2];

	if (pipe(fd))
		fail("pipe");
	if (!fork()) {
		cost = demote_once(cgroup);
		_exit(write(fd[1], &cost, sizeof(cost)) != sizeof(cost));
	}
	close(fd[1]);
	if (read(fd[0], &cost, sizeof(cost)) != sizeof(cost))
		exit(1);
	close(fd[0]);
	(void)wait(NULL);
	return cost;
}

int main(int argc, char **argv)
{
	double cost[ROUNDS];

	if (argc != 2) {
		(void)fputs("usage: demote CGROUP\n", stderr);
		return 2;
	}
	(void)round_in_child(argv[1]);	/* the first one warms up */
	for (int i = 0; i < ROUNDS; i++)
		cost[i] = round_in_child(argv[1]);
	(void)printf("%.3f\n", median(cost, ROUNDS));
	return 0;
}
