// SPDX-License-Identifier: GPL-2.0
/*
 * Compressed RAM: how much the device has room for, who gets in, and who has to
 * leave when it gets full.
 *
 * A private node with NODE_PRIVATE_OPT_CRAM reports more pages than the device
 * can back.  The only way in is demotion, every mapping is read-only, a write
 * copies to ordinary memory: the device sees writes only where it can say no.
 * For the design see Documentation/mm/cram.rst.
 */
#define pr_fmt(fmt) "cram: " fmt

#include <kunit/visibility.h>
#include <linux/cram.h>
#include <linux/export.h>
#include <linux/math64.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/node_private.h>
#include <linux/pfn.h>
#include <linux/range.h>
#include <linux/rcupdate.h>
#include <linux/swap.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "internal.h"

#include <trace/events/node_private.h>

/* What is evicted at a time, and how long to wait if nothing can be, at first */
#define EVICT_BATCH	SWAP_CLUSTER_MAX
#define EVICT_RETRY	(HZ / 2)
#define EVICT_RETRY_MAX	(8 * HZ)

/* What part of the pages leaves at a time while the device is degraded */
#define DEGRADED_SHARE	64

/* How much of a node is looked at without a break */
#define SCAN_STEP	1024

/*
 * Throttling counts thousandths of a folio.  It lets so many in at least: were it
 * ever fewer, the high mark would not be reached, and all would be tried in vain.
 */
#define WHOLE_FOLIO	1000UL
#define LEAST_SHARE	50UL

DEFINE_STATIC_KEY_FALSE(cram_key);

/* It makes room, so it must not wait for room. */
static struct workqueue_struct *cram_wq;

static bool is_granted(const struct cram *cram, const struct folio *folio)
{
	return test_bit(page_to_pfn(&folio->page) - cram->first_pfn,
			cram->granted);
}

bool __folio_is_write_protected(const struct folio *folio)
{
	struct cram *cram;
	bool protected;

	rcu_read_lock();
	cram = node_private_cram(folio_nid(folio));
	protected = cram && !is_granted(cram, folio);
	rcu_read_unlock();
	return protected;
}

bool __page_needs_scrub(const struct page *page)
{
	return node_private_opts(page_to_nid(page)) & NODE_PRIVATE_OPT_SCRUB;
}

static unsigned long positive(const atomic_long_t *value)
{
	return max(atomic_long_read(value), 0);
}

/* Capacity or marks have changed: what is compared with each folio */
static void set_mark_bytes(struct cram *cram)
{
	unsigned long flags;

	spin_lock_irqsave(&cram->lock, flags);
	WRITE_ONCE(cram->low_bytes, mult_frac(cram->capacity, cram->low, 100UL));
	WRITE_ONCE(cram->high_bytes, mult_frac(cram->capacity, cram->high, 100UL));
	spin_unlock_irqrestore(&cram->lock, flags);
}

/* Nothing gets in, however much room there is. */
static bool is_closed(const struct cram *cram)
{
	return READ_ONCE(cram->full) || READ_ONCE(cram->failed) ||
	       READ_ONCE(cram->degraded);
}

/* It is not only that nothing gets in: something has to leave. */
static bool has_to_shrink(const struct cram *cram)
{
	return READ_ONCE(cram->full) || READ_ONCE(cram->degraded);
}

/**
 * cram_resident - pages that live there
 * @cram: registered or not
 *
 * Context: any.
 * Return: pages that are on the LRU lists of the node.
 */
unsigned long cram_resident(const struct cram *cram)
{
	int nid = READ_ONCE(cram->nid);
	unsigned long sum = 0;
	enum lru_list lru;

	if (nid == NUMA_NO_NODE)
		return 0;
	for_each_lru(lru)
		sum += node_page_state(NODE_DATA(nid), NR_LRU_BASE + lru);
	return sum;
}
EXPORT_SYMBOL_GPL(cram_resident);

static unsigned long pages_in_lists(const struct zone *zone)
{
	unsigned long sum = 0;
	int cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return sum;
}

