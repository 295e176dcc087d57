/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compressed RAM: private nodes that hold more pages than the device can always
 * back.  See Documentation/mm/cram.rst.
 */
#ifndef _LINUX_CRAM_H
#define _LINUX_CRAM_H

#include <linux/atomic.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/node_private.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/* Marks where the driver sets none, in percent of the capacity */
#define CRAM_DEFAULT_LOW	80
#define CRAM_DEFAULT_HIGH	95

struct cram;
struct cram_trim;
struct range;

/**
 * struct cram_ops - what a device wants to know about its pages
 * @taken: pages are about to be filled by a copy; must not sleep
 * @stored: a folio has been filled and is mapped read-only, for the first time or
 *	again; process context, may sleep
 * @trimmed: pages that were freed read as zeros from now on; any context
 *
 * For devices that the kernel has to do the bookkeeping for.  One that reports
 * its use by itself has none.
 */
struct cram_ops {
	void (*taken)(struct cram *cram, struct page *page, unsigned int nr);
	void (*stored)(struct cram *cram, struct folio *folio);
	void (*trimmed)(struct cram *cram, struct page *page, unsigned int nr);
};

/**
 * struct cram_trimmer - how a device is told which pages are free
 * @zero: let the device zero physical addresses, @nr ranges of them, inclusive:
 *	naturally aligned blocks of @min_order, or several in a row.  Nobody uses
 *	the pages meanwhile, and they read as zeros before and after.  Process
 *	context, may sleep.  Returns 0; -EOPNOTSUPP, -ENXIO or -ENODEV if there is
 *	no use in asking again; -ETIMEDOUT if it may be at it still, which costs
 *	the pages; another error, when it is at it no more, to be asked again
 * @data: what @zero works with
 * @min_order: of the smallest block that the device is told of, in pages
 * @max_ranges: at a time
 * @gather: jiffies for which what is freed is gathered before the device is told;
 *	0: two seconds
 *
 * For CXL see Media Operations, CXL r3.2 8.2.10.9.5.3.
 */
struct cram_trimmer {
	int (*zero)(void *data, const struct range *ranges, unsigned int nr);
	void *data;
	unsigned int min_order;
	unsigned int max_ranges;
	unsigned long gather;
};

/**
 * enum cram_gate - does the device take pages?
 * @CRAM_OPEN: all that come
 * @CRAM_THROTTLED: the fewer the nearer it is to the high mark
 * @CRAM_CLOSED: none, and it gives up pages until it is below the low mark
 */
enum cram_gate {
	CRAM_OPEN,
	CRAM_THROTTLED,
	CRAM_CLOSED,
};

/**
 * struct cram - compressed RAM of one private node
 * @nid: the node while plugged
 * @ops: of a device that does not report by itself, or NULL
 * @data: what @ops work with
 * @capacity: bytes that the device can back
 * @used: bytes that it uses
 * @coming: bytes promised to pages that are being filled, or that no report may
 *	have in it yet
 * @settled: what of that has come since the last report
 * @unreported: what had come between the last two, and the last may not have in it
 * @reports: the device has said how much it uses
 * @came: pages that have come to a device that has not
 * @counted: pages in use, less @came, when they were counted; at most those now
 * @counted_at: jiffies of that
 * @low: percent of @capacity below which a closed gate opens again
 * @high: percent of @capacity at which the gate closes
 * @low_bytes: what @low is of @capacity
 * @high_bytes: the same of @high
 * @full: the gate is closed
 * @failed: the device said what cannot be, or that it is failing
 * @degraded: the device said that it is short of capacity, plugged or not
 * @running: eviction may look at the memory
 * @credit: what throttling has let through, in 1/1000 pages
 * @cursor: where eviction goes on, counted from @first_pfn
 * @first_pfn: page frame number of the first page, while started
 * @nr_pages: from there to the last page
 * @writable_pct: percent of the pages there that may be written to in place
 * @granted: a bit for each page that may
 * @nr_granted: number of these
 * @next_revoked: where taking them back goes on, counted from @first_pfn
 * @retry: jiffies to wait if nothing could be evicted
 * @evicted: pages that had to leave to make room
 * @trim: what the device is to be told of free pages, if it can be
 * @trimmed: pages that it was told of
 * @lock: serialises changes of the gate and of the marks, and new grants
 * @evict: makes room
 */
struct cram {
	int nid;
	const struct cram_ops *ops;
	void *data;
	unsigned long capacity;
	atomic_long_t used;
	atomic_long_t coming;
	atomic_long_t settled;
	unsigned long unreported;
	bool reports;
	atomic_long_t came;
	long counted;
	unsigned long counted_at;
	unsigned int low;
	unsigned int high;
	unsigned long low_bytes;
	unsigned long high_bytes;
	bool full;
	bool failed;
	bool degraded;
	bool running;
	atomic_t credit;
	unsigned long cursor;
	unsigned long first_pfn;
	unsigned long nr_pages;
	unsigned int writable_pct;
	unsigned long *granted;
	atomic_long_t nr_granted;
	unsigned long next_revoked;
	unsigned long retry;
	atomic_long_t evicted;
	struct cram_trim __rcu *trim;
	atomic_long_t trimmed;
	spinlock_t lock;	/* @full, @low_bytes, @high_bytes, new grants */
	struct delayed_work evict;
};

