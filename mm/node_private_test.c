// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of private memory as other kernel code meets it: what the private
 * allocation scope reaches, and that nobody else gets at the node.  Needs a
 * private node with free memory in ZONE_MOVABLE or ZONE_NORMAL.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/node_private.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

/* What private memory is for: anything else has no zone to come from. */
#define GFP_FOLIO		GFP_HIGHUSER_MOVABLE
#define GFP_FOLIO_ATOMIC	(GFP_ATOMIC | __GFP_HIGHMEM | __GFP_MOVABLE)

static int private_nid;

/* The node of a folio that was asked of the private node, or NUMA_NO_NODE */
static int folio_node(gfp_t gfp)
{
	struct folio *folio = __folio_alloc(gfp, 0, private_nid, NULL);
	int nid = NUMA_NO_NODE;

	if (folio) {
		nid = folio_nid(folio);
		folio_put(folio);
	}
	return nid;
}

static void folio_outside_of_scope_is_ordinary(struct kunit *test)
{
	int nid = folio_node(GFP_FOLIO);

	KUNIT_EXPECT_NE(test, nid, NUMA_NO_NODE);
	KUNIT_EXPECT_NE(test, nid, private_nid);
}

static void folio_in_scope_is_private(struct kunit *test)
{
	unsigned int flags = memalloc_private_save();
	int nid = folio_node(GFP_FOLIO);

	memalloc_private_restore(flags);
	KUNIT_EXPECT_EQ(test, nid, private_nid);
}

static void large_folio_in_scope_is_private(struct kunit *test)
{
	unsigned int flags = memalloc_private_save();
	struct folio *folio = __folio_alloc(GFP_FOLIO, 4, private_nid, NULL);

	memalloc_private_restore(flags);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, folio_nid(folio), private_nid);
	KUNIT_EXPECT_EQ(test, folio_order(folio), 4);
	folio_put(folio);
}

static void nested_scopes_end_with_the_outer_one(struct kunit *test)
{
	unsigned int outer = memalloc_private_save();
	unsigned int inner = memalloc_private_save();

	KUNIT_EXPECT_EQ(test, folio_node(GFP_FOLIO), private_nid);
	memalloc_private_restore(inner);
	KUNIT_EXPECT_EQ(test, folio_node(GFP_FOLIO), private_nid);
	memalloc_private_restore(outer);
	KUNIT_EXPECT_NE(test, folio_node(GFP_FOLIO), private_nid);
}

static void other_scopes_do_not_end_it(struct kunit *test)
{
	unsigned int outer = memalloc_private_save();
	unsigned int inner = memalloc_nofs_save();

	KUNIT_EXPECT_EQ(test, folio_node(GFP_FOLIO), private_nid);
	memalloc_nofs_restore(inner);
	KUNIT_EXPECT_EQ(test, folio_node(GFP_FOLIO), private_nid);
	memalloc_private_restore(outer);
}

static void slab_in_scope_is_ordinary(struct kunit *test)
{
	unsigned int flags = memalloc_private_save();
	size_t size;

	for (size = 8; size <= 4 * KMALLOC_MAX_CACHE_SIZE; size *= 2) {
		void *p = kmalloc_node(size, GFP_KERNEL, private_nid);

		KUNIT_EXPECT_NOT_NULL(test, p);
		if (p)
			KUNIT_EXPECT_NE(test, page_to_nid(virt_to_page(p)),
					private_nid);
		kfree(p);
	}
	memalloc_private_restore(flags);
}

static void pages_in_scope_are_ordinary(struct kunit *test)
{
	unsigned int flags = memalloc_private_save();
	struct page *page = alloc_pages_node(private_nid, GFP_FOLIO, 0);
	struct page *bulk[8] = { };
	unsigned long i, nr;

	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page) {
		KUNIT_EXPECT_NE(test, page_to_nid(page), private_nid);
		__free_page(page);
	}

	nr = alloc_pages_bulk_array_node(GFP_FOLIO, private_nid,
					 ARRAY_SIZE(bulk), bulk);
	memalloc_private_restore(flags);
	KUNIT_EXPECT_GT(test, nr, 0);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_NE(test, page_to_nid(bulk[i]), private_nid);
		__free_page(bulk[i]);
	}
}

static void this_node_in_scope_is_nothing(struct kunit *test)
{
	unsigned int flags = memalloc_private_save();
	struct page *page;

	page = alloc_pages_node(private_nid,
				GFP_FOLIO | __GFP_THISNODE | __GFP_NOWARN, 0);
	memalloc_private_restore(flags);
	KUNIT_EXPECT_NULL(test, page);
	if (page)
		__free_page(page);
}

static void this_node_outside_of_scope_is_nothing(struct kunit *test)
{
	const gfp_t gfp[] = { GFP_KERNEL, GFP_FOLIO, GFP_ATOMIC };
	struct page *page;
	int i, order;

	for (i = 0; i < ARRAY_SIZE(gfp); i++) {
		for (order = 0; order <= HPAGE_PMD_ORDER; order += 3) {
			page = alloc_pages_node(private_nid, gfp[i] |
						__GFP_THISNODE | __GFP_NOWARN,
						order);
			KUNIT_EXPECT_NULL(test, page);
			if (page)
				__free_pages(page, order);
		}
	}
}