/* All that are not free: those that have just come are not on the LRU yet. */
static unsigned long pages_in_use(int nid)
{
	unsigned long sum = 0;
	struct zone *zone;

	if (nid == NUMA_NO_NODE)
		return 0;
	for (zone = NODE_DATA(nid)->node_zones;
	     zone < NODE_DATA(nid)->node_zones + MAX_NR_ZONES; zone++) {
		unsigned long all = zone_managed_pages(zone);
		unsigned long free, in_lists;

		if (!all)
			continue;
		/* What goes from one to the other meanwhile is free once. */
		in_lists = pages_in_lists(zone);
		free = zone_page_state_snapshot(zone, NR_FREE_PAGES);
		free += min(in_lists, pages_in_lists(zone));
		sum += all - min(free, all);
	}
	return sum;
}

/* A device that never said what it uses: as if nothing compressed. */
static bool counts_pages(const struct cram *cram)
{
	return !cram->ops && !READ_ONCE(cram->reports);
}

/**
 * cram_used - bytes that the device uses
 * @cram: registered or not
 *
 * Context: any.
 * Return: bytes, without what is promised to pages that are being filled; those
 * of all pages that are there as long as the device has not reported any.
 */
unsigned long cram_used(const struct cram *cram)
{
	if (counts_pages(cram))
		return pages_in_use(READ_ONCE(cram->nid)) << PAGE_SHIFT;
	return positive(&cram->used);
}
EXPORT_SYMBOL_GPL(cram_used);

/**
 * cram_load - what counts where the device gets full
 * @cram: registered or not
 *
 * Context: any.
 * Return: bytes in use, and in full the pages that can be written to in place.
 */
unsigned long cram_load(const struct cram *cram)
{
	unsigned long used = cram_used(cram);

	if (!counts_pages(cram))
		used += positive(&cram->nr_granted) << PAGE_SHIFT;
	return used;
}

static noinline void count_pages_again(struct cram *cram, unsigned long now)
{
	long came = atomic_long_read(&cram->came);

	/* Before they are counted: what comes meanwhile counts twice. */
	smp_rmb();
	WRITE_ONCE(cram->counted,
		   (long)pages_in_use(READ_ONCE(cram->nid)) - came);
	WRITE_ONCE(cram->counted_at, now);
}

/*
 * What cram_load() is at most, for each folio that comes.  To count pages looks at
 * all processors: once in a jiffy, and what has come since is added.
 */
static inline unsigned long load_at_most(struct cram *cram)
{
	unsigned long now = jiffies;
	long pages;

	if (!counts_pages(cram))
		return cram_load(cram);
	if (READ_ONCE(cram->counted_at) != now)
		count_pages_again(cram, now);
	pages = READ_ONCE(cram->counted) + atomic_long_read(&cram->came);
	return max(pages, 0L) << PAGE_SHIFT;
}

/**
 * cram_gate - does the device take pages at this moment?
 * @cram: registered or not
 *
 * Context: any.
 * Return: see enum cram_gate.
 */
enum cram_gate cram_gate(struct cram *cram)
{
	if (is_closed(cram))
		return CRAM_CLOSED;
	if (load_at_most(cram) > READ_ONCE(cram->low_bytes))
		return CRAM_THROTTLED;
	return CRAM_OPEN;
}
EXPORT_SYMBOL_GPL(cram_gate);

/* Of 1000 folios that come between the marks, how many get in */
static unsigned int admitted_share(const struct cram *cram, unsigned long used)
{
	unsigned long low = READ_ONCE(cram->low_bytes);
	unsigned long high = READ_ONCE(cram->high_bytes);

	if (used <= low)
		return WHOLE_FOLIO;
	if (used >= high)
		return LEAST_SHARE;
	return max(mult_frac(WHOLE_FOLIO - LEAST_SHARE, high - used, high - low),
		   LEAST_SHARE);
}

static bool throttle(struct cram *cram)
{
	unsigned int share, credit;

	if (cram_gate(cram) != CRAM_THROTTLED)
		return false;
	share = admitted_share(cram, load_at_most(cram));
	credit = atomic_fetch_add(share, &cram->credit);
	return credit % WHOLE_FOLIO + share < WHOLE_FOLIO;
}

/**
 * cram_throttles - between its marks, does a node hold a folio off?
 * @nid: a possible node
 * @folio: to be demoted; counted as refused if so
 *
 * To be asked once for each folio: every answer counts for the next one.
 *
 * Context: any.
 * Return: true for the part of the folios that is to go elsewhere.
 */
