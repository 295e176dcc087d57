// SPDX-License-Identifier: GPL-2.0
/*
 * What the devices of a region say of its memory, for who uses it: that they run
 * short of capacity, and that some of it is bad.
 *
 * See Documentation/driver-api/cxl/compressed-ram.rst.
 */
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rculist.h>
#include <linux/srcu.h>

#include <cxl/event.h>
#include <cxl/watch.h>
#include <cxlmem.h>
#include <cxl.h>

#include "core.h"
#include "trace.h"

/* Health Status; CXL rev 3.1 section 8.2.9.9.3.1, Table 8-133 */
#define HEALTH_CAPACITY_DEGRADED	BIT(3)

/* How far the clock of a device may be ahead: nothing is told by it then. */
#define CLOCK_SKEW_NS			(60ULL * NSEC_PER_SEC)

/* Memory Event Descriptor; CXL rev 3.1 section 8.2.9.2.1.1, Table 8-45 */
#define MEDIA_UNCORRECTABLE		BIT(0)

/* For changes of the watches, and for mds->health and mds->users of all devices */
static DEFINE_MUTEX(watch_lock);
static LIST_HEAD(watches);

/*
 * For those who only look for a watch: to take memory away may last long, and that
 * some other device runs short of capacity is not to wait for it.
 */
DEFINE_STATIC_SRCU(watches_srcu);

static struct cxl_memdev_state *memdev_state(const struct cxl_memdev *cxlmd)
{
	return cxlmd->cxlds ? to_cxl_memdev_state(cxlmd->cxlds) : NULL;
}

/* The device of a target, or NULL where there is none at the moment */
static struct cxl_memdev_state *target_state(struct cxl_region *cxlr, int i)
{
	struct cxl_endpoint_decoder *cxled = cxlr->params.targets[i];

	lockdep_assert_held(&cxl_region_rwsem);
	return cxled ? memdev_state(cxled_to_memdev(cxled)) : NULL;
}

static bool region_is_degraded(struct cxl_region *cxlr)
{
	struct cxl_memdev_state *mds;
	int i;

	guard(rwsem_read)(&cxl_region_rwsem);
	for (i = 0; i < cxlr->params.interleave_ways; i++) {
		mds = target_state(cxlr, i);
		if (mds && mds->health.capacity_degraded)
			return true;
	}
	return false;
}

static void tell_capacity(void)
{
	struct cxl_region_watch *watch;

	list_for_each_entry(watch, &watches, entry)
		if (watch->ops->capacity)
			watch->ops->capacity(watch,
					     region_is_degraded(watch->cxlr));
}

static void set_degraded(struct cxl_memdev_state *mds, bool degraded)
{
	struct cxl_health *health = &mds->health;

	lockdep_assert_held(&watch_lock);
	if (health->capacity_degraded == degraded)
		return;
	health->capacity_degraded = degraded;
	dev_info_ratelimited(mds->cxlds.dev, "memory capacity is %s\n",
			     degraded ? "degraded" : "back");
	tell_capacity();
}

static int read_health(struct cxl_memdev_state *mds, u8 *status)
{
	struct cxl_mailbox *cxl_mbox = &mds->cxlds.cxl_mbox;
	struct cxl_get_health_info info;
	struct cxl_mbox_cmd mbox_cmd = {
		.opcode = CXL_MBOX_OP_GET_HEALTH_INFO,
		.payload_out = &info,
		.size_out = sizeof(info),
	};
	int rc;

	if (!test_bit(CXL_MEM_COMMAND_ID_GET_HEALTH_INFO, cxl_mbox->enabled_cmds))
		return -EOPNOTSUPP;
	rc = cxl_internal_send_cmd(cxl_mbox, &mbox_cmd);
	if (!rc)
		*status = info.health_status;
	return rc;
}

/*
 * Each log is read on its own, the most severe one first: what is read later may
 * be older.  A device without a clock, or with one that is ahead of ours, has
 * nothing but the order.
 */
static bool is_outdated(struct cxl_health *health, u64 time)
{
	if (time > ktime_get_real_ns() + CLOCK_SKEW_NS)
		time = 0;
	if (time && time < health->time)
		return true;
	health->time = time;
	return false;
}

/* What the device says when it is asked is newer than any record. */
static void take_health(struct cxl_memdev_state *mds,
			const struct cxl_event_mem_module *rec)
{
	u8 status = rec->info.health_status;
	int rc = read_health(mds, &status);

	guard(mutex)(&watch_lock);
	if (!rc || !is_outdated(&mds->health, le64_to_cpu(rec->hdr.timestamp)))
		set_degraded(mds, status & HEALTH_CAPACITY_DEGRADED);
}

