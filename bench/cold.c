// SPDX-License-Identifier: GPL-2.0
/*
 * Cold memory: what it costs that reclaim of a cgroup sends a page away, and that one
 * which is away is read or written for the first time.
 *
 * usage: cold SPIN CGROUP FILE
 *
 * The memory is filled with FILE, over and over: what it costs to compress and to
 * decompress depends on what it is.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "section.h"

enum { AREA = 48 * MIB, ASKED = 32 * MIB };

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

static void fill(char *area)
{
	for (size_t i = 0; i < AREA / PAGE; i++)
		memcpy(area + i * PAGE, content + i % content_pages * PAGE, PAGE);
}

/* Pages that were demoted or swapped out since boot, zswap or not */
static uint64_t pages_gone(void)
{
	static const char *const names[] = {
		"pgdemote_kswapd", "pgdemote_direct", "pgdemote_khugepaged",
		"pgdemote_proactive", "pswpout", "zswpout",
	};

	return vmstat(names, sizeof(names) / sizeof(names[0]));
}

static uint64_t faults(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

static void write_to(const char *cgroup, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	/* Reclaim that gets less than it was asked for says so; that is no error. */
	(void)write_file(path, text);
}

static uint64_t send_away(const char *cgroup, const char *row)
{
	uint64_t gone = pages_gone();

	section_begin();
	write_to(cgroup, "memory.reclaim", "32M");
	section_stop();
	gone = pages_gone() - gone;
	section_end(row, gone);
	if (gone < ASKED / PAGE / 2) {
		(void)fprintf(stderr, "cold: only %ju pages went away\n", (uintmax_t)gone);
		exit(1);
	}
	return gone;
}

/* The pages that are still there are used at no cost to speak of. */
static void use(char *area, bool by_writing, bool counts, uint64_t gone)
{
	uint64_t nr = faults();

	section_begin();
	if (by_writing)
		write_pages(area, AREA);
	else
		read_pages(area, AREA);
	section_end(!counts ? NULL : by_writing ? "cold_write" : "cold_read", gone);
	nr = faults() - nr;
	if (counts)
		printf("# %s takes %.3f faults\n", by_writing ? "cold_write" : "cold_read",
		       (double)nr / (double)gone);
}

/* In a process of its own, so that all is free again. */
static void one_round(const char *cgroup, bool by_writing, bool counts)
{
	char *area = map(AREA);
	uint64_t gone;

	write_to(cgroup, "cgroup.procs", "0");
	fill(area);
	gone = send_away(cgroup, counts && !by_writing ? "cold_out" : NULL);
	use(area, by_writing, counts, gone);
	(void)fflush(stdout);
}

static void round_in_child(const char *cgroup, bool by_writing, bool counts)
{
	pid_t child = fork();
	int status;

	if (!child) {
		one_round(cgroup, by_writing, counts);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		exit(1);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		(void)fputs("usage: cold SPIN CGROUP FILE\n", stderr);
		return 2;
	}
	sections_start(argc, argv);
	load(argv[3]);
	for (int i = 0; i <= ROUNDS; i++)
		for (int by_writing = 0; by_writing < 2; by_writing++)
			round_in_child(argv[2], by_writing, i > 0);
	sections_print();
	return 0;
}