bool cram_throttles(int nid, const struct folio *folio)
{
	struct cram *cram;
	bool throttles;

	rcu_read_lock();
	cram = node_private_cram(nid);
	throttles = cram && throttle(cram);
	rcu_read_unlock();
	if (throttles)
		node_private_count(nid, NODE_PRIVATE_REFUSED,
				   folio_nr_pages(folio));
	return throttles;
}

/**
 * cram_has_room - is there room for as much as a page?
 * @cram: registered or not
 *
 * Context: any.
 * Return: false if the gate is closed, and if all that is left is promised.
 */
bool cram_has_room(const struct cram *cram)
{
	return !is_closed(cram) &&
	       positive(&cram->coming) + cram_load(cram) + PAGE_SIZE <=
	       READ_ONCE(cram->capacity);
}

/**
 * cram_reserve - ask for room for pages
 * @cram: the device
 * @nr: number of base pages
 *
 * They may turn out not to compress at all.
 *
 * Context: any.
 * Return: true if they can come; then call cram_settle().
 */
bool cram_reserve(struct cram *cram, unsigned long nr)
{
	unsigned long bytes = nr << PAGE_SHIFT;
	unsigned long coming;

	if (is_closed(cram))
		return false;

	atomic_long_add(bytes, &cram->coming);
	coming = positive(&cram->coming);
	/* The same of what is settled meanwhile; pairs with cram_settle(). */
	smp_rmb();
	if (coming + load_at_most(cram) <= READ_ONCE(cram->capacity))
		return true;
	atomic_long_sub(bytes, &cram->coming);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(cram_reserve);

/* Close the gate above the high mark, open it below the low one. */
static bool update_gate(struct cram *cram)
{
	unsigned long load = cram_load(cram);
	bool full = cram->full;

	if (load <= cram->low_bytes)
		full = false;
	else if (load >= cram->high_bytes)
		full = true;
	if (full == cram->full)
		return false;
	WRITE_ONCE(cram->full, full);
	trace_node_private_gate(cram->nid, cram_gate(cram) != CRAM_CLOSED);
	return full;
}

static void start_eviction(struct cram *cram, unsigned long delay)
{
	if (READ_ONCE(cram->running))
		mod_delayed_work(cram_wq, &cram->evict, delay);
}

/* Return whether the gate was closed right now. */
static bool look_at_marks(struct cram *cram)
{
	unsigned long flags;
	bool closed;

	spin_lock_irqsave(&cram->lock, flags);
	closed = update_gate(cram);
	spin_unlock_irqrestore(&cram->lock, flags);
	return closed;
}

static void check_marks(struct cram *cram)
{
	unsigned long load = cram_load(cram);
	bool above_low = load > READ_ONCE(cram->low_bytes);

	if (atomic_long_read(&cram->nr_granted) &&
	    (above_low || cram_grants_exceed(cram)) &&
	    !delayed_work_pending(&cram->evict))
		start_eviction(cram, cram->retry);

	/* Without the lock as long as nothing changes */
	if (READ_ONCE(cram->full) ?
	    above_low : load < READ_ONCE(cram->high_bytes))
		return;

	if (look_at_marks(cram))
		start_eviction(cram, 0);
}

/* Of a device that does not report: nothing to do as long as it is not near. */
static void look_at_what_came(struct cram *cram)
{
	if (atomic_long_read(&cram->nr_granted) ||
	    load_at_most(cram) >= READ_ONCE(cram->high_bytes))
		check_marks(cram);
}

/* What is there may have become too much without anything coming. */
static void check_capacity(struct cram *cram)
{
	check_marks(cram);
	if (READ_ONCE(cram->full))
		start_eviction(cram, 0);
}

/**
 * cram_settle - what became of what was reserved
 * @cram: the device
 * @page: the first of the pages, or NULL if there are none
 * @nr: number of base pages, as reserved
 *
 * Context: process context.
 */
void cram_settle(struct cram *cram, struct page *page, unsigned long nr)
{
	unsigned long bytes = nr << PAGE_SHIFT;

	if (page && cram->ops) {
		cram->ops->taken(cram, page, nr);
	} else if (page && READ_ONCE(cram->reports)) {
		atomic_long_add(bytes, &cram->settled);
	} else {
		if (page)
			atomic_long_add(nr, &cram->came);
		/* It is in one of them at any time. */
		smp_mb__before_atomic();
		atomic_long_sub(bytes, &cram->coming);
		if (page)
			look_at_what_came(cram);
	}
}
EXPORT_SYMBOL_IF_KUNIT(cram_settle);

/**
 * cram_account - the use of the device has changed
 * @cram: the device
 * @used: bytes that it uses more, or less
 * @coming: the same of bytes that were promised
 *
 * For cram_ops, which do the bookkeeping for a device that cannot.
 *
 * Context: any.
 */
void cram_account(struct cram *cram, long used, long coming)
{
	atomic_long_add(coming, &cram->coming);
	atomic_long_add(used, &cram->used);
	check_marks(cram);
}
EXPORT_SYMBOL_GPL(cram_account);

/**
 * cram_set_failed - close the gate, or give it back to the marks
 * @cram: the device
 * @failed: it takes nothing more, however much room it has
 *
 * What is there stays.
 *
 * Context: any.
 */
void cram_set_failed(struct cram *cram, bool failed)
{
	if (READ_ONCE(cram->failed) == failed)
		return;
	WRITE_ONCE(cram->failed, failed);
	trace_node_private_gate(cram->nid, cram_gate(cram) != CRAM_CLOSED);
	if (failed && atomic_long_read(&cram->nr_granted))
		start_eviction(cram, 0);
}
EXPORT_SYMBOL_GPL(cram_set_failed);

/**
 * cram_set_degraded - the device is short of capacity, or no longer
 * @cram: prepared, started or not
 * @degraded: it takes nothing more, and pages leave, some at a time, until it has
 *	enough again
 *
 * For a device that does not tell how much it uses, but when it is too much.
 *
 * Context: any, one at a time.
 */
void cram_set_degraded(struct cram *cram, bool degraded)
{
	if (READ_ONCE(cram->degraded) == degraded)
		return;
	WRITE_ONCE(cram->degraded, degraded);
	if (READ_ONCE(cram->nid) == NUMA_NO_NODE)
		return;
	trace_node_private_gate(cram->nid, cram_gate(cram) != CRAM_CLOSED);
	/* A device that cannot make up its mind does not lose more for that. */
	if (degraded && !delayed_work_pending(&cram->evict))
		start_eviction(cram, EVICT_RETRY);
}
EXPORT_SYMBOL_GPL(cram_set_degraded);

/* What came since the report before this one may not be in it. */
static unsigned long take_unreported(struct cram *cram)
{
	unsigned long bytes;

	if (cram->reports)
		return atomic_long_xchg(&cram->settled, 0);

	/* All that is there, then; what comes from now on stays promised. */
	WRITE_ONCE(cram->reports, true);
	bytes = pages_in_use(READ_ONCE(cram->nid)) << PAGE_SHIFT;
	atomic_long_add(bytes, &cram->coming);
	return bytes;
}

/* If nothing compresses of what has come since the device last said anything */
static unsigned long most_in_use(const struct cram *cram)
{
	return cram_load(cram) + positive(&cram->coming);
}

/**
 * cram_report - what the device says of itself
 * @cram: the device, which has no cram_ops
 * @used: bytes that it uses
 * @capacity: bytes that it has
 *
 * Context: Process context, one at a time.
 * Return: 0; -EINVAL if that cannot be.  Then nothing more gets in until a
 * report makes sense.
 */
int cram_report(struct cram *cram, unsigned long used, unsigned long capacity)
{
	/* It may have shrunk below what it holds, but not take more than that. */
	if (!capacity || (used > capacity && used > most_in_use(cram))) {
		pr_err_ratelimited("node %d: the device reports %lu of %lu bytes in use: it gets no more pages until it makes sense\n",
				   cram->nid, used, capacity);
		cram_set_failed(cram, true);
		return -EINVAL;
	}
	WRITE_ONCE(cram->capacity, capacity);
	set_mark_bytes(cram);
	atomic_long_set(&cram->used, used);
	atomic_long_sub(cram->unreported, &cram->coming);
	cram->unreported = take_unreported(cram);
	cram_set_failed(cram, false);
	check_capacity(cram);
	return 0;
}
EXPORT_SYMBOL_GPL(cram_report);

/**
 * cram_set_capacity - change what the device can back
 * @cram: the device
 * @capacity: bytes; less than it uses makes pages leave
 *
 * Context: any.
 */
void cram_set_capacity(struct cram *cram, unsigned long capacity)
{
	WRITE_ONCE(cram->capacity, capacity);
	set_mark_bytes(cram);
	check_capacity(cram);
}
EXPORT_SYMBOL_GPL(cram_set_capacity);

/**
 * cram_set_marks - change when the gate closes and opens
 * @cram: the device
 * @low: percent of the capacity
 * @high: percent of the capacity, above @low
 *
 * Context: any.
 * Return: 0, or -EINVAL if these are no marks.
 */
int cram_set_marks(struct cram *cram, unsigned int low, unsigned int high)
{
	if (low >= high || high > 100)
		return -EINVAL;
	WRITE_ONCE(cram->low, low);
	WRITE_ONCE(cram->high, high);
	set_mark_bytes(cram);
	check_marks(cram);
	return 0;
}
EXPORT_SYMBOL_GPL(cram_set_marks);

/*
 * Pages that have to leave for the use to sink to the low mark.  Nobody knows
 * how many these are where the device just says that it is too much.
 */
static unsigned long pages_to_evict(const struct cram *cram)
{
	unsigned long load = cram_load(cram);
	unsigned long low = READ_ONCE(cram->low_bytes);
	unsigned long resident = cram_resident(cram);
	unsigned long nr = 0;

	if (load > low)
		nr = mul_u64_u64_div_u64(resident, load - low, load) + 1;
	if (READ_ONCE(cram->degraded) && resident)
		nr = max3(nr, resident / DEGRADED_SHARE, EVICT_BATCH);
	return nr;
}

static bool isolate(unsigned long pfn, int nid, struct list_head *folios)
{
	struct page *page = pfn_to_online_page(pfn);
	struct folio *folio;
	bool isolated;

	if (!page || page_to_nid(page) != nid || !PageLRU(page))
		return false;
	folio = folio_get_nontail_page(page);
	if (!folio)
		return false;
	isolated = folio_isolate_lru(folio);
	if (isolated) {
		list_add(&folio->lru, folios);
		node_stat_mod_folio(folio, NR_ISOLATED_ANON +
				    folio_is_file_lru(folio),
				    folio_nr_pages(folio));
	}
	folio_put(folio);
	return isolated;
}

/* Take up to EVICT_BATCH folios off the LRU, from where the last time ended. */
static unsigned int isolate_some(struct cram *cram, struct list_head *folios)
{
	unsigned long left = cram->nr_pages;
	unsigned int nr = 0;

	for (; left && nr < EVICT_BATCH && READ_ONCE(cram->running); left--) {
		if (isolate(cram->first_pfn + cram->cursor, cram->nid, folios))
			nr++;
		cram->cursor = (cram->cursor + 1) % cram->nr_pages;
		if (!(left % SCAN_STEP))
			cond_resched();
	}
	return nr;
}

/* A folio of ordinary memory, if that leaves kswapd asleep */
static struct folio *alloc_spare(struct folio *src, unsigned long nid)
{
	gfp_t gfp = (GFP_HIGHUSER_MOVABLE & ~__GFP_RECLAIM) | __GFP_NOWARN |
		    __GFP_NOMEMALLOC;
	unsigned int order = folio_order(src);
	struct zoneref *z;
	struct zone *zone;

	for_each_zone_zonelist(zone, z, node_zonelist(nid, gfp), gfp_zone(gfp))
		if (zone_watermark_ok(zone, order, high_wmark_pages(zone),
				      gfp_zone(gfp), 0))
			return __folio_alloc(gfp, order, zone_to_nid(zone), NULL);
	return NULL;
}

/*
 * Where nothing can be swapped out: to ordinary memory, as long as it has room
 * that nobody has to be driven out of.
 */
static unsigned int move_to_ordinary_memory(struct cram *cram)
{
	unsigned int nr_succeeded = 0;
	LIST_HEAD(folios);

	if (!isolate_some(cram, &folios))
		return 0;
	migrate_pages(&folios, alloc_spare, NULL, cram->nid, MIGRATE_SYNC,
		      MR_MEMORY_HOTPLUG, &nr_succeeded);
	putback_movable_pages(&folios);
	return nr_succeeded;
}

static unsigned long evict_some(struct cram *cram)
{
	unsigned long nr = 0;

	if (get_nr_swap_pages() > 0)
		nr = reclaim_private_node(cram->nid, GFP_HIGHUSER_MOVABLE);
	if (!nr)
		nr = move_to_ordinary_memory(cram);
	return nr;
}

/* Did that take back at least one, if there were any? */
static bool revoke_if_due(struct cram *cram)
{
	long before = atomic_long_read(&cram->nr_granted);

	if (!cram_grants_due(cram))
		return true;
	cram_revoke_grants(cram);
	return atomic_long_read(&cram->nr_granted) < before;
}

static void evict(struct work_struct *work)
{
	struct cram *cram = container_of(to_delayed_work(work), struct cram,
					 evict);
	bool progress = revoke_if_due(cram);
	unsigned long todo, done = 0, nr = 1;

	/* What waits in batches per CPU, as pages just demoted, is not found. */
	if (cram->retry > EVICT_RETRY)
		lru_add_drain_all();
	look_at_marks(cram);
	todo = pages_to_evict(cram);
	while (nr && done < todo && has_to_shrink(cram) &&
	       READ_ONCE(cram->running)) {
		nr = evict_some(cram);
		done += nr;
		cond_resched();
	}
	atomic_long_add(done, &cram->evicted);
	progress = progress && nr;
	cram->retry = progress ? EVICT_RETRY :
				 min(2 * cram->retry, EVICT_RETRY_MAX);

	/* A device that reports has yet to see what has gone. */
	look_at_marks(cram);
	if (READ_ONCE(cram->full) && (!READ_ONCE(cram->reports) || !progress))
		start_eviction(cram, progress ? 0 : cram->retry);
	else if (cram_grants_exceed(cram) || READ_ONCE(cram->degraded))
		start_eviction(cram, cram->retry);
}

/* Large folios that were freed where there is no time to zero them */
static LIST_HEAD(deferred);
static DEFINE_SPINLOCK(deferred_lock);

static void free_deferred(struct work_struct *work)
{
	struct page *page, *next;
	LIST_HEAD(pages);

	spin_lock_irq(&deferred_lock);
	list_splice_init(&deferred, &pages);
	spin_unlock_irq(&deferred_lock);

	list_for_each_entry_safe(page, next, &pages, lru) {
		list_del(&page->lru);
		set_page_refcounted(page);
		__free_pages(page, compound_order(page));
		cond_resched();
	}
}

static DECLARE_WORK(deferred_work, free_deferred);

/**
 * cram_defer_free - is now no time to zero a page of this size?
 * @page: being freed, with no references
 * @order: of the page
 *
 * Context: any.
 * Return: true if the page has been taken over, to be freed again in process
 * context.
 */
bool cram_defer_free(struct page *page, unsigned int order)
{
	unsigned long flags;

	if (order <= PAGE_ALLOC_COSTLY_ORDER || !PageCompound(page) ||
	    (in_task() && !irqs_disabled()))
		return false;

	spin_lock_irqsave(&deferred_lock, flags);
	list_add_tail(&page->lru, &deferred);
	spin_unlock_irqrestore(&deferred_lock, flags);
	queue_work(cram_wq, &deferred_work);
	return true;
}

void __cram_stored(struct folio *folio)
{
	struct cram *cram;

	/* The folio keeps the node where it is. */
	rcu_read_lock();
	cram = node_private_cram(folio_nid(folio));
	rcu_read_unlock();
	if (cram && cram->ops)
		cram->ops->stored(cram, folio);
}

/* What no cram_ops tell, and a device that reports tells later, or never */
static void look_at_what_left(struct cram *cram)
{
	if ((READ_ONCE(cram->full) && counts_pages(cram)) ||
	    atomic_long_read(&cram->nr_granted))
		check_marks(cram);
}

void __cram_trimmed(struct page *page, unsigned int order)
{
	struct cram *cram;

	rcu_read_lock();
	cram = node_private_cram(page_to_nid(page));
	if (cram) {
		cram_forget_grants(cram, page, 1U << order);
		if (cram->ops)
			cram->ops->trimmed(cram, page, 1U << order);
		else
			look_at_what_left(cram);
		cram_trim_freed(cram, page, order);
	}
	rcu_read_unlock();
	node_private_count(page_to_nid(page), NODE_PRIVATE_SCRUBBED,
			   1UL << order);
}

/**
 * cram_init - prepare compressed RAM
 * @cram: to be prepared; all zero
 *
 * Context: any.
 */
void cram_init(struct cram *cram)
{
	cram->nid = NUMA_NO_NODE;
	cram->low = CRAM_DEFAULT_LOW;
	cram->high = CRAM_DEFAULT_HIGH;
	spin_lock_init(&cram->lock);
	INIT_DELAYED_WORK(&cram->evict, evict);
}
EXPORT_SYMBOL_GPL(cram_init);

/**
 * cram_start - begin to work for a node
 * @cram: prepared
 * @nid: the node, before its memory is added
 * @span: physical addresses that all of its memory is in, inclusive
 *
 * Context: Process context, sleeps.
 * Return: 0; -ENOMEM; or -EOPNOTSUPP if the kernel fills free pages with a
 * pattern, which the device could not forget.
 */
int cram_start(struct cram *cram, int nid, const struct range *span)
{
	if (page_poisoning_enabled_static()) {
		pr_err("node %d: boot without page_poison=1, free pages have to be zero\n",
		       nid);
		return -EOPNOTSUPP;
	}
	cram->first_pfn = PHYS_PFN(span->start);
	cram->nr_pages = PHYS_PFN(range_len(span));
	cram->granted = vcalloc(BITS_TO_LONGS(cram->nr_pages), sizeof(long));
	if (!cram->granted)
		return -ENOMEM;
	WRITE_ONCE(cram->nid, nid);
	cram->retry = EVICT_RETRY;
	cram->counted_at = jiffies - 1;
	static_branch_inc(&cram_key);
	WRITE_ONCE(cram->running, true);
	return 0;
}
EXPORT_SYMBOL_GPL(cram_start);

/**
 * cram_pause - evict nothing for now, and leave free pages alone
 * @cram: started
 *
 * For an unplug, which moves everything away itself, and then the memory map.
 *
 * Context: Process context, sleeps.
 */
void cram_pause(struct cram *cram)
{
	WRITE_ONCE(cram->running, false);
	disable_delayed_work_sync(&cram->evict);
	cram_pause_trim(cram);
}
EXPORT_SYMBOL_IF_KUNIT(cram_pause);

/**
 * cram_resume - go on after cram_pause()
 * @cram: paused
 *
 * Context: any.
 */
void cram_resume(struct cram *cram)
{
	WRITE_ONCE(cram->running, true);
	enable_delayed_work(&cram->evict);
	/* Whatever was not started meanwhile */
	start_eviction(cram, 0);
	cram_resume_trim(cram);
}
EXPORT_SYMBOL_IF_KUNIT(cram_resume);

/**
 * cram_stop - the memory is gone
 * @cram: started
 *
 * Context: Process context, sleeps.
 */
void cram_stop(struct cram *cram)
{
	if (cram->running)
		cram_pause(cram);
	enable_delayed_work(&cram->evict);
	flush_work(&deferred_work);
	cram_set_trimmer(cram, NULL);
	static_branch_dec(&cram_key);
	vfree(cram->granted);
	cram->granted = NULL;
	atomic_long_set(&cram->nr_granted, 0);
	WRITE_ONCE(cram->nid, NUMA_NO_NODE);
	cram->full = false;
	cram->failed = false;
	atomic_long_set(&cram->used, 0);
	atomic_long_set(&cram->coming, 0);
	atomic_long_set(&cram->settled, 0);
	cram->unreported = 0;
	cram->reports = false;
	cram->cursor = 0;
	cram->next_revoked = 0;
}
EXPORT_SYMBOL_GPL(cram_stop);

static int __init cram_subsys_init(void)
{
	cram_wq = alloc_workqueue("cram", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return cram_wq ? 0 : -ENOMEM;
}
subsys_initcall(cram_subsys_init);
