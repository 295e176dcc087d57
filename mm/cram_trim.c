// SPDX-License-Identifier: GPL-2.0
/*
 * Compressed RAM on a device that can be told, in batches, which pages are free.
 *
 * What is freed is zero already, so the device has the room back.  One that zeroes
 * by itself can forget about whole ranges besides.
 *
 * The free path sets a bit for each block that something was freed in.  A worker
 * takes free blocks with such bits off the buddy lists, tells the device, and puts
 * them back: nobody gets a page while the device is at it.  CPU caches need no
 * care, as they can only have zeros of these pages, too.
 */
#define pr_fmt(fmt) "cram: " fmt

#include <linux/bitops.h>
#include <linux/cram.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/pfn.h>
#include <linux/range.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "internal.h"

/* How long to gather if the trimmer does not say, and to wait after errors at most */
#define GATHER		(2 * HZ)
#define RETRY_MAX	(64 * HZ)

/* Who demotes must not miss much while the device is told. */
#define BATCH_PAGES	(SZ_64M >> PAGE_SHIFT)

/**
 * struct cram_trim - what is to be told to a device
 * @cram: the device
 * @trimmer: how it is told
 * @freed: a bit for each block of the trimmer's order that pages were freed in
 *	since it was told last
 * @nr_blocks: number of these
 * @wanted: bit 0: pages were freed since the last pass over @freed began
 * @given_up: the device said that it cannot
 * @next: where the pass goes on
 * @unsettled: there were free blocks that could not be had
 * @retry: jiffies to wait if that is so again, or if the next error comes
 * @work: tells one batch
 * @blocks: free blocks that are off the buddy lists, with the order in private
 * @nr_isolated: pages of these
 * @nr_ranges: what there is to tell of them
 * @ranges: as many as the trimmer takes
 */
struct cram_trim {
	struct cram *cram;
	struct cram_trimmer trimmer;
	unsigned long *freed;
	unsigned long nr_blocks;
	unsigned long wanted;
	bool given_up;
	unsigned long next;
	bool unsettled;
	unsigned long retry;
	struct delayed_work work;
	struct list_head blocks;
	unsigned long nr_isolated;
	unsigned int nr_ranges;
	struct range ranges[];
};

static unsigned long first_pfn_of(const struct cram_trim *trim, unsigned long bit)
{
	return trim->cram->first_pfn + (bit << trim->trimmer.min_order);
}

static unsigned long bit_of(const struct cram_trim *trim, unsigned long pfn)
{
	return (pfn - trim->cram->first_pfn) >> trim->trimmer.min_order;
}

/* As for page reporting, the device sleeps when the system does. */
static void tell_in(struct cram_trim *trim, unsigned long delay)
{
	mod_delayed_work(system_freezable_wq, &trim->work, delay);
}

/* Queue what frees ask for; what is queued already stays. */
static void want(struct cram_trim *trim)
{
	/* Paired with begin_pass(), which looks at the bits after @wanted. */
	smp_mb();
	if (!READ_ONCE(trim->wanted) && !test_and_set_bit(0, &trim->wanted))
		queue_delayed_work(system_freezable_wq, &trim->work,
				   trim->trimmer.gather);
}

/**
 * cram_trim_freed - the device is to be told of pages that are being freed
 * @cram: the device
 * @page: the first, zero already
 * @order: of the pages
 *
 * Context: any, RCU read lock held.  Takes no lock.
 */
void cram_trim_freed(struct cram *cram, struct page *page, unsigned int order)
{
	struct cram_trim *trim = rcu_dereference(cram->trim);
	unsigned long pfn = page_to_pfn(page);
	unsigned long bit, last;

	if (!trim || READ_ONCE(trim->given_up))
		return;
	/* A bit is not cleared before all of its block is free. */
	last = bit_of(trim, pfn + (1UL << order) - 1);
	for (bit = bit_of(trim, pfn); bit <= last; bit++)
		if (!test_bit(bit, trim->freed))
			set_bit(bit, trim->freed);
	want(trim);
}

