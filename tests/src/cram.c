// SPDX-License-Identifier: GPL-2.0
/* Verbs that bring pages to compressed RAM and look at what it promises. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "memscript.h"

#define RECLAIM_ROUNDS	3
#define WRITABLE	"/sys/kernel/debug/cram/writable"

/* readonly [AMOUNT]: nobody maps a page writable, and so many are mapped */
int verb_readonly(struct script *s, char **arg)
{
	FILE *f = fopen(WRITABLE, "re");
	size_t writable, mapped, want = 0;
	int got;

	if (!f)
		return because(s, errno, "cannot open " WRITABLE);
	got = fscanf(f, "%zu of %zu", &writable, &mapped);
	(void)fclose(f);
	if (got != 2 || (arg[0] && !parse_size(arg[0], &want)))
		return because(s, BAD_USAGE, "want 'readonly [AMOUNT]'");
	if (!writable && mapped >= want / PAGE_SIZE)
		return 0;
	return because(s, CHECK_FAILED, "%zu of %zu mapped pages are writable",
		       writable, mapped);
}

/* Reclaim goes by counters of the cgroup, which are brought up to date by this. */
static void flush_counters(const char *cgroup)
{
	char path[256], buf[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/memory.stat", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
		die("cannot read %s: %s", path, strerror(errno));
	close(fd);
}

/* reclaim CGROUP SIZE: in some rounds, since what was in use survives the first */
int verb_reclaim(struct script *s, char **arg)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/memory.reclaim", arg[0]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return because(s, errno, "cannot open %s", path);
	for (int i = 0; i < RECLAIM_ROUNDS; i++) {
		flush_counters(arg[0]);
		if (write(fd, arg[1], strlen(arg[1])) >= 0)
			break;
		if (errno != EAGAIN && errno != EINTR) {
			close(fd);
			return because(s, errno, "reclaim of %s", arg[1]);
		}
	}
	close(fd);
	return 0;
}

static long own_faults(void)
{
	struct rusage use;

	if (getrusage(RUSAGE_SELF, &use))
		die("getrusage failed");
	return use.ru_minflt + use.ru_majflt;
}

/* faults MAX STATEMENT: the statement takes no more page faults than that */
int verb_faults(struct script *s, char **arg)
{
	long max, faults;
	int nr = 0, ret;

	if (!parse_count(*arg++, &max))
		return because(s, BAD_USAGE, "want 'faults MAX STATEMENT'");
	while (arg[nr])
		nr++;
	faults = own_faults();
	ret = script_statement(s, arg, nr);
	faults = own_faults() - faults;
	if (ret || faults <= max)
		return ret;
	return because(s, CHECK_FAILED, "%ld page faults, wanted %ld at most",
		       faults, max);
}

/* The program header of the core dump @fd that has all of @w */
static bool find_segment(int fd, const struct window *w, Elf64_Phdr *ph)
{
	uint64_t first = (uintptr_t)w->base;
	Elf64_Ehdr eh;

	if (pread(fd, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh))
		return false;
	for (int i = 0; i < eh.e_phnum; i++) {
		off_t at = (off_t)(eh.e_phoff + (size_t)i * sizeof(*ph));

		if (pread(fd, ph, sizeof(*ph), at) != (ssize_t)sizeof(*ph))
			return false;
		if (ph->p_type == PT_LOAD && ph->p_vaddr <= first &&
		    ph->p_vaddr + ph->p_filesz >= first + w->len)
			return true;
	}
	return false;
}

static bool read_segment(const char *path, const struct window *w, char *to)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Phdr ph;
	bool good;

	if (fd < 0)
		return false;
	good = find_segment(fd, w, &ph) &&
	       pread(fd, to, w->len, (off_t)(ph.p_offset +
					     (uintptr_t)w->base - ph.p_vaddr)) ==
		       (ssize_t)w->len;
	close(fd);
	return good;
}

/* dumped FILE SEED: a core dump has this content where we have the mapping */
int verb_dumped(struct script *s, char **arg)
{
	struct window w, copy;
	size_t bad, first = 0;
	long seed;

	if (!parse_count(arg[1], &seed))
		return because(s, BAD_USAGE, "the seed must be a number");
	if (!window_get(s, &w))
		return no_area(s);
	copy = window_copy(&w);
	bad = read_segment(arg[0], &w, copy.base)
		? pattern_check(&copy, (uint64_t)seed, &first)
		: w.len / PAGE_SIZE;
	free(copy.base);
	return bad ? because(s, CHECK_FAILED,
			     "%zu pages in %s are not as they were", bad, arg[0])
		   : 0;
}
