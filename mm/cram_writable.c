// SPDX-License-Identifier: GPL-2.0
/*
 * Compressed RAM that may be written to in place: a share of the pages that are
 * there, as long as the device has room for them uncompressed.
 *
 * Such a page is granted at a write fault instead of being copied.  From then on
 * it counts in full, whatever it compressed to before.  When the device gets short
 * of room the grants are revoked: the page is mapped read-only again, and stored.
 */
#include <linux/bitmap.h>
#include <linux/cram.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/node_private.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/rmap.h>
#include <linux/swap.h>
#include <linux/vmalloc.h>

#include <asm/tlbflush.h>

#include "internal.h"

/*
 * A page that somebody else refers to, if only for a moment, might be copied
 * right now, or be pinned, by who does not know of the grant.
 */
static bool has_other_users(struct folio *folio, int users)
{
	return folio_ref_count(folio) != users + folio_test_swapcache(folio);
}

static bool is_alone(struct folio *folio)
{
	if (folio_test_large(folio))
		return false;
	/* The batch that it came in with is another user. */
	if (!folio_test_lru(folio))
		lru_add_drain();
	return !has_other_users(folio, 1);
}

static bool may_grant(struct cram *cram)
{
	unsigned long pages = atomic_long_read(&cram->nr_granted) + 1;

	lockdep_assert_held(&cram->lock);
	return !cram->full && !cram->failed && !cram->degraded &&
	       pages * 100 <= cram_resident(cram) * cram->writable_pct &&
	       cram_load(cram) + PAGE_SIZE <= cram->low_bytes;
}

static bool grant(struct cram *cram, struct page *page)
{
	unsigned long flags;
	bool granted;

	spin_lock_irqsave(&cram->lock, flags);
	granted = may_grant(cram);
	if (granted) {
		atomic_long_inc(&cram->nr_granted);
		set_bit(page_to_pfn(page) - cram->first_pfn, cram->granted);
	}
	spin_unlock_irqrestore(&cram->lock, flags);
	return granted;
}

/**
 * __cram_grant_write - may this page be mapped writable where it is?
 * @page: in compressed RAM, exclusive to the process that writes to it
 *
 * Context: page table lock held.
 * Return: true if so; folio_is_write_protected() is false from now on.
 */
bool __cram_grant_write(struct page *page)
{
	struct cram *cram;
	bool granted;

	rcu_read_lock();
	cram = node_private_cram(page_to_nid(page));
	granted = cram && READ_ONCE(cram->writable_pct) &&
		  is_alone(page_folio(page)) && grant(cram, page);
	rcu_read_unlock();
	return granted;
}

/* Take a grant back from @page, if it has one. */
static bool take_back(struct cram *cram, struct page *page)
{
	if (!test_and_clear_bit(page_to_pfn(page) - cram->first_pfn,
				cram->granted))
		return false;
	atomic_long_dec(&cram->nr_granted);
	return true;
}

/**
 * cram_forget_grants - pages were freed
 * @cram: the device
 * @page: the first
 * @nr: number of base pages
 *
 * Context: any.
 */
void cram_forget_grants(struct cram *cram, struct page *page, unsigned int nr)
{
	unsigned int i;

	if (!atomic_long_read(&cram->nr_granted))
		return;
	for (i = 0; i < nr; i++)
		take_back(cram, page + i);
}

/* What the walk of the only mapping works on, and what it finds */
struct protection {
	struct cram *cram;
	bool done;
};

/*
 * The grant ends under the page table lock, when the entry is read-only.  A page
 * that has other users keeps it: they may be writing, or read later what the
 * process writes then.
 */
static void protect_entry(struct page_vma_mapped_walk *pvmw,
			  struct folio *folio, struct protection *p)
{
	struct vm_area_struct *vma = pvmw->vma;
	pte_t pte;

	flush_cache_page(vma, pvmw->address, folio_pfn(folio));
	pte = ptep_clear_flush(vma, pvmw->address, pvmw->pte);
	/* Paired with gup_fast(), which takes a reference and looks again. */
	smp_mb();
	p->done = !has_other_users(folio, folio_mapcount(folio) + 1) &&
		  take_back(p->cram, &folio->page);
	if (p->done && pte_write(pte))
		pte = pte_wrprotect(pte);
	set_pte_at(vma->vm_mm, pvmw->address, pvmw->pte, pte);
}