static void begin_pass(struct cram_trim *trim)
{
	struct zone *zones = NODE_DATA(trim->cram->nid)->node_zones;
	unsigned int i;

	trim->unsettled = false;
	clear_bit(0, &trim->wanted);
	/* Paired with want() */
	smp_mb__after_atomic();
	/* What waits on lists per CPU is not in the buddy. */
	get_online_mems();
	for (i = 0; i < MAX_NR_ZONES; i++)
		if (managed_zone(&zones[i]))
			drain_all_pages(&zones[i]);
	put_online_mems();
}

/* The free block that all of a small one is in.  Call with zone->lock held. */
static struct page *free_block(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	struct page *head;

	for (; order <= MAX_PAGE_ORDER; order++) {
		head = page - (pfn & ((1UL << order) - 1));
		if (PageBuddy(head) && buddy_order(head) >= order)
			return head;
	}
	return NULL;
}

/* Never more than half of what is free, so that those who allocate find some */
static bool can_spare(const struct cram_trim *trim, struct zone *zone,
		      unsigned int order)
{
	unsigned long mark = high_wmark_pages(zone) + trim->nr_isolated;

	return zone_watermark_ok(zone, 0, mark + (1UL << order), 0, ALLOC_CMA);
}

/* What is about to go offline has to stay where it is. */
static bool isolate(const struct cram_trim *trim, struct zone *zone,
		    struct page *head)
{
	unsigned int order = buddy_order(head);

	if (is_migrate_isolate_page(head) || !can_spare(trim, zone, order) ||
	    !__isolate_free_page(head, order))
		return false;
	set_page_private(head, order);
	return true;
}

static struct page *isolate_around(const struct cram_trim *trim,
				   struct page *page)
{
	struct zone *zone = page_zone(page);
	struct page *head;

	spin_lock_irq(&zone->lock);
	head = free_block(page, trim->trimmer.min_order);
	if (head && !isolate(trim, zone, head))
		head = NULL;
	spin_unlock_irq(&zone->lock);
	return head;
}

/* Return false if there are as many ranges as the device takes. */
static bool append(struct cram_trim *trim, unsigned long from, unsigned long to)
{
	struct range range = {
		.start = PFN_PHYS(first_pfn_of(trim, from)),
		.end = PFN_PHYS(first_pfn_of(trim, to)) - 1,
	};
	unsigned int nr = trim->nr_ranges;

	if (nr && trim->ranges[nr - 1].end + 1 == range.start) {
		trim->ranges[nr - 1].end = range.end;
		return true;
	}
	if (nr == trim->trimmer.max_ranges)
		return false;
	trim->nr_ranges++;
	trim->ranges[nr] = range;
	return true;
}

/* Its bits do not change, nobody has the block.  Those around it may. */
static void add_block(struct cram_trim *trim, struct page *head)
{
	unsigned int order = page_private(head);
	unsigned long from = bit_of(trim, page_to_pfn(head));
	unsigned long end = from + (1UL << (order - trim->trimmer.min_order));
	unsigned long to;

	trim->nr_isolated += 1UL << order;
	list_add_tail(&head->lru, &trim->blocks);
	for_each_set_bitrange_from(from, to, trim->freed, end) {
		if (!append(trim, from, to))
			return;
		for (; from < to; from++)
			clear_bit(from, trim->freed);
	}
}

static bool is_in_use(const struct cram_trim *trim, struct page *page)
{
	unsigned long i;

	for (i = 0; i < 1UL << trim->trimmer.min_order; i++)
		if (page_count(page + i))
			return true;
	return false;
}

/*
 * Of a block in use the bit is set again when the last page is freed.  Else a page
 * is on its way to the buddy, it is coming online, or the zone cannot spare the
 * block now.
 */
static void leave_block(struct cram_trim *trim, unsigned long bit,
			struct page *page)
{
	clear_bit(bit, trim->freed);
	/* Who frees a page has given up the last reference before it sets the bit. */
	smp_mb__after_atomic();
	if (page && is_in_use(trim, page))
		return;
	set_bit(bit, trim->freed);
	trim->unsettled = true;
}

/* Return the bit to go on with: what of a block did not fit comes again. */
static unsigned long take_block(struct cram_trim *trim, unsigned long bit)
{
	struct page *page = pfn_to_online_page(first_pfn_of(trim, bit));
	struct page *head = NULL;

	if (page)
		head = isolate_around(trim, page);
	if (!head) {
		leave_block(trim, bit, page);
		return bit + 1;
	}
	add_block(trim, head);
	return bit_of(trim, page_to_pfn(head));
}

