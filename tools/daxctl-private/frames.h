/* SPDX-License-Identifier: GPL-2.0 */
/* The page frames of a device, by /proc/kpageflags: who uses them. For root. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

enum frame_kind {
	FRAME_FREE,
	FRAME_ANONYMOUS,	/* memory of processes, in the swap cache, too */
	FRAME_HWPOISON,
	FRAME_MEMMAP,		/* describes the device's own frames */
	FRAME_BLANK,		/* nothing is told: free in the list of a CPU, or the kernel's */
	FRAME_FILE,		/* of the page cache, or shared memory */
	FRAME_HUGETLB,
	FRAME_SLAB,
	FRAME_PAGE_TABLE,
	FRAME_OTHER,
	NR_FRAME_KINDS,
};

extern const char *const frame_names[NR_FRAME_KINDS];

struct frames {
	uint64_t kind[NR_FRAME_KINDS];
	/* of the anonymous ones */
	uint64_t mlocked, huge, swapcache, unmapped;
};

/* Numbers of frames, the end not included. */
struct frame_range {
	uint64_t start, end;
};

struct frame_ranges {
	struct frame_range *range;
	int nr;
};

int frames_count(const struct device *dev, struct frames *frames);
int frames_complain(const struct device *dev, int err);

int frame_ranges_load(const struct device *dev, struct frame_ranges *ranges);
void frame_ranges_free(struct frame_ranges *ranges);
bool frame_in_ranges(const struct frame_ranges *ranges, uint64_t pfn);
int frame_flags(uint64_t pfn, uint64_t *flags);

/* An entry of /proc/PID/pagemap; the frame is 0 to who may not see it. */
#define PAGEMAP_PRESENT(entry)	((entry) >> 63 & 1)
#define PAGEMAP_SWAPPED(entry)	((entry) >> 62 & 1)
#define PAGEMAP_FRAME(entry)	((entry) & ((1ULL << 55) - 1))

int pagemap_read(int pid, uint64_t addr, uint64_t *entry, int nr);

uint64_t zone_pages(int node, const char *field);

#endif
