// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "frames.h"
#include "message.h"
#include "names.h"
#include "sysfs.h"
#include "text.h"

/* What the kernel shows without promising to do so for ever. */
#define KPF_RESERVED		32
#define KPF_MLOCKED		33
#define KPF_OWNER_PRIVATE	37

#define PAGE_SHIFT	12
#define CHUNK		8192	/* frames at a time */
#define BIT(nr)		(1ULL << (nr))

const char *const frame_names[NR_FRAME_KINDS] = {
	[FRAME_FREE]       = "free",
	[FRAME_ANONYMOUS]  = "anonymous",
	[FRAME_HWPOISON]   = "hwpoison",
	[FRAME_MEMMAP]     = "memmap",
	[FRAME_BLANK]      = "blank",
	[FRAME_FILE]       = "file",
	[FRAME_HUGETLB]    = "hugetlb",
	[FRAME_SLAB]       = "slab",
	[FRAME_PAGE_TABLE] = "page_tables",
	[FRAME_OTHER]      = "other",
};

/* ---- where they are ------------------------------------------------------- */

static int read_address(const struct device *dev, const char *range, const char *file,
			uint64_t *addr)
{
	char *name = xasprintf("%s/%s", range, file);
	char *text;

	errno = 0;
	text = device_attr(dev, name);
	free(name);
	if (!text)
		return errno ? -errno : -ENOENT;
	*addr = strtoull(text, NULL, 16);
	free(text);
	return 0;
}

static int add_range(const struct device *dev, const char *name, struct frame_ranges *ranges)
{
	uint64_t first = 0, last = 0;
	int ret = read_address(dev, name, "start", &first);

	if (!ret)
		ret = read_address(dev, name, "end", &last);
	if (ret)
		return ret;
	ranges->range = xrealloc(ranges->range, (size_t)ranges->nr + 1, sizeof(*ranges->range));
	ranges->range[ranges->nr++] = (struct frame_range){
		.start = first >> PAGE_SHIFT, .end = (last + 1) >> PAGE_SHIFT,
	};
	return 0;
}

/**
 * frame_ranges_load() - the physical ranges of a device
 * @dev: the device
 * @ranges: what is filled in, to be given to frame_ranges_free() in any case
 *
 * Return: 0 or a negative error number: not everybody may see them
 */
int frame_ranges_load(const struct device *dev, struct frame_ranges *ranges)
{
	char *path = device_path(dev, "");
	struct names mappings;
	int ret = names_read(&mappings, "mapping[0-9]*", "%s", path);

	if (!ret && !mappings.nr)
		ret = -ENOENT;
	*ranges = (struct frame_ranges){ .nr = 0 };
	free(path);
	for (int i = 0; !ret && i < mappings.nr; i++)
		ret = add_range(dev, mappings.name[i], ranges);
	names_free(&mappings);
	return ret;
}

void frame_ranges_free(struct frame_ranges *ranges)
{
	free(ranges->range);
}

bool frame_in_ranges(const struct frame_ranges *ranges, uint64_t pfn)
{
	for (int i = 0; i < ranges->nr; i++)
		if (pfn >= ranges->range[i].start && pfn < ranges->range[i].end)
			return true;
	return false;
}

/* ---- what they are -------------------------------------------------------- */

static enum frame_kind kind_of(uint64_t flags)
{
	if (flags & BIT(KPF_HWPOISON))
		return FRAME_HWPOISON;
	if (flags & BIT(KPF_BUDDY))
		return FRAME_FREE;
	if (flags & BIT(KPF_SLAB))
		return FRAME_SLAB;
	if (flags & BIT(KPF_PGTABLE))
		return FRAME_PAGE_TABLE;
	if (flags & BIT(KPF_HUGE))
		return FRAME_HUGETLB;
	/*
	 * 6.12 says KSM of every anonymous page, too. What comes from swap is in
	 * the swap cache before it is anybody's.
	 */
	if (flags & (BIT(KPF_ANON) | BIT(KPF_SWAPCACHE)))
		return FRAME_ANONYMOUS;
	if (flags & (BIT(KPF_LRU) | BIT(KPF_MMAP)))
		return FRAME_FILE;
	if (flags == BIT(KPF_OWNER_PRIVATE) || flags == BIT(KPF_RESERVED))
		return FRAME_MEMMAP;
	return flags ? FRAME_OTHER : FRAME_BLANK;
}

static void count_frame(uint64_t flags, struct frames *frames)
{
	enum frame_kind kind;

	/* not online: the kernel has no use for it */
	if (flags & (BIT(KPF_NOPAGE) | BIT(KPF_OFFLINE)))
		return;
	kind = kind_of(flags);
	frames->kind[kind]++;
	if (kind != FRAME_ANONYMOUS)
		return;
	frames->mlocked += !!(flags & (BIT(KPF_MLOCKED) | BIT(KPF_UNEVICTABLE)));
	frames->huge += !!(flags & BIT(KPF_THP));
	frames->swapcache += !!(flags & BIT(KPF_SWAPCACHE));
	frames->unmapped += !(flags & BIT(KPF_MMAP));
}