/* Return false if that was the last batch of the pass. */
static bool fill_batch(struct cram_trim *trim)
{
	while (trim->nr_isolated < BATCH_PAGES &&
	       trim->nr_ranges < trim->trimmer.max_ranges) {
		unsigned long bit = find_next_bit(trim->freed, trim->nr_blocks,
						  trim->next);

		if (bit >= trim->nr_blocks)
			return false;
		trim->next = take_block(trim, bit);
		cond_resched();
	}
	return true;
}

/* What was found to be bad while it was in no list stays out of them. */
static void take_off_bad_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		if (PageHWPoison(page + i) && take_page_off_buddy(page + i))
			page_ref_inc(page + i);
}

static void put_back(struct cram_trim *trim)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &trim->blocks, lru) {
		struct zone *zone = page_zone(page);
		unsigned int order = page_private(page);

		list_del(&page->lru);
		spin_lock_irq(&zone->lock);
		set_page_private(page, 0);
		/* It may have begun to go offline meanwhile. */
		__putback_isolated_page(page, order,
					get_pageblock_migratetype(page));
		spin_unlock_irq(&zone->lock);
		take_off_bad_pages(page, order);
		cond_resched();
	}
	trim->nr_isolated = 0;
}

/*
 * A device that has not answered in time may come to the pages at any later time:
 * they are as bad as those with a memory error, and go with the memory.
 */
static void lose_blocks(struct cram_trim *trim)
{
	struct page *page, *next;
	unsigned long i, nr;

	pr_err("node %d: the device did not answer, %lu free pages are lost until it is unplugged\n",
	       trim->cram->nid, trim->nr_isolated);
	list_for_each_entry_safe(page, next, &trim->blocks, lru) {
		list_del(&page->lru);
		nr = 1UL << page_private(page);
		set_page_private(page, 0);
		for (i = 0; i < nr; i++) {
			SetPageHWPoison(page + i);
			num_poisoned_pages_inc(page_to_pfn(page + i));
			set_page_refcounted(page + i);
		}
	}
	trim->nr_isolated = 0;
}

/* All went well. */
static void count_ranges(struct cram_trim *trim)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < trim->nr_ranges; i++)
		bytes += range_len(&trim->ranges[i]);
	atomic_long_add(PHYS_PFN(bytes), &trim->cram->trimmed);
	trim->retry = trim->trimmer.gather;
}

static void mark_ranges(struct cram_trim *trim)
{
	unsigned long bit, last;
	unsigned int i;

	for (i = 0; i < trim->nr_ranges; i++) {
		last = bit_of(trim, PHYS_PFN(trim->ranges[i].end));
		for (bit = bit_of(trim, PHYS_PFN(trim->ranges[i].start));
		     bit <= last; bit++)
			set_bit(bit, trim->freed);
	}
}

static int tell_batch(struct cram_trim *trim)
{
	const struct cram_trimmer *trimmer = &trim->trimmer;
	int rc = 0;

	if (trim->nr_ranges)
		rc = trimmer->zero(trimmer->data, trim->ranges, trim->nr_ranges);
	if (rc)
		mark_ranges(trim);
	else if (trim->nr_ranges)
		count_ranges(trim);
	trim->nr_ranges = 0;
	if (rc == -ETIMEDOUT)
		lose_blocks(trim);
	else
		put_back(trim);
	return rc;
}

/* Errors that are not going to go away */
static bool is_final(int error)
{
	return error == -EOPNOTSUPP || error == -ENXIO || error == -ENODEV ||
	       error == -ETIMEDOUT;
}

static void wait_longer(struct cram_trim *trim)
{
	tell_in(trim, trim->retry);
	trim->retry = min(2 * trim->retry, RETRY_MAX);
}

static void handle_error(struct cram_trim *trim, int error)
{
	int nid = trim->cram->nid;

	trim->next = 0;
	if (is_final(error)) {
		pr_err("node %d: the device cannot be told which pages are free: error %d\n",
		       nid, error);
		WRITE_ONCE(trim->given_up, true);
		return;
	}
	pr_warn_ratelimited("node %d: the device was not told which pages are free: error %d, trying again in %lu s\n",
			    nid, error, trim->retry / HZ);
	wait_longer(trim);
}

