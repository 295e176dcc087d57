// SPDX-License-Identifier: GPL-2.0
/* Look at the memory of a node itself, used or free, by way of /proc/kcore. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memscript.h"

#define MAX_SEGMENTS	64

struct image {
	int fd;
	Elf64_Phdr segment[MAX_SEGMENTS];
	unsigned int nr;
};

static int image_open(struct script *s, struct image *image)
{
	Elf64_Ehdr header;
	size_t size;

	image->fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	if (image->fd < 0)
		return because(s, errno, "cannot open /proc/kcore");
	if (pread(image->fd, &header, sizeof(header), 0) != sizeof(header) ||
	    header.e_phnum > MAX_SEGMENTS)
		return because(s, CHECK_FAILED, "/proc/kcore is odd");
	image->nr = header.e_phnum;
	size = image->nr * sizeof(image->segment[0]);
	if (pread(image->fd, image->segment, size, (off_t)header.e_phoff) != (ssize_t)size)
		return because(s, CHECK_FAILED, "/proc/kcore is short");
	return 0;
}

/* Where in the file physical address @addr is, or -1 */
static off_t image_offset(const struct image *image, uint64_t addr)
{
	for (unsigned int i = 0; i < image->nr; i++) {
		const Elf64_Phdr *p = &image->segment[i];

		if (p->p_type == PT_LOAD && p->p_paddr <= addr &&
		    addr - p->p_paddr < p->p_memsz && p->p_paddr + p->p_memsz > p->p_paddr)
			return (off_t)(p->p_offset + (addr - p->p_paddr));
	}
	return -1;
}

static bool all_zero(const unsigned char *data, size_t size)
{
	return !data[0] && !memcmp(data, data + 1, size - 1);
}

/* Does somebody have the page, or is it lost? */
static bool in_use(uint64_t addr)
{
	return page_flags(addr / PAGE_SIZE) &
	       (1 << KPF_LRU | 1 << KPF_MMAP | 1 << KPF_ANON |
		1 << KPF_SWAPCACHE | 1 << KPF_HWPOISON);
}

/* Are the pages zero that are free? */
static bool free_zero(const unsigned char *data, size_t size, uint64_t addr)
{
	for (size_t at = 0; at < size; at += PAGE_SIZE)
		if (!all_zero(data + at, PAGE_SIZE) && !in_use(addr + at))
			return false;
	return true;
}

static int check_range(struct script *s, const struct image *image,
		       uint64_t start, uint64_t end, bool only_free)
{
	static unsigned char data[1 << 16];

	for (uint64_t addr = start; addr < end; addr += sizeof(data)) {
		off_t at = image_offset(image, addr);

		if (at < 0 || pread(image->fd, data, sizeof(data), at) != sizeof(data))
			return because(s, CHECK_FAILED, "%#llx is not in /proc/kcore",
				       (unsigned long long)addr);
		if (!all_zero(data, sizeof(data)) &&
		    !(only_free && free_zero(data, sizeof(data), addr)))
			return because(s, CHECK_FAILED, "there is data at %#llx",
				       (unsigned long long)addr);
	}
	return 0;
}

/* zero-node NODE [free]: all memory of the private node is zero, or what is free */
int verb_zero_node(struct script *s, char **arg)
{
	const char *ranges = getenv("PRIVATE_RANGES");
	unsigned long long start, end;
	struct image image = { .fd = -1 };
	int node, used, ret;
	long want;

	if (!ranges || !parse_count(arg[0], &want) ||
	    (arg[1] && strcmp(arg[1], "free") != 0))
		return because(s, BAD_USAGE, "want a private node");
	ret = image_open(s, &image);
	while (!ret && sscanf(ranges, " %d:%llx-%llx%n", &node, &start, &end, &used) == 3) {
		if (node == want)
			ret = check_range(s, &image, start, end + 1, arg[1]);
		ranges += used;
	}
	if (image.fd >= 0)
		close(image.fd);
	return ret;
}
