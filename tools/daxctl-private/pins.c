// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel shows no reference counts of pages. But io_uring lists its fixed
 * buffers, and files of some kinds are there to pin memory.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pins.h"
#include "sysfs.h"
#include "text.h"

#define PAGE		4096ULL
#define CHUNK		512

static uint64_t frames_in_ranges(int pid, uint64_t start, uint64_t end,
				 const struct frame_ranges *ranges)
{
	uint64_t entry[CHUNK], nr = 0;

	for (uint64_t addr = start & ~(PAGE - 1); addr < end; ) {
		uint64_t left = (end - addr + PAGE - 1) / PAGE;
		int got = pagemap_read(pid, addr, entry, left < CHUNK ? (int)left : CHUNK);

		if (got <= 0)
			break;
		for (int i = 0; i < got; i++)
			if (PAGEMAP_PRESENT(entry[i]))
				nr += frame_in_ranges(ranges, PAGEMAP_FRAME(entry[i]));
		addr += (uint64_t)got * PAGE;
	}
	return nr;
}

/* Lines "    0: 0x7f0000000000/65536" after "UserBufs:". */
static uint64_t buffers_of_ring(int pid, const char *fd, const struct frame_ranges *ranges)
{
	char *text = sysfs_read("/proc/%d/fdinfo/%s", pid, fd), *save = NULL;
	char *at = text ? strstr(text, "UserBufs:") : NULL;
	unsigned long long addr;
	unsigned int index, len;
	uint64_t nr = 0;

	at = at ? strtok_r(at, "\n", &save) : NULL;
	while (at) {
		at = strtok_r(NULL, "\n", &save);
		if (!at || sscanf(at, " %u: 0x%llx/%u", &index, &addr, &len) != 3)
			break;
		nr += frames_in_ranges(pid, addr, addr + len, ranges);
	}
	free(text);
	return nr;
}

static const char *kind_of_file(const char *target)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = {
		{ "anon_inode:[io_uring]", "io_uring" },
		{ "/dev/vfio/", "vfio" },
		{ "/dev/iommu", "iommufd" },
		{ "/dev/infiniband/uverbs", "rdma" },
		{ "anon_inode:[infinibandevent]", "rdma" },
		{ "/dev/udmabuf", "udmabuf" },
		{ "/sys/kernel/debug/gup_test", "gup_test" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strncmp(target, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].kind;
	return NULL;
}

typedef void (*file_visitor)(int pid, const char *fd, const char *kind, void *arg);

static void visit_files(int pid, file_visitor visit, void *arg)
{
	char *path = xasprintf("/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	struct dirent *entry;
	char target[64];

	free(path);
	while (dir && (entry = readdir(dir))) {
		const char *kind;
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (len < 0)
			continue;
		target[len] = '\0';
		kind = kind_of_file(target);
		if (kind)
			visit(pid, entry->d_name, kind, arg);
	}
	if (dir)
		closedir(dir);
}

struct sum {
	const struct frame_ranges *ranges;
	uint64_t frames;
};

static void add_buffers(int pid, const char *fd, const char *kind, void *arg)
{
	struct sum *sum = arg;

	if (!strcmp(kind, "io_uring"))
		sum->frames += buffers_of_ring(pid, fd, sum->ranges);
}

/**
 * pinned_buffers() - fixed buffers of io_uring that a process has in some frames
 * @pid: the process
 * @ranges: the frames
 *
 * Return: their size in bytes; 0 to who may not see frames
 */
uint64_t pinned_buffers(int pid, const struct frame_ranges *ranges)
{
	struct sum sum = { .ranges = ranges };

	visit_files(pid, add_buffers, &sum);
	return sum.frames * PAGE;
}

static void add_kind(int pid, const char *fd, const char *kind, void *arg)
{
	struct json_object *kinds = arg;

	(void)pid;
	(void)fd;
	for (size_t i = 0; i < json_object_array_length(kinds); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(kinds, i)), kind))
			return;
	json_object_array_add(kinds, json_object_new_string(kind));
}

/**
 * pinning_files() - what a process has open that can pin memory
 * @pid: the process
 *
 * Return: an array of words, as "vfio"
 */
struct json_object *pinning_files(int pid)
{
	struct json_object *kinds = json_object_new_array();

	visit_files(pid, add_kind, kinds);
	return kinds;
}