/* Where the page is that a record is about, and in which region: put that device */
static struct cxl_region *locate(const struct cxl_memdev *cxlmd, u64 dpa,
				 u64 *addr)
{
	struct cxl_region *cxlr;

	guard(rwsem_read)(&cxl_region_rwsem);
	guard(rwsem_read)(&cxl_dpa_rwsem);
	cxlr = cxl_dpa_to_region(cxlmd, dpa);
	/* Where a target is missing there is nothing to translate to. */
	if (!cxlr || cxlr->params.nr_targets != cxlr->params.interleave_ways)
		return NULL;
	*addr = cxl_dpa_to_hpa(cxlr, cxlmd, dpa);
	if (*addr == ULLONG_MAX)
		return NULL;
	get_device(&cxlr->dev);
	return cxlr;
}

static void tell_media_error(const struct cxl_region *cxlr, u64 addr)
{
	struct cxl_region_watch *watch;

	guard(srcu)(&watches_srcu);
	list_for_each_entry_srcu(watch, &watches, entry,
				 srcu_read_lock_held(&watches_srcu))
		if (watch->cxlr == cxlr && watch->ops->media_error)
			watch->ops->media_error(watch, addr);
}

static void take_media_error(const struct cxl_memdev *cxlmd,
			     const struct cxl_event_media_hdr *rec)
{
	struct cxl_region *cxlr;
	u64 addr;

	if (!(rec->descriptor & MEDIA_UNCORRECTABLE))
		return;
	cxlr = locate(cxlmd, le64_to_cpu(rec->phys_addr) & CXL_DPA_MASK, &addr);
	if (!cxlr)
		return;
	tell_media_error(cxlr, addr);
	put_device(&cxlr->dev);
}

/**
 * cxl_watch_record - an event record has been read from a device
 * @cxlmd: the device
 * @type: what kind of record it is
 * @evt: the record; nothing in it is taken for granted
 *
 * Which log it was in makes no difference.
 *
 * Context: Process context, sleeps.
 */
void cxl_watch_record(const struct cxl_memdev *cxlmd, enum cxl_event_type type,
		      const union cxl_event *evt)
{
	struct cxl_memdev_state *mds = memdev_state(cxlmd);

	if (!mds)
		return;
	if (type == CXL_CPER_EVENT_MEM_MODULE)
		take_health(mds, &evt->mem_module);
	else if (type == CXL_CPER_EVENT_GEN_MEDIA || type == CXL_CPER_EVENT_DRAM)
		take_media_error(cxlmd, &evt->media_hdr);
}

/**
 * cxl_watch_overflow - a device had more to say than its log could hold
 * @mds: the device
 * @last: its time stamp of the last record that was lost, 0 if it has none
 *
 * What was lost may have been about its health, so that is asked for: Get Health
 * Info, CXL rev 3.1 section 8.2.9.9.3.1.  A device that does not answer is taken
 * to have no capacity left until a record says that it has; one that is newer
 * than all that was lost may have done so before.
 *
 * Context: Process context, sleeps.
 */
void cxl_watch_overflow(struct cxl_memdev_state *mds, u64 last)
{
	u8 status = HEALTH_CAPACITY_DEGRADED;
	int rc = read_health(mds, &status);
	bool outdated;

	if (rc)
		dev_warn_ratelimited(mds->cxlds.dev, "event records were lost, and its health cannot be read: %d\n",
				     rc);
	guard(mutex)(&watch_lock);
	/*
	 * What is in the log was there before.  A log that was read before this
	 * one may have told what is newer than the loss.
	 */
	outdated = is_outdated(&mds->health, last ? last + 1 : 0);
	if (!rc || !outdated)
		set_degraded(mds, status & HEALTH_CAPACITY_DEGRADED);
}

/* What the devices of a region are like at first; records tell what changes. */
static void ask_for_health(struct cxl_region *cxlr)
{
	struct cxl_memdev_state *mds;
	u8 status;
	int i;

	guard(rwsem_read)(&cxl_region_rwsem);
	for (i = 0; i < cxlr->params.interleave_ways; i++) {
		mds = target_state(cxlr, i);
		if (mds && !read_health(mds, &status))
			mds->health.capacity_degraded =
				status & HEALTH_CAPACITY_DEGRADED;
	}
}

/**
 * cxl_region_watch - be told what the devices of a region say
 * @watch: all but @entry filled in
 *
 * The state at this moment is told at once.
 *
 * Context: Process context, sleeps.
 */
void cxl_region_watch(struct cxl_region_watch *watch)
{
	get_device(&watch->cxlr->dev);
	guard(mutex)(&watch_lock);
	ask_for_health(watch->cxlr);
	list_add_rcu(&watch->entry, &watches);
	tell_capacity();
}
EXPORT_SYMBOL_NS_GPL(cxl_region_watch, CXL);

/**
 * cxl_region_unwatch - be told no more
 * @watch: as given to cxl_region_watch()
 *
 * Context: Process context, sleeps: waits for calls that are under way.
 */
void cxl_region_unwatch(struct cxl_region_watch *watch)
{
	scoped_guard(mutex, &watch_lock)
		list_del_rcu(&watch->entry);
	synchronize_srcu(&watches_srcu);
	put_device(&watch->cxlr->dev);
}
EXPORT_SYMBOL_NS_GPL(cxl_region_unwatch, CXL);

