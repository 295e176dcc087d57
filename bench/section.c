// SPDX-License-Identifier: GPL-2.0
/* What the benchmark programs share, see section.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure.h"
#include "section.h"

enum { MOST_SECTIONS = 512 };

struct section {
	char row[24];
	uint64_t ticks;
	uint64_t units;
};

/* Shared with children, so that sections are in the order in which they ran. */
static struct {
	size_t nr;
	struct section sections[MOST_SECTIONS];
} *all;

static uint64_t started, ended;

/* The plugin knows them by their addresses, which the linker is told. */
__attribute__((noinline, section(".mark_begin"))) static void mark_begin(void)
{
	__asm__ volatile("");
}

__attribute__((noinline, section(".mark_end"))) static void mark_end(void)
{
	__asm__ volatile("");
}

void section_begin(void)
{
	ended = 0;
	mark_begin();
	started = ticks();
}

void section_stop(void)
{
	ended = ticks();
	mark_end();
}

void section_end(const char *row, uint64_t units)
{
	struct section *section;

	if (!ended)
		section_stop();
	if (all->nr == MOST_SECTIONS) {
		errno = ENOSPC;
		fail("section_end");
	}
	section = &all->sections[all->nr++];
	(void)snprintf(section->row, sizeof(section->row), "%s", row ? row : "-");
	section->ticks = ended - started;
	section->units = units;
}

void sections_print(void)
{
	for (size_t i = 0; i < all->nr; i++)
		printf("%s %ju %ju\n", all->sections[i].row,
		       (uintmax_t)all->sections[i].ticks,
		       (uintmax_t)all->sections[i].units);
}

void sections_start(int argc, char **argv)
{
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		fail("mmap");
	/* no page fault of its own within a section */
	memset(all, 0, sizeof(*all));
	for (volatile long spin = argc > 1 ? strtol(argv[1], NULL, 10) : 0; spin > 0;)
		spin--;
}

_Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

char *map(size_t size)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		fail("mmap");
	return area;
}

void write_pages(volatile char *area, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE)
		area[at] = 1;
}

void read_pages(volatile char *area, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE)
		(void)area[at];
}

void bind_to(void *area, size_t size, int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_mbind, area, size, MPOL_BIND, &mask, 8 * sizeof(mask), 0))
		fail("mbind");
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written;
	int error;

	if (fd < 0)
		fail(path);
	written = write(fd, text, strlen(text));
	error = written < 0 ? -errno : 0;
	close(fd);
	return error;
}

uint64_t vmstat(const char *const names[], size_t nr)
{
	FILE *f = fopen("/proc/vmstat", "re");
	unsigned long long value;
	uint64_t sum = 0;
	char name[64];

	if (!f)
		fail("/proc/vmstat");
	while (fscanf(f, "%63s %llu", name, &value) == 2)
		for (size_t i = 0; i < nr; i++)
			if (!strcmp(name, names[i]))
				sum += value;
	(void)fclose(f);
	return sum;
}
