// SPDX-License-Identifier: GPL-2.0
/*
 * Where is this page? The oracle is the page frame number: a page is on a
 * private node if its PFN is in the physical range of that node's device,
 * which the environment gives as
 *
 *	PRIVATE_RANGES="NODE:START-END [NODE:START-END...]"
 *
 * (physical addresses, END inclusive), and on node 0 otherwise. The kernel's
 * own answers, move_pages(2) and numa_maps, must then say the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memscript.h"

#define PM_PRESENT	(1ULL << 63)
#define PM_SWAPPED	(1ULL << 62)
#define PM_SOFT_DIRTY	(1ULL << 55)
#define PM_PFN		((1ULL << 55) - 1)
#define MAX_RANGES	8
#define MAX_LOOKS	50

struct range {
	int node;
	uint64_t first, last;	/* PFNs */
};

static struct range ranges[MAX_RANGES];
static int nr_ranges = -1;

static void add_range(const char *text)
{
	struct range *r = &ranges[nr_ranges];
	char *end;

	if (nr_ranges == MAX_RANGES)
		die("more than %d ranges in PRIVATE_RANGES", MAX_RANGES);
	r->node = (int)strtol(text, &end, 10);
	if (*end == ':')
		r->first = strtoull(end + 1, &end, 0) >> PAGE_SHIFT;
	if (*end == '-')
		r->last = strtoull(end + 1, &end, 0) >> PAGE_SHIFT;
	if (*end || r->last <= r->first || r->node < 0 || r->node >= MAX_NODES)
		die("PRIVATE_RANGES: '%s' is not NODE:START-END", text);
	nr_ranges++;
}

static void read_ranges(void)
{
	const char *env = getenv("PRIVATE_RANGES");
	char *copy, *save = NULL;

	nr_ranges = 0;
	copy = strdup(env ? env : "");
	if (!copy)
		die("out of memory");
	for (char *p = strtok_r(copy, " \n", &save); p;
	     p = strtok_r(NULL, " \n", &save))
		add_range(p);
	free(copy);
}

static int node_of_pfn(uint64_t pfn)
{
	if (nr_ranges < 0)
		read_ranges();
	for (int i = 0; i < nr_ranges; i++)
		if (pfn >= ranges[i].first && pfn <= ranges[i].last)
			return ranges[i].node;
	return 0;
}

static uint64_t *read_pagemap(const struct window *w)
{
	size_t bytes = w->len / PAGE_SIZE * sizeof(uint64_t);
	off_t at = (off_t)((uintptr_t)w->base / PAGE_SIZE * sizeof(uint64_t));
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t *entry = malloc(bytes);

	if (fd < 0 || !entry || pread(fd, entry, bytes, at) != (ssize_t)bytes)
		die("cannot read /proc/self/pagemap: %s (run as root)",
		    strerror(errno));
	close(fd);
	return entry;
}

uint64_t *place_pfns(const struct window *w)
{
	uint64_t *entry = read_pagemap(w);

	for (size_t i = 0; i < w->len / PAGE_SIZE; i++)
		entry[i] = entry[i] & PM_PRESENT ? entry[i] & PM_PFN : 0;
	return entry;
}

size_t place_soft_dirty(const struct window *w)
{
	uint64_t *entry = read_pagemap(w);
	size_t count = 0;

	for (size_t i = 0; i < w->len / PAGE_SIZE; i++)
		count += !!(entry[i] & PM_SOFT_DIRTY);
	free(entry);
	return count;
}

void **page_addresses(const struct window *w, size_t *count)
{
	size_t nr = w->len / PAGE_SIZE;
	void **page = malloc(nr * sizeof(*page));

	if (!page)
		die("out of memory");
	for (size_t i = 0; i < nr; i++)
		page[i] = w->base + i * PAGE_SIZE;
	*count = nr;
	return page;
}