#ifdef CONFIG_CRAM

DECLARE_STATIC_KEY_FALSE(cram_key);

bool __folio_is_write_protected(const struct folio *folio);
bool __page_needs_scrub(const struct page *page);
bool __cram_grant_write(struct page *page);
bool cram_throttles(int nid, const struct folio *folio);
void __cram_stored(struct folio *folio);
void __cram_trimmed(struct page *page, unsigned int order);
bool cram_defer_free(struct page *page, unsigned int order);

/* Is there any compressed RAM?  Freeing takes as long as zeroing, if so. */
static inline bool have_cram(void)
{
	return static_branch_unlikely(&cram_key);
}

/**
 * folio_is_write_protected - must no page table map the folio writable?
 * @folio: any folio
 *
 * Context: any.
 * Return: true for a folio in compressed RAM, where the device could run out of
 * room at any write.
 */
static inline bool folio_is_write_protected(const struct folio *folio)
{
	return have_cram() &&
	       node_is_private(folio_nid(folio)) &&
	       __folio_is_write_protected(folio);
}

/**
 * write_needs_copy - must a page be copied to be written to?
 * @page: of an anonymous folio, mapped
 * @unshare: it is not written to but pinned
 *
 * Context: page table lock held.
 * Return: true for a page in compressed RAM, unless a part of it may be written
 * to in place and this page is let have a share in that.
 */
static inline bool write_needs_copy(struct page *page, bool unshare)
{
	return folio_is_write_protected(page_folio(page)) &&
	       (unshare || !PageAnonExclusive(page) ||
		!__cram_grant_write(page));
}

/* Has the page to be zero before anybody else gets it? */
static inline bool page_needs_scrub(const struct page *page)
{
	return have_cram() &&
	       node_is_private(page_to_nid(page)) && __page_needs_scrub(page);
}

/* A folio has been filled by a copy. */
static inline void cram_stored(struct folio *folio)
{
	if (have_cram())
		__cram_stored(folio);
}

/* A page that page_needs_scrub() was freed and has been scrubbed. */
static inline void cram_trimmed(struct page *page, unsigned int order)
{
	if (have_cram())
		__cram_trimmed(page, order);
}

void cram_init(struct cram *cram);
int cram_start(struct cram *cram, int nid, const struct range *span);
void cram_stop(struct cram *cram);
void cram_pause(struct cram *cram);
void cram_resume(struct cram *cram);
bool cram_reserve(struct cram *cram, unsigned long nr);
void cram_settle(struct cram *cram, struct page *page, unsigned long nr);
void cram_account(struct cram *cram, long used, long coming);
int cram_report(struct cram *cram, unsigned long used, unsigned long capacity);
void cram_set_failed(struct cram *cram, bool failed);
void cram_set_degraded(struct cram *cram, bool degraded);
void cram_set_capacity(struct cram *cram, unsigned long capacity);
int cram_set_marks(struct cram *cram, unsigned int low, unsigned int high);
int cram_set_writable(struct cram *cram, unsigned int percent);
unsigned long cram_load(const struct cram *cram);
bool cram_has_room(const struct cram *cram);
void cram_revoke_grants(struct cram *cram);
bool cram_grants_exceed(const struct cram *cram);
bool cram_grants_due(struct cram *cram);
void cram_forget_grants(struct cram *cram, struct page *page, unsigned int nr);
int cram_set_trimmer(struct cram *cram, const struct cram_trimmer *trimmer);
void cram_trim_freed(struct cram *cram, struct page *page, unsigned int order);
void cram_pause_trim(struct cram *cram);
void cram_resume_trim(struct cram *cram);
enum cram_gate cram_gate(struct cram *cram);
unsigned long cram_used(const struct cram *cram);
unsigned long cram_resident(const struct cram *cram);

#else /* CONFIG_CRAM */

static inline bool have_cram(void)
{
	return false;
}

static inline bool folio_is_write_protected(const struct folio *folio)
{
	return false;
}

static inline bool write_needs_copy(struct page *page, bool unshare)
{
	return false;
}

static inline bool page_needs_scrub(const struct page *page)
{
	return false;
}

static inline bool cram_throttles(int nid, const struct folio *folio)
{
	return false;
}

static inline void cram_pause(struct cram *cram)
{
}

static inline void cram_resume(struct cram *cram)
{
}

static inline enum cram_gate cram_gate(struct cram *cram)
{
	return CRAM_CLOSED;
}

static inline bool cram_has_room(const struct cram *cram)
{
	return false;
}

static inline bool cram_reserve(struct cram *cram, unsigned long nr)
{
	return false;
}

static inline void cram_settle(struct cram *cram, struct page *page,
			       unsigned long nr)
{
}

static inline void cram_stored(struct folio *folio)
{
}

static inline void cram_trimmed(struct page *page, unsigned int order)
{
}

static inline bool cram_defer_free(struct page *page, unsigned int order)
{
	return false;
}

#endif /* CONFIG_CRAM */

#endif /* _LINUX_CRAM_H */
