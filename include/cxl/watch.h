/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Watching a CXL region: who uses its memory is told what its devices say of it.
 */
#ifndef __CXL_WATCH_H__
#define __CXL_WATCH_H__

#include <linux/list.h>
#include <linux/types.h>

struct cxl_dev_state;
struct cxl_region;
struct cxl_region_watch;
struct device;

/**
 * struct cxl_watch_ops - what is told of a region
 * @capacity: a device has become short of capacity ("memory capacity degraded"),
 *	or none is any more; may be said again.  Optional
 * @media_error: what is at a physical address is lost.  Optional
 *
 * Both are called in process context, may sleep, and must not unwatch.  Media errors
 * are told in parallel, and so is the capacity beside them.
 */
struct cxl_watch_ops {
	void (*capacity)(struct cxl_region_watch *watch, bool degraded);
	void (*media_error)(struct cxl_region_watch *watch, u64 addr);
};

/**
 * struct cxl_region_watch - somebody who uses a region
 * @cxlr: the region; see cxl_region_of_dax()
 * @ops: what to call
 * @entry: in the list of all watches
 */
struct cxl_region_watch {
	struct cxl_region *cxlr;
	const struct cxl_watch_ops *ops;
	struct list_head entry;
};

#ifdef CONFIG_CXL_REGION_WATCH
struct cxl_region *cxl_region_of_dax(struct device *dev);
void cxl_region_watch(struct cxl_region_watch *watch);
void cxl_region_unwatch(struct cxl_region_watch *watch);
int cxl_region_use(struct cxl_region *cxlr, bool use);
void cxl_region_keep(struct cxl_region *cxlr);
#endif

#if IS_ENABLED(CONFIG_KUNIT)
bool cxl_zero_is_late(struct cxl_dev_state *cxlds);
#endif

#endif /* __CXL_WATCH_H__ */