static void end_pass(struct cram_trim *trim)
{
	trim->next = 0;
	if (READ_ONCE(trim->wanted))
		tell_in(trim, trim->trimmer.gather);
	else if (trim->unsettled)
		wait_longer(trim);
}

/* One batch, so that who waits for the worker does not wait for all of them */
static void trim_some(struct work_struct *work)
{
	struct cram_trim *trim = container_of(to_delayed_work(work),
					      struct cram_trim, work);
	bool more;
	int rc;

	if (READ_ONCE(trim->given_up))
		return;
	if (!trim->next)
		begin_pass(trim);
	more = fill_batch(trim);
	rc = tell_batch(trim);
	if (rc) {
		handle_error(trim, rc);
		return;
	}
	if (more)
		tell_in(trim, 0);
	else
		end_pass(trim);
}

static struct cram_trim *alloc_trim(struct cram *cram,
				    const struct cram_trimmer *trimmer)
{
	struct cram_trim *trim;

	trim = kvzalloc(struct_size(trim, ranges, trimmer->max_ranges),
			GFP_KERNEL);
	if (!trim)
		return NULL;
	trim->cram = cram;
	trim->trimmer = *trimmer;
	trim->nr_blocks = cram->nr_pages >> trimmer->min_order;
	trim->trimmer.gather = trimmer->gather ?: GATHER;
	trim->retry = trim->trimmer.gather;
	INIT_LIST_HEAD(&trim->blocks);
	INIT_DELAYED_WORK(&trim->work, trim_some);
	trim->freed = vcalloc(BITS_TO_LONGS(trim->nr_blocks), sizeof(long));
	if (trim->freed)
		return trim;
	kvfree(trim);
	return NULL;
}

static struct cram_trim *trim_of(struct cram *cram)
{
	return rcu_dereference_protected(cram->trim, true);
}

static void free_trim(struct cram *cram)
{
	struct cram_trim *trim = trim_of(cram);

	if (!trim)
		return;
	RCU_INIT_POINTER(cram->trim, NULL);
	synchronize_rcu();
	cancel_delayed_work_sync(&trim->work);
	vfree(trim->freed);
	kvfree(trim);
}

/**
 * cram_set_trimmer - tell the device from now on which pages are free
 * @cram: started and not paused
 * @trimmer: how to tell it, copied; or NULL to end that
 *
 * What was freed before is not told, so the time for that is before memory is
 * added.  It ends with cram_stop(), too.  When it has ended, nobody is in @trimmer.
 *
 * Context: Process context, sleeps.  One caller at a time, cram_pause(),
 * cram_resume() and cram_stop() included.
 * Return: 0; -EINVAL if @trimmer has no function, takes no range, or blocks that
 * are larger than free blocks are, or do not fit into the memory; -ENOMEM.
 */
int cram_set_trimmer(struct cram *cram, const struct cram_trimmer *trimmer)
{
	struct cram_trim *trim;

	free_trim(cram);
	if (!trimmer)
		return 0;
	if (!trimmer->zero || !trimmer->max_ranges ||
	    trimmer->min_order > MAX_PAGE_ORDER ||
	    !IS_ALIGNED(cram->first_pfn | cram->nr_pages,
			1UL << trimmer->min_order))
		return -EINVAL;
	trim = alloc_trim(cram, trimmer);
	if (!trim)
		return -ENOMEM;
	rcu_assign_pointer(cram->trim, trim);
	return 0;
}
EXPORT_SYMBOL_GPL(cram_set_trimmer);

/**
 * cram_pause_trim - leave all free pages in the buddy for now
 * @cram: started
 *
 * Context: Process context, waits until the device is through with a batch.
 */
void cram_pause_trim(struct cram *cram)
{
	struct cram_trim *trim = trim_of(cram);

	if (trim)
		disable_delayed_work_sync(&trim->work);
}

/**
 * cram_resume_trim - go on after cram_pause_trim()
 * @cram: paused
 *
 * Context: any.
 */
void cram_resume_trim(struct cram *cram)
{
	struct cram_trim *trim = trim_of(cram);

	if (!trim)
		return;
	enable_delayed_work(&trim->work);
	/* Whatever was not queued meanwhile */
	tell_in(trim, trim->trimmer.gather);
}
