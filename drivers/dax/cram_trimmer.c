// SPDX-License-Identifier: GPL-2.0
/*
 * Compressed RAM on CXL: the devices are told which pages are free, if they can
 * zero what they are told of.
 */
#include <linux/align.h>
#include <linux/cram.h>
#include <linux/device.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/range.h>

#include <cxl/watch.h>

#include "../cxl/media_ops.h"
#include "cram_trimmer.h"
#include "dax-private.h"

/*
 * A command takes a device its time however little it is told: blocks that are
 * smaller keep it busy, and with it the reports of what it has room for.
 */
#define LEAST_ORDER	4

/* A small mailbox, of 4K, has room for some more. */
#define MAX_RANGES	128

static int zero(void *data, const struct range *ranges, unsigned int nr)
{
	return cxl_region_zero(data, ranges, nr);
}

/**
 * cram_trimmer_attach - tell the device which pages are free, if it can be told
 * @cram: started, its memory not yet added
 * @dev_dax: the device; it outlives the memory, or ends this by
 *	cram_set_trimmer() when it goes
 *
 * Nothing happens if it cannot: what is freed is zeroed anyway.
 *
 * Context: Process context, sleeps.
 */
void cram_trimmer_attach(struct cram *cram, struct dev_dax *dev_dax)
{
	struct cxl_region *cxlr = cxl_region_of_dax(dev_dax->region->dev);
	struct cram_trimmer trimmer = {
		.zero = zero,
		.data = cxlr,
		.max_ranges = MAX_RANGES,
	};
	u64 block = cxlr ? cxl_region_zero_granularity(cxlr) : 0;
	int rc;

	if (!block)
		return;
	trimmer.min_order = max(LEAST_ORDER, order_base_2(block) - PAGE_SHIFT);
	rc = cram_set_trimmer(cram, &trimmer);
	if (rc)
		dev_info(&dev_dax->dev, "the device is not told which pages are free, in blocks of %llu bytes: error %d\n",
			 block, rc);
}
EXPORT_SYMBOL_GPL(cram_trimmer_attach);

MODULE_DESCRIPTION("CRAM DAX: telling CXL devices which pages are free");
MODULE_IMPORT_NS(CXL);
MODULE_LICENSE("GPL");