/* A reset of the bus takes the decoders with it; that of the function does not. */
static void set_users(struct cxl_memdev_state *mds, unsigned int users)
{
	struct device *dev = mds->cxlds.dev;
	pci_dev_flags_t *flags;

	mds->users = users;
	if (!dev_is_pci(dev))
		return;
	flags = &to_pci_dev(dev)->dev_flags;
	if (users && !(*flags & PCI_DEV_FLAGS_NO_BUS_RESET)) {
		*flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
		mds->reset_barred = true;
	} else if (!users && mds->reset_barred) {
		*flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
		mds->reset_barred = false;
	}
}

static bool mailbox_is_busy(void __iomem *regs)
{
	u32 ctrl = readl(regs + CXLDEV_MBOX_CTRL_OFFSET);
	u64 status = readq(regs + CXLDEV_MBOX_STATUS_OFFSET);

	return ctrl & CXLDEV_MBOX_CTRL_DOORBELL ||
	       status & CXLDEV_MBOX_STATUS_BG_CMD;
}

/**
 * cxl_zero_is_late - may a device zero memory still that it was told long ago?
 * @cxlds: the device
 *
 * So it is from the moment on at which a command timed out, or the driver is bound
 * after whoever has used the device, until the mailbox has neither a command nor a
 * background operation; CXL rev 3.1 section 8.2.8.4.
 *
 * Context: Process context, sleeps: waits for other commands.
 * Return: true if what is put into its memory now might be lost.
 */
VISIBLE_IF_KUNIT bool cxl_zero_is_late(struct cxl_dev_state *cxlds)
{
	struct cxl_mailbox *mbox = &cxlds->cxl_mbox;

	/* Other commands may last, and the caller's locks are others', too. */
	if (!READ_ONCE(mbox->zero_late))
		return false;
	guard(mutex)(&mbox->mbox_mutex);
	if (mbox->zero_late && cxlds->regs.mbox &&
	    !mailbox_is_busy(cxlds->regs.mbox))
		WRITE_ONCE(mbox->zero_late, false);
	return mbox->zero_late;
}
EXPORT_SYMBOL_IF_KUNIT(cxl_zero_is_late);

static bool may_be_zeroed(struct cxl_region *cxlr)
{
	struct cxl_memdev_state *mds;
	int i;

	for (i = 0; i < cxlr->params.interleave_ways; i++) {
		mds = target_state(cxlr, i);
		if (mds && cxl_zero_is_late(&mds->cxlds))
			return true;
	}
	return false;
}

/**
 * cxl_region_use - the memory of a region is in use from now on, or no longer
 * @cxlr: the region, committed
 * @use: it is
 *
 * Its devices cannot be reset meanwhile.  To be called in pairs, if it does not
 * fail.
 *
 * Context: Process context, sleeps.
 * Return: 0; -EBUSY if a device may at any time zero what is put there, as it did
 * not end in time what cxl_region_zero() asked for.
 */
int cxl_region_use(struct cxl_region *cxlr, bool use)
{
	struct cxl_memdev_state *mds;
	int i;

	guard(mutex)(&watch_lock);
	guard(rwsem_read)(&cxl_region_rwsem);
	if (use && may_be_zeroed(cxlr)) {
		dev_err(&cxlr->dev, "a device may still zero what it was told before: wait, or reset it\n");
		return -EBUSY;
	}
	for (i = 0; i < cxlr->params.interleave_ways; i++) {
		mds = target_state(cxlr, i);
		if (mds)
			set_users(mds, use ? mds->users + 1 : mds->users - 1);
	}
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxl_region_use, CXL);

/**
 * cxl_region_keep - the memory of a region stays in use
 * @cxlr: the region, which loses its driver
 *
 * For who cannot give it back.  Its decoders stay as they are until the next
 * boot, so that the memory remains what it is; the region cannot be deleted.
 *
 * Context: Process context, sleeps.
 */
void cxl_region_keep(struct cxl_region *cxlr)
{
	struct cxl_memdev_state *mds;
	int i;

	dev_crit(&cxlr->dev, "memory is in use: keeps its decoders until the next boot\n");
	guard(rwsem_write)(&cxl_region_rwsem);
	set_bit(CXL_REGION_F_KEEP, &cxlr->flags);
	for (i = 0; i < cxlr->params.interleave_ways; i++) {
		mds = target_state(cxlr, i);
		if (mds)
			mds->cxlds.keep = true;
	}
}
EXPORT_SYMBOL_NS_GPL(cxl_region_keep, CXL);

/**
 * cxl_region_of_dax - the region that a dax region is of
 * @dev: device of a dax region, of any kind
 *
 * Context: any; the region lives as long as @dev is bound.
 * Return: the region, or NULL if it is not of CXL.
 */
struct cxl_region *cxl_region_of_dax(struct device *dev)
{
	return dev->type == &cxl_dax_region_type ?
		       to_cxl_dax_region(dev)->cxlr : NULL;
}
EXPORT_SYMBOL_NS_GPL(cxl_region_of_dax, CXL);