/* If there is more than one mapping, all of them are read-only. */
static bool protect_one(struct folio *folio, struct vm_area_struct *vma,
			unsigned long address, void *arg)
{
	DEFINE_FOLIO_VMA_WALK(pvmw, folio, vma, address, PVMW_SYNC);
	struct mmu_notifier_range range;
	bool found;

	mmu_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_PAGE, 0,
				vma->vm_mm, address, address + PAGE_SIZE);
	mmu_notifier_invalidate_range_start(&range);
	found = page_vma_mapped_walk(&pvmw);
	if (found) {
		if (pvmw.pte)
			protect_entry(&pvmw, folio, arg);
		page_vma_mapped_walk_done(&pvmw);
	}
	mmu_notifier_invalidate_range_end(&range);
	return !found;
}

static void revoke(struct cram *cram, struct folio *folio)
{
	struct protection p = { .cram = cram };
	struct rmap_walk_control rwc = {
		.rmap_one = protect_one,
		.arg = &p,
	};

	rmap_walk(folio, &rwc);
	/* Not granted again meanwhile: we are another user. */
	if (p.done && cram->ops)
		cram->ops->stored(cram, folio);
}

static void revoke_page(struct cram *cram, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);
	struct folio *folio = page ? folio_get_nontail_page(page) : NULL;

	if (!folio)
		return;
	folio_lock(folio);
	if (folio_test_anon(folio) && folio_mapped(folio))
		revoke(cram, folio);
	else if (PageHWPoison(page))
		take_back(cram, page);
	folio_unlock(folio);
	folio_put(folio);
}

/**
 * cram_revoke_grants - let less be written to in place, as long as that is due
 * @cram: started
 *
 * Pages that have other users, as pins, keep their grants until the next time.
 *
 * Context: Process context, sleeps.
 */
void cram_revoke_grants(struct cram *cram)
{
	unsigned long start = READ_ONCE(cram->next_revoked);
	unsigned long bit;

	if (!cram_grants_due(cram))
		return;
	/* What waits in batches has another user. */
	lru_add_drain_all();
	for_each_set_bit_wrap(bit, cram->granted, cram->nr_pages, start) {
		if (!cram_grants_due(cram))
			break;
		revoke_page(cram, cram->first_pfn + bit);
		WRITE_ONCE(cram->next_revoked, bit + 1);
		cond_resched();
	}
	/* The load has changed. */
	cram_account(cram, 0, 0);
}

/**
 * cram_grants_exceed - are there more grants than there should be?
 * @cram: started
 *
 * Context: any.
 * Return: true if so.
 */
bool cram_grants_exceed(const struct cram *cram)
{
	return atomic_long_read(&cram->nr_granted) * 100 >
	       cram_resident(cram) * READ_ONCE(cram->writable_pct);
}

/**
 * cram_grants_due - are there grants to be taken back?
 * @cram: started
 *
 * Context: any.
 * Return: true if there are more than there should be, or any where the device
 * gets short of room.
 */
bool cram_grants_due(struct cram *cram)
{
	return atomic_long_read(&cram->nr_granted) &&
	       (cram_gate(cram) != CRAM_OPEN || cram_grants_exceed(cram));
}

/**
 * cram_set_writable - change the share of pages that may be written to in place
 * @cram: initialised
 * @percent: of the pages that are there; at most 100
 *
 * Context: Process context, sleeps.
 * Return: 0, or -EINVAL if that is no share.
 */
int cram_set_writable(struct cram *cram, unsigned int percent)
{
	bool less = percent < READ_ONCE(cram->writable_pct);

	if (percent > 100)
		return -EINVAL;
	spin_lock_irq(&cram->lock);
	cram->writable_pct = percent;
	spin_unlock_irq(&cram->lock);
	if (!less || !READ_ONCE(cram->running))
		return 0;
	cram_revoke_grants(cram);
	return 0;
}
EXPORT_SYMBOL_GPL(cram_set_writable);
