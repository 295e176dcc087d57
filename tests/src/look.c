// SPDX-License-Identifier: GPL-2.0
/* Verbs that look at pages: placement, page flags, smaps, idle bits. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memscript.h"

int verb_where(struct script *s, char **arg)
{
	struct placement p;
	struct window w;
	char buf[256];
	int ret;

	(void)arg;
	if (!window_get(s, &w))
		return no_area(s);
	ret = place_scan(s, &w, &p);
	place_print(&p, buf, sizeof(buf));
	(void)printf("where: %s\n", buf);
	return ret;
}

/*
 * Does @got meet @want: "all", "none", "some" (at least one), a number of
 * pages, or a size such as 4M?
 */
static int amount_met(const char *want, size_t got, size_t all)
{
	size_t count;

	if (!strcmp(want, "all"))
		return got == all;
	if (!strcmp(want, "none"))
		return got == 0;
	if (!strcmp(want, "some"))
		return got > 0;
	if (!parse_size(want, &count))
		return BAD_USAGE;
	if (count >= PAGE_SIZE)
		count /= PAGE_SIZE;
	return got == count;
}

static bool placed_on(const char *place, const struct placement *p,
		      size_t *count)
{
	long node;

	if (!strcmp(place, "swap"))
		*count = p->swapped;
	else if (!strcmp(place, "absent"))
		*count = p->absent;
	else if (!strcmp(place, "zero"))
		*count = p->zero;
	else if (parse_count(place, &node) && node >= 0 && node < MAX_NODES)
		*count = p->node[node];
	else
		return false;
	return true;
}

int verb_on(struct script *s, char **arg)
{
	struct placement p;
	struct window w;
	char buf[256];
	size_t count;
	int ret;

	if (!window_get(s, &w))
		return no_area(s);
	ret = place_scan(s, &w, &p);
	if (ret)
		return ret;
	if (!placed_on(arg[0], &p, &count))
		return because(s, BAD_USAGE, "'%s' is no place", arg[0]);
	ret = amount_met(arg[1], count, p.total);
	if (ret == BAD_USAGE)
		return because(s, ret, "'%s' is no amount", arg[1]);
	place_print(&p, buf, sizeof(buf));
	return ret ? 0 : because(s, CHECK_FAILED, "the pages are: %s", buf);
}

uint64_t page_flags(uint64_t pfn)
{
	static int fd = -1;
	uint64_t flags;

	if (fd < 0)
		fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("cannot open /proc/kpageflags: %s", strerror(errno));
	if (pread(fd, &flags, sizeof(flags), (off_t)(pfn * sizeof(flags))) !=
	    (ssize_t)sizeof(flags))
		die("cannot read /proc/kpageflags at PFN 0x%llx",
		    (unsigned long long)pfn);
	return flags;
}

static size_t count_flag(const struct window *w, int bit)
{
	uint64_t *pfn = place_pfns(w);
	size_t count = 0;

	for (size_t i = 0; i < w->len / PAGE_SIZE; i++)
		if (pfn[i] && page_flags(pfn[i]) >> bit & 1)
			count++;
	free(pfn);
	return count;
}

int verb_kflags(struct script *s, char **arg)
{
	static const char *const word[] = {
		"anon", "lru", "thp", "unevictable", "mmap", "hwpoison",
		"compound_head", NULL
	};
	static const int bit[] = {
		KPF_ANON, KPF_LRU, KPF_THP, KPF_UNEVICTABLE, KPF_MMAP,
		KPF_HWPOISON, KPF_COMPOUND_HEAD
	};
	int i = word_index(word, arg[0]);
	struct window w;
	size_t count;
	int ret;

	if (i < 0)
		return because(s, BAD_USAGE, "no page flag '%s'", arg[0]);
	if (!window_get(s, &w))
		return no_area(s);
	count = count_flag(&w, bit[i]);
	ret = amount_met(arg[1], count, w.len / PAGE_SIZE);
	if (ret == BAD_USAGE)
		return because(s, ret, "'%s' is no amount", arg[1]);
	return ret ? 0 : because(s, CHECK_FAILED, "%zu of %zu pages have it",
				 count, w.len / PAGE_SIZE);
}