static void vmalloc_in_scope_is_ordinary(struct kunit *test)
{
	unsigned int flags = memalloc_private_save();
	void *p = vmalloc_node(16 * PAGE_SIZE, private_nid);
	int i;

	memalloc_private_restore(flags);
	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_NE(test, private_nid,
				page_to_nid(vmalloc_to_page(p + i * PAGE_SIZE)));
	vfree(p);
}

/* Whoever names page frames instead of nodes does not get them, either. */
static void contiguous_range_is_refused(struct kunit *test)
{
	unsigned long pfn = ALIGN(NODE_DATA(private_nid)->node_start_pfn,
				  pageblock_nr_pages);
	int rc = alloc_contig_range(pfn, pfn + pageblock_nr_pages,
				    MIGRATE_MOVABLE, GFP_KERNEL);

	KUNIT_EXPECT_EQ(test, rc, -EBUSY);
	if (!rc)
		free_contig_range(pfn, pageblock_nr_pages);
}

/* What an interrupt found that was taken inside of a scope */
struct seen {
	struct irq_work work;
	struct tasklet_struct tasklet;
	struct task_struct *task;
	bool in_scope;
	int nid;
	bool done;
};

static void look(struct seen *seen)
{
	seen->in_scope = current == seen->task &&
			 (current->flags & PF_MEMALLOC_PRIVATE);
	seen->nid = folio_node(GFP_FOLIO_ATOMIC);
	seen->done = true;
}

static void look_in_hardirq(struct irq_work *work)
{
	look(container_of(work, struct seen, work));
}

static void look_in_softirq(struct tasklet_struct *tasklet)
{
	look(container_of(tasklet, struct seen, tasklet));
}

static void hardirq_does_not_inherit_the_scope(struct kunit *test)
{
	struct seen seen = {
		.work = IRQ_WORK_INIT_HARD(look_in_hardirq),
		.task = current,
		.nid = NUMA_NO_NODE,
	};
	unsigned int flags = memalloc_private_save();

	irq_work_queue(&seen.work);
	irq_work_sync(&seen.work);
	memalloc_private_restore(flags);

	KUNIT_EXPECT_TRUE(test, seen.in_scope);
	KUNIT_EXPECT_NE(test, seen.nid, NUMA_NO_NODE);
	KUNIT_EXPECT_NE(test, seen.nid, private_nid);
}

static void softirq_does_not_inherit_the_scope(struct kunit *test)
{
	struct seen seen = { .task = current, .nid = NUMA_NO_NODE };
	unsigned int flags;

	tasklet_setup(&seen.tasklet, look_in_softirq);
	flags = memalloc_private_save();
	/* Softirqs that were raised run at the end of the section, in here. */
	local_bh_disable();
	tasklet_schedule(&seen.tasklet);
	local_bh_enable();
	memalloc_private_restore(flags);
	tasklet_kill(&seen.tasklet);

	KUNIT_EXPECT_TRUE(test, seen.done);
	KUNIT_EXPECT_TRUE(test, seen.in_scope);
	KUNIT_EXPECT_NE(test, seen.nid, NUMA_NO_NODE);
	KUNIT_EXPECT_NE(test, seen.nid, private_nid);
}

static void another_owner_is_refused(struct kunit *test)
{
	struct private_memory *mem;

	mem = kunit_kzalloc(test, sizeof(*mem), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mem);
	mem->nid = private_nid;
	mem->owner = mem;
	mem->name = "System RAM (test)";

	KUNIT_EXPECT_EQ(test, add_private_memory_driver_managed(mem), -EBUSY);
	KUNIT_EXPECT_EQ(test, node_private_set_opts(private_nid, mem, 0), -ENODEV);
}

static int find_private_node(struct kunit_suite *suite)
{
	private_nid = first_node(node_states[N_MEMORY_PRIVATE]);
	if (private_nid < MAX_NUMNODES)
		return 0;

	pr_err("plug a private node before this test\n");
	return -ENODEV;
}

static struct kunit_case node_private_cases[] = {
	KUNIT_CASE(folio_outside_of_scope_is_ordinary),
	KUNIT_CASE(folio_in_scope_is_private),
	KUNIT_CASE(large_folio_in_scope_is_private),
	KUNIT_CASE(nested_scopes_end_with_the_outer_one),
	KUNIT_CASE(other_scopes_do_not_end_it),
	KUNIT_CASE(slab_in_scope_is_ordinary),
	KUNIT_CASE(pages_in_scope_are_ordinary),
	KUNIT_CASE(this_node_in_scope_is_nothing),
	KUNIT_CASE(this_node_outside_of_scope_is_nothing),
	KUNIT_CASE(vmalloc_in_scope_is_ordinary),
	KUNIT_CASE(contiguous_range_is_refused),
	KUNIT_CASE(another_owner_is_refused),
	KUNIT_CASE(hardirq_does_not_inherit_the_scope),
	KUNIT_CASE(softirq_does_not_inherit_the_scope),
	{}
};

static struct kunit_suite node_private_suite = {
	.name = "node_private",
	.suite_init = find_private_node,
	.test_cases = node_private_cases,
};

kunit_test_suite(node_private_suite);

MODULE_DESCRIPTION("KUnit test of private memory nodes");
MODULE_LICENSE("GPL");
