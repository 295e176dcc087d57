// SPDX-License-Identifier: GPL-2.0
/*
 * What a CXL device says of memory that is a private node: whoever has a page
 * that is lost is told so, and compressed RAM that it is short of capacity.
 */
#include <cxl/watch.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/node_private.h>
#include <linux/range.h>
#include <linux/slab.h>

#include "cxl_signals.h"
#include "personality.h"

struct cxl_signals {
	struct cxl_region_watch watch;
	struct personality *p;
};

static void signal_capacity(struct cxl_region_watch *watch, bool degraded)
{
	struct cxl_signals *s = container_of(watch, struct cxl_signals, watch);

	s->p->driver->pressure(s->p, degraded);
}

static bool is_of_device(struct dev_dax *dev_dax, u64 addr)
{
	int i;

	for (i = 0; i < dev_dax->nr_range; i++) {
		const struct range *range = &dev_dax->ranges[i].range;

		if (addr >= range->start && addr <= range->end)
			return true;
	}
	return false;
}

static void signal_media_error(struct cxl_region_watch *watch, u64 addr)
{
	struct cxl_signals *s = container_of(watch, struct cxl_signals, watch);

	if (is_of_device(s->p->dev_dax, addr))
		node_private_memory_error(addr);
}

static const struct cxl_watch_ops media_ops = {
	.media_error = signal_media_error,
};

static const struct cxl_watch_ops pressure_ops = {
	.capacity = signal_capacity,
	.media_error = signal_media_error,
};

/**
 * cxl_signals_attach - listen to the CXL devices behind a dax device
 * @p: the device, initialized; nothing happens if it is not of CXL
 *
 * Context: Process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int cxl_signals_attach(struct personality *p)
{
	struct cxl_region *cxlr = cxl_region_of_dax(p->dev_dax->region->dev);
	struct cxl_signals *s;

	if (!cxlr)
		return 0;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->p = p;
	s->watch.cxlr = cxlr;
	s->watch.ops = p->driver->pressure ? &pressure_ops : &media_ops;
	p->signals = s;
	cxl_region_watch(&s->watch);
	return 0;
}

/**
 * cxl_signals_use - memory is going to be plugged, or has been unplugged
 * @p: the device
 * @use: plugged
 *
 * Context: Process context, sleeps.
 * Return: 0; -EBUSY if the memory cannot be plugged at this moment, see
 * cxl_region_use().
 */
int cxl_signals_use(struct personality *p, bool use)
{
	return p->signals ? cxl_region_use(p->signals->watch.cxlr, use) : 0;
}

/**
 * cxl_signals_detach - listen no more
 * @p: the device
 * @stays: its memory cannot be given back
 *
 * Context: Process context, sleeps.
 */
void cxl_signals_detach(struct personality *p, bool stays)
{
	struct cxl_signals *s = p->signals;

	if (!s)
		return;
	if (stays)
		cxl_region_keep(s->watch.cxlr);
	cxl_region_unwatch(&s->watch);
	kfree(s);
	p->signals = NULL;
}

MODULE_IMPORT_NS(CXL);
