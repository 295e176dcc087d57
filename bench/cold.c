// SPDX-License-Identifier: GPL-2.0
/*
 * Count what cold memory costs: ticks of the time stamp counter for each page
 * that reclaim of a cgroup sends away, and for each of these that is read or
 * written after that; median of several rounds. Under `vm/run --accel icount` a
 * tick is an instruction.
 *
 * usage: cold CGROUP out|read|write FILE
 *
 * The memory is filled with FILE, over and over: what it costs to compress and to
 * decompress depends on what it is.
 *
 * Prints the cost and the page faults, both for each cold page.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

enum { PAGE = 4096, MIB = 1 << 20, AREA = 48 * MIB, ROUNDS = 5 };

struct cost {
	double ticks;
	double faults;
};

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

/* Pages that were demoted or swapped out since boot, zswap or not */
static uint64_t pages_gone(void)
{
	FILE *f = fopen("/proc/vmstat", "re");
	unsigned long long value;
	uint64_t sum = 0;
	char name[64];

	if (!f)
		fail("/proc/vmstat");
	while (fscanf(f, "%63s %llu", name, &value) == 2)
		if (!strncmp(name, "pgdemote_", 9) || !strcmp(name, "pswpout") ||
		    !strcmp(name, "zswpout"))
			sum += value;
	(void)fclose(f);
	return sum;
}

static uint64_t faults(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

static char content[MIB];
static size_t content_pages;

static void load(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		fail(path);
	content_pages = fread(content, PAGE, sizeof(content) / PAGE, f);
	(void)fclose(f);
	if (!content_pages) {
		(void)fprintf(stderr, "cold: %s: not even a page\n", path);
		exit(2);
	}
}

static void fill(volatile uint64_t *area)
{
	for (size_t i = 0; i < AREA / PAGE; i++)
		memcpy((char *)area + i * PAGE,
		       content + i % content_pages * PAGE, PAGE);
}

static volatile uint64_t *new_area(void)
{
	void *area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		fail("mmap");
	return area;
}

static void use(volatile uint64_t *area, bool by_writing)
{
	const size_t step = PAGE / sizeof(*area);

	for (size_t i = 0; i < AREA / sizeof(*area); i += step) {
		if (by_writing)
			area[i] = i;
		else
			(void)area[i];
	}
}

static struct cost cost_of_use(volatile uint64_t *area, bool by_writing)
{
	uint64_t nr = faults();
	uint64_t start = ticks();
	uint64_t first, again;

	use(area, by_writing);
	first = ticks() - start;
	nr = faults() - nr;
	start = ticks();
	use(area, by_writing);
	again = ticks() - start;
	return (struct cost){ (double)first - (double)again, (double)nr };
}

/* In a process of its own, so that all is free again. */
static struct cost one_round(const char *cgroup, const char *operation)
{
	volatile uint64_t *area = new_area();
	struct cost cost = { 0, 0 };
	uint64_t gone, start;

	write_file(cgroup, "cgroup.procs", "0");
	fill(area);
	gone = pages_gone();
	start = ticks();
	write_file(cgroup, "memory.reclaim", "32M");
	cost.ticks = (double)(ticks() - start);
	gone = pages_gone() - gone;
	if (gone < 16 * MIB / PAGE) {
		(void)fprintf(stderr, "cold: only %llu pages went away\n",
			      (unsigned long long)gone);
		exit(1);
	}
	if (strcmp(operation, "out") != 0)
		cost = cost_of_use(area, !strcmp(operation, "write"));
	cost.ticks /= (double)gone;
	cost.faults /= (double)gone;
	return cost;
}

static struct cost round_in_child(const char *cgroup, const char *operation)
{
	struct cost cost;
	int fd[2];

	if (pipe(fd))
		fail("pipe");
	if (!fork()) {
		cost = one_round(cgroup, operation);
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
	double cost[ROUNDS], nr[ROUNDS];

	if (argc != 4) {
		(void)fputs("usage: cold CGROUP out|read|write FILE\n", stderr);
		return 2;
	}
	load(argv[3]);
	(void)round_in_child(argv[1], argv[2]);	/* the first one warms up */
	for (int i = 0; i < ROUNDS; i++) {
		struct cost c = round_in_child(argv[1], argv[2]);

		cost[i] = c.ticks;
		nr[i] = c.faults;
	}
	(void)printf("%.3f %.3f\n", median(cost, ROUNDS), median(nr, ROUNDS));
	return 0;
}
