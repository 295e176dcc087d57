/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Media Operations: devices that zero ranges of their memory when told to.
 */
#ifndef __CXL_MEDIA_OPS_H__
#define __CXL_MEDIA_OPS_H__

#include <linux/types.h>

#include "cxl.h"

struct cxl_mailbox;
struct range;

/* What is spread over one of the devices of a region */
struct cxl_zero_target {
	struct cxl_mailbox *mbox;
	u64 dpa;
};

/**
 * struct cxl_zero_map - where the memory of a region is
 * @start: its first host physical address
 * @size: bytes
 * @ways: devices that it is spread over, a power of 2
 * @granularity: bytes that are on one of them in a row
 * @targets: these devices, and the first address on each that is in the region
 */
struct cxl_zero_map {
	u64 start;
	u64 size;
	unsigned int ways;
	unsigned int granularity;
	struct cxl_zero_target targets[CXL_DECODER_MAX_INTERLEAVE];
};

u64 cxl_region_zero_granularity(struct cxl_region *cxlr);
int cxl_region_zero(struct cxl_region *cxlr, const struct range *ranges,
		    unsigned int nr);

#if IS_ENABLED(CONFIG_KUNIT)
u64 cxl_discover_zero(struct cxl_mailbox *mbox);
u64 cxl_zero_block(const struct cxl_zero_map *map);
int cxl_zero_ranges(const struct cxl_zero_map *map, const struct range *ranges,
		    unsigned int nr);
#endif

#endif /* __CXL_MEDIA_OPS_H__ */