static int *query_nodes(const struct window *w)
{
	size_t count;
	void **page = page_addresses(w, &count);
	int *status = malloc(count * sizeof(*status));

	if (!status || sys_move_pages(0, count, page, NULL, status, 0) < 0)
		die("move_pages query: %s", strerror(errno));
	free(page);
	return status;
}

/* Counts one page; returns false if the kernel's answer is another node. */
static bool count_page(struct placement *p, uint64_t entry, int status)
{
	int node;

	p->total++;
	if (entry & PM_SWAPPED) {
		p->swapped++;
		return true;
	}
	if (!(entry & PM_PRESENT)) {
		p->absent++;
		return true;
	}
	if (status == -EFAULT) {
		p->zero++;
		return true;
	}
	node = node_of_pfn(entry & PM_PFN);
	p->node[node]++;
	return status == node;
}

/* Adds the N<node>=<pages> words of one line of numa_maps to @p. */
static void add_numa_maps_line(char *line, struct placement *p)
{
	char *save = NULL;

	for (char *word = strtok_r(line, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		char *end;
		unsigned long node;

		if (word[0] != 'N')
			continue;
		node = strtoul(word + 1, &end, 10);
		if (*end == '=' && node < MAX_NODES)
			p->node[node] += strtoul(end + 1, NULL, 10);
	}
}

static void read_numa_maps(const struct area *a, struct placement *p)
{
	FILE *f = fopen("/proc/self/numa_maps", "re");
	uintptr_t first = (uintptr_t)a->base;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die("cannot open /proc/self/numa_maps: %s", strerror(errno));
	while (getline(&line, &size, f) > 0) {
		uintptr_t start = strtoull(line, NULL, 16);

		if (start >= first && start < first + a->len)
			add_numa_maps_line(line, p);
	}
	free(line);
	(void)fclose(f);
}

static int compare_numa_maps(struct script *s, const struct window *w,
			     const struct placement *p)
{
	struct placement maps = { .total = p->total };

	if (w->len != w->area->len || w->area->kind == AREA_HUGETLB)
		return 0;	/* numa_maps knows whole mappings only */
	read_numa_maps(w->area, &maps);
	for (int node = 0; node < MAX_NODES; node++)
		if (maps.node[node] != p->node[node])
			return because(s, CHECK_FAILED,
				       "numa_maps says N%d=%zu, by PFN it is %zu",
				       node, maps.node[node], p->node[node]);
	return 0;
}

static int look_once(struct script *s, const struct window *w,
		     struct placement *p)
{
	uint64_t *entry = read_pagemap(w);
	int *status = query_nodes(w);
	int ret = 0;

	memset(p, 0, sizeof(*p));
	for (size_t i = 0; i < w->len / PAGE_SIZE; i++)
		if (!count_page(p, entry[i], status[i]) && !ret)
			ret = because(s, CHECK_FAILED,
				      "page %zu, PFN 0x%llx, is on node %d, but move_pages says %d",
				      i, (unsigned long long)(entry[i] & PM_PFN),
				      node_of_pfn(entry[i] & PM_PFN), status[i]);
	free(status);
	free(entry);
	return ret ? ret : compare_numa_maps(s, w, p);
}

/*
 * The answers are not of one moment: reclaim may move a page in between. A real
 * difference stays.
 */
int place_scan(struct script *s, const struct window *w, struct placement *p)
{
	int ret;

	for (int tries = 0; tries < MAX_LOOKS; tries++) {
		ret = look_once(s, w, p);
		if (!ret)
			break;
		(void)usleep(100000);
	}
	return ret;
}

void place_print(const struct placement *p, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int node = 0; node < MAX_NODES && used < size; node++)
		if (p->node[node])
			used += (size_t)snprintf(buf + used, size - used,
						 "node%d=%zu ", node,
						 p->node[node]);
	if (used < size)
		(void)snprintf(buf + used, size - used,
			       "absent=%zu swap=%zu zero=%zu of %zu pages",
			       p->absent, p->swapped, p->zero, p->total);
}