static int count_range(int fd, const struct frame_range *range, struct frames *frames)
{
	static uint64_t flags[CHUNK];
	uint64_t pfn = range->start;

	while (pfn < range->end) {
		uint64_t want = range->end - pfn < CHUNK ? range->end - pfn : CHUNK;
		ssize_t got = pread(fd, flags, want * sizeof(*flags),
				    (off_t)(pfn * sizeof(*flags)));

		if (got < 0)
			return -errno;
		/* beyond the last memory of the machine */
		if (got < (ssize_t)sizeof(*flags))
			return 0;
		for (size_t i = 0; i < (size_t)got / sizeof(*flags); i++)
			count_frame(flags[i], frames);
		pfn += (size_t)got / sizeof(*flags);
	}
	return 0;
}

/**
 * frames_count() - count the frames of a device by who uses them
 * @dev: the device
 * @frames: where the numbers go; they change while they are counted
 *
 * Return: 0 or a negative error number
 */
int frames_count(const struct device *dev, struct frames *frames)
{
	struct frame_ranges ranges;
	int ret = frame_ranges_load(dev, &ranges);
	int fd = -1;

	*frames = (struct frames){ .mlocked = 0 };
	if (!ret) {
		fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
		ret = fd < 0 ? -errno : 0;
	}
	for (int i = 0; !ret && i < ranges.nr; i++)
		ret = count_range(fd, &ranges.range[i], frames);
	if (fd >= 0)
		close(fd);
	frame_ranges_free(&ranges);
	return ret;
}

/**
 * frames_complain() - tell that the frames of a device cannot be looked at
 * @dev: the device
 * @err: why
 *
 * Return: the exit code
 */
int frames_complain(const struct device *dev, int err)
{
	bool rights = err == -EACCES || err == -EPERM;
	const char *hint = rights ? "run it as root" : "does the kernel have CONFIG_PROC_PAGE_MONITOR?";

	if (global.sysroot)
		hint = "a report has no pages: run it on the machine itself";
	(void)complain(dev->name, err, hint, "cannot look at its page frames");
	return rights || global.sysroot ? EXIT_FAILED : EXIT_NO_FEATURE;
}

static int read_entries(const char *path, uint64_t index, uint64_t *entry, int nr)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = (size_t)nr * sizeof(*entry);
	ssize_t got;
	int ret;

	if (fd < 0)
		return -errno;
	got = pread(fd, entry, size, (off_t)(index * sizeof(*entry)));
	ret = got < 0 ? -errno : (int)((size_t)got / sizeof(*entry));
	close(fd);
	return ret;
}

/**
 * frame_flags() - what /proc/kpageflags says of a frame
 * @pfn: its number
 * @flags: where it goes
 *
 * Return: 0 or a negative error number
 */
int frame_flags(uint64_t pfn, uint64_t *flags)
{
	int ret = read_entries("/proc/kpageflags", pfn, flags, 1);

	return ret < 0 ? ret : ret ? 0 : -ENXIO;
}

/**
 * pagemap_read() - the frames that a process has mapped
 * @pid: the process
 * @addr: from where on in its memory
 * @entry: where they go
 * @nr: how many at most
 *
 * Return: how many, or a negative error number
 */
int pagemap_read(int pid, uint64_t addr, uint64_t *entry, int nr)
{
	char *path = xasprintf("/proc/%d/pagemap", pid);
	int ret = read_entries(path, addr >> PAGE_SHIFT, entry, nr);

	free(path);
	return ret;
}

/* ---- zones ---------------------------------------------------------------- */

static bool field_value(char *line, const char *field, uint64_t *value)
{
	char *save = NULL, *word = strtok_r(line, " ", &save);

	if (word && !strcmp(word, "pages"))
		word = strtok_r(NULL, " ", &save);
	if (!word || strcmp(word, field) != 0)
		return false;
	word = strtok_r(NULL, " ", &save);
	*value = word ? strtoull(word, NULL, 10) : 0;
	return word;
}

/**
 * zone_pages() - a number of /proc/zoneinfo
 * @node: the node
 * @field: "free", "high", or "count:" for what is free in the lists of CPUs
 *
 * Return: the sum over the zones of the node
 */
uint64_t zone_pages(int node, const char *field)
{
	char *text = sysfs_read("/proc/zoneinfo"), *save = NULL;
	uint64_t sum = 0, value = 0;
	bool mine = false;
	int at;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "Node %d,", &at) == 1)
			mine = at == node;
		else if (mine && field_value(line, field, &value))
			sum += value;
	}
	free(text);
	return sum;
}