/* The file appears when it is complete. */
int verb_frame(struct script *s, char **arg)
{
	struct window w;
	char path[PATH_MAX];
	uint64_t *pfn;
	FILE *f;

	if (!window_get(s, &w))
		return no_area(s);
	pfn = place_pfns(&w);
	if (!pfn[0]) {
		free(pfn);
		return because(s, CHECK_FAILED, "the first page is not there");
	}
	(void)snprintf(path, sizeof(path), "%s.new", arg[0]);
	f = fopen(path, "we");
	if (f) {
		(void)fprintf(f, "%llu\n",
			      (unsigned long long)pfn[0] << PAGE_SHIFT);
		(void)fclose(f);
	}
	free(pfn);
	return f && !rename(path, arg[0]) ?
		       0 : because(s, errno, "cannot make %s", arg[0]);
}

const struct area *area_named(const struct script *s, const char *name)
{
	for (int i = 0; i < s->nr_areas; i++)
		if (!strcmp(s->area[i].name, name))
			return &s->area[i];
	return NULL;
}

/* How many pages of two windows are the same page of memory? */
static size_t count_shared(const struct window *a, const struct window *b)
{
	uint64_t *pfn_a = place_pfns(a), *pfn_b = place_pfns(b);
	size_t count = 0;

	for (size_t i = 0; i < a->len / PAGE_SIZE; i++)
		if (pfn_a[i] && pfn_a[i] == pfn_b[i])
			count++;
	free(pfn_a);
	free(pfn_b);
	return count;
}

/* same NAME AMOUNT: so many pages are shared with the other mapping */
int verb_same(struct script *s, char **arg)
{
	const struct area *other = area_named(s, arg[0]);
	struct window w, o;
	size_t count;
	int ret;

	if (!window_get(s, &w))
		return no_area(s);
	if (!other || w.offset + w.len > other->len)
		return because(s, BAD_USAGE, "no mapping of that size is named '%s'",
			       arg[0]);
	o = w;
	o.base = other->base + w.offset;
	count = count_shared(&w, &o);
	ret = amount_met(arg[1], count, w.len / PAGE_SIZE);
	if (ret == BAD_USAGE)
		return because(s, ret, "'%s' is no amount", arg[1]);
	return ret ? 0 : because(s, CHECK_FAILED, "%zu of %zu pages are shared",
				 count, w.len / PAGE_SIZE);
}

/* Sum of a field over the parts of the area, in bytes. */
static size_t smaps_field(const struct area *a, const char *field)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	size_t len = strlen(field), sum = 0, size = 0;
	char *line = NULL;
	bool inside = false;

	if (!f)
		die("cannot open /proc/self/smaps: %s", strerror(errno));
	while (getline(&line, &size, f) > 0) {
		char *end;
		uintptr_t start = strtoull(line, &end, 16);

		if (*end == '-')
			inside = start >= (uintptr_t)a->base &&
				 start < (uintptr_t)a->base + a->len;
		else if (inside && !strncmp(line, field, len) && line[len] == ':')
			sum += strtoull(line + len + 1, NULL, 10) << 10;
	}
	free(line);
	(void)fclose(f);
	return sum;
}

int verb_smaps(struct script *s, char **arg)
{
	struct window w;
	size_t sum;
	int ret;

	if (!window_get(s, &w))
		return no_area(s);
	sum = smaps_field(w.area, arg[0]);
	if (!arg[1]) {
		(void)printf("%s: %zu kB\n", arg[0], sum >> 10);
		return 0;
	}
	ret = amount_met(arg[1], sum / PAGE_SIZE, w.area->len / PAGE_SIZE);
	if (ret == BAD_USAGE)
		return because(s, ret, "'%s' is no amount", arg[1]);
	return ret ? 0 : because(s, CHECK_FAILED, "%s is %zu kB", arg[0],
				 sum >> 10);
}

