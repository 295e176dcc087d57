// SPDX-License-Identifier: GPL-2.0
/*
 * What a process sees of a private memory node: nothing lands there unasked, and
 * what is bound to it does if the device lets user space name the node.
 *
 * Needs a private node, that is a dax device that anondax has plugged, see
 * Documentation/mm/private-nodes.rst; skipped without.  As root the opt-in mbind
 * is turned on and off; else it is tested as it stands.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <numaif.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"

#define NODES		"/sys/devices/system/node/"
#define NR_PAGES	1024
#define BITS_PER_LONG	(8 * sizeof(unsigned long))
#define MAX_NODES	1024

static size_t page_size;

static bool read_line(const char *path, char *buf, int size)
{
	FILE *file = fopen(path, "r");
	bool ok;

	if (!file)
		return false;
	ok = fgets(buf, size, file);
	fclose(file);
	return ok;
}

static bool list_has(const char *path, int node)
{
	char buf[4096], *p = buf;
	long from, to;

	if (!read_line(path, buf, sizeof(buf)))
		return false;
	while (*p >= '0' && *p <= '9') {
		from = strtol(p, &p, 10);
		to = *p == '-' ? strtol(p + 1, &p, 10) : from;
		if (node >= from && node <= to)
			return true;
		p += *p == ',';
	}
	return false;
}

static bool read_attr(const char *dir, const char *attr, char *buf, int size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, attr);
	return read_line(path, buf, size);
}

/*
 * The node of a device that is plugged, and the opt-in mbind of it, which compressed
 * RAM does not have; -1 if there is none.
 */
static int find_node(char *mbind, size_t size)
{
	int node = -1;
	char buf[64];
	glob_t devs;
	size_t i;

	if (glob("/sys/bus/dax/devices/dax*", 0, NULL, &devs))
		return -1;
	for (i = 0; i < devs.gl_pathc && node < 0; i++) {
		snprintf(mbind, size, "%s/mbind", devs.gl_pathv[i]);
		if (access(mbind, R_OK) ||
		    !read_attr(devs.gl_pathv[i], "hotplug", buf, sizeof(buf)) ||
		    strncmp(buf, "online", strlen("online")))
			continue;
		if (read_attr(devs.gl_pathv[i], "node", buf, sizeof(buf)))
			node = atoi(buf);
	}
	globfree(&devs);
	return node;
}

/* Who fills a node has the OOM killer look for users of it, who may be others. */
static bool has_room(int node)
{
	char path[PATH_MAX], line[128];
	unsigned long kb, free = 0;
	FILE *file;

	snprintf(path, sizeof(path), NODES "node%d/meminfo", node);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*d MemFree: %lu kB", &kb) == 1)
			free = kb;
	if (file)
		fclose(file);
	return free / 4 > NR_PAGES * page_size / 1024;
}

enum { CHANGED, NOT_ALLOWED, REFUSED };

/* Who is not root cannot change it, which does not matter if it is that. */
static int set_mbind(const char *path, char value)
{
	int fd = open(path, O_WRONLY);
	bool written = fd >= 0 && write(fd, &value, 1) == 1;
	char now[2];

	if (fd >= 0 && !written)
		ksft_print_msg("%s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (read_line(path, now, sizeof(now)) && now[0] == value)
		return CHANGED;
	return fd < 0 ? NOT_ALLOWED : REFUSED;
}

static char *map_pages(void)
{
	char *mem = mmap(NULL, NR_PAGES * page_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		ksft_exit_fail_perror("mmap");
	return mem;
}

static long bind_to(char *mem, int node)
{
	unsigned long mask[MAX_NODES / BITS_PER_LONG] = { 0 };

	mask[node / BITS_PER_LONG] = 1UL << node % BITS_PER_LONG;
	return mbind(mem, NR_PAGES * page_size, MPOL_BIND, mask, MAX_NODES, 0);
}

static void touch(char *mem)
{
	size_t i;

	for (i = 0; i < NR_PAGES; i++)
		mem[i * page_size] = 1;
}

static int count_on(char *mem, int node)
{
	static int status[NR_PAGES];
	static void *pages[NR_PAGES];
	int i, nr = 0;

	for (i = 0; i < NR_PAGES; i++)
		pages[i] = mem + i * page_size;
	if (move_pages(0, NR_PAGES, pages, NULL, status, 0))
		ksft_exit_fail_perror("move_pages");
	for (i = 0; i < NR_PAGES; i++)
		nr += status[i] == node;
	return nr;
}

static void unmap(char *mem)
{
	munmap(mem, NR_PAGES * page_size);
}

static void test_states(int node)
{
	ksft_test_result(!list_has(NODES "has_memory", node),
			 "node %d has no memory for those who do not ask\n", node);
}

static void test_unbound(int node)
{
	char *mem = map_pages();

	touch(mem);
	ksft_test_result(!count_on(mem, node), "nothing lands there unasked\n");
	unmap(mem);
}

static void test_bound(int node)
{
	char *mem;
	long rc;

	if (!has_room(node)) {
		ksft_test_result_skip("node %d is nearly full\n", node);
		return;
	}
	mem = map_pages();
	rc = bind_to(mem, node);
	if (!rc)
		touch(mem);
	ksft_test_result(!rc && count_on(mem, node) == NR_PAGES,
			 "with mbind, what is bound there is there\n");
	unmap(mem);
}

static void test_refused(int node)
{
	char *mem = map_pages();
	long rc = bind_to(mem, node);

	ksft_test_result(rc && errno == EINVAL,
			 "without mbind, the node cannot be named\n");
	unmap(mem);
}

static void test_with_mbind(const char *path, char value, int node, void (*test)(int node))
{
	switch (set_mbind(path, value)) {
	case CHANGED:
		test(node);
		break;
	case NOT_ALLOWED:
		ksft_test_result_skip("mbind %c: only root can change it\n", value);
		break;
	default:
		ksft_test_result_fail("mbind %c: it cannot be changed\n", value);
	}
}

int main(void)
{
	char path[PATH_MAX], was[2];
	int node = find_node(path, sizeof(path));

	ksft_print_header();
	if (node < 0 || node >= MAX_NODES || !read_line(path, was, sizeof(was)) ||
	    !list_has(NODES "has_memory_private", node))
		ksft_exit_skip("no private node of anondax is online\n");

	page_size = getpagesize();
	ksft_set_plan(4);
	test_states(node);
	test_unbound(node);
	test_with_mbind(path, '1', node, test_bound);
	test_with_mbind(path, '0', node, test_refused);
	if (set_mbind(path, was[0]) != CHANGED)
		ksft_exit_fail_msg("mbind is not as it was\n");
	ksft_finished();
}