int verb_softdirty(struct script *s, char **arg)
{
	struct window w;
	size_t count;
	int ret;

	if (!window_get(s, &w))
		return no_area(s);
	count = place_soft_dirty(&w);
	ret = amount_met(arg[0], count, w.len / PAGE_SIZE);
	if (ret == BAD_USAGE)
		return because(s, ret, "'%s' is no amount", arg[0]);
	return ret ? 0 : because(s, CHECK_FAILED, "%zu of %zu pages are soft-dirty",
				 count, w.len / PAGE_SIZE);
}

static uint64_t idle_word(int fd, uint64_t pfn)
{
	uint64_t word = 0;

	if (pread(fd, &word, sizeof(word), (off_t)(pfn / 64 * 8)) != 8)
		die("cannot read the page idle bitmap: %s", strerror(errno));
	return word;
}

static void idle_mark(int fd, uint64_t pfn)
{
	uint64_t word = 1ULL << (pfn % 64);

	if (pwrite(fd, &word, sizeof(word), (off_t)(pfn / 64 * 8)) != 8)
		die("cannot write the page idle bitmap: %s", strerror(errno));
}

/* "idle mark" marks the pages idle, "idle AMOUNT" checks how many are. */
int verb_idle(struct script *s, char **arg)
{
	int fd = open("/sys/kernel/mm/page_idle/bitmap", O_RDWR | O_CLOEXEC);
	bool mark = !strcmp(arg[0], "mark");
	size_t count = 0;
	struct window w;
	uint64_t *pfn;

	if (fd < 0)
		return because(s, errno, "the page idle bitmap");
	if (!window_get(s, &w))
		return no_area(s);
	pfn = place_pfns(&w);
	for (size_t i = 0; i < w.len / PAGE_SIZE; i++) {
		if (pfn[i] && mark)
			idle_mark(fd, pfn[i]);
		else if (pfn[i])
			count += idle_word(fd, pfn[i]) >> (pfn[i] % 64) & 1;
	}
	free(pfn);
	close(fd);
	if (mark || amount_met(arg[0], count, w.len / PAGE_SIZE) > 0)
		return 0;
	return because(s, CHECK_FAILED, "%zu of %zu pages are idle", count,
		       w.len / PAGE_SIZE);
}

/* Takes pages out of the batches and the counters of all CPUs. */
static void drain(void)
{
	FILE *f = fopen("/proc/sys/vm/stat_refresh", "re");
	char page[2 * PAGE_SIZE];
	void *addr = page + PAGE_SIZE;
	int to = 0, status;

	page[PAGE_SIZE] = 1;
	/* moving a page empties the LRU batches of all CPUs first */
	(void)sys_move_pages(0, 1, &addr, &to, &status, 2 /* MPOL_MF_MOVE */);
	if (!f || fgetc(f) != EOF)
		die("cannot refresh the counters of /proc/vmstat");
	(void)fclose(f);
}

/* What one line of /proc/zoneinfo adds to the pages in use. */
static long used_by_line(const char *line)
{
	long n;

	if (sscanf(line, " managed %ld", &n) == 1)
		return n;
	if (sscanf(line, " pages free %ld", &n) == 1 ||
	    sscanf(line, " count: %ld", &n) == 1)
		return -n;
	return 0;
}

/* Managed pages that are neither free nor in a free list of some CPU. */
static long pages_in_use(long node)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	char *line = NULL;
	size_t size = 0;
	long used = 0, current;
	bool mine = false;

	if (!f)
		die("cannot open /proc/zoneinfo: %s", strerror(errno));
	while (getline(&line, &size, f) > 0) {
		if (sscanf(line, "Node %ld, zone", &current) == 1)
			mine = current == node;
		else if (mine)
			used += used_by_line(line);
	}
	free(line);
	(void)fclose(f);
	return used;
}

int verb_used(struct script *s, char **arg)
{
	long node, max, used;

	if (!parse_count(arg[0], &node) || !parse_count(arg[1], &max))
		return because(s, BAD_USAGE, "want a node and a number of pages");
	drain();
	used = pages_in_use(node);
	if (used <= max)
		return 0;
	return because(s, CHECK_FAILED, "%ld pages of node %ld are in use", used,
		       node);
}
