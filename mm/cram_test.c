// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of what compressed RAM does where no program leads: a folio that is
 * freed in an interrupt, a report between a promise and its pages.  Needs a node
 * with compressed RAM.
 */
#include <kunit/test.h>
#include <linux/cram.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/node_private.h>
#include <linux/sched/mm.h>
#include <linux/stop_machine.h>

#define SMALL_ORDER	PAGE_ALLOC_COSTLY_ORDER
#define LARGE_ORDER	HPAGE_PMD_ORDER

static int cram_nid;

/* What was in a folio that has been freed: nobody else takes memory there. */
struct freed {
	const u64 *data;
	size_t nr;
	unsigned long scrubbed;
};

static struct folio *get_full_folio(struct kunit *test, unsigned int order,
				    struct freed *freed)
{
	unsigned int flags = memalloc_private_save();
	struct folio *folio = __folio_alloc(GFP_HIGHUSER_MOVABLE, order,
					    cram_nid, NULL);

	memalloc_private_restore(flags);
	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_ASSERT_EQ(test, folio_nid(folio), cram_nid);
	memset(folio_address(folio), 0x5a, folio_size(folio));
	freed->data = folio_address(folio);
	freed->nr = folio_size(folio) / sizeof(*freed->data);
	freed->scrubbed = node_private_stat(cram_nid, NODE_PRIVATE_SCRUBBED);
	return folio;
}

static bool end_is_zero(const struct freed *freed)
{
	return !READ_ONCE_NOCHECK(freed->data[freed->nr - 1]);
}

static bool is_scrubbed(const struct freed *freed)
{
	unsigned long nr = node_private_stat(cram_nid, NODE_PRIVATE_SCRUBBED) -
			   freed->scrubbed;

	return nr >= freed->nr * sizeof(*freed->data) / PAGE_SIZE;
}

static void expect_zero(struct kunit *test, const struct freed *freed)
{
	size_t i, nr = 0;

	KUNIT_EXPECT_TRUE(test, is_scrubbed(freed));
	for (i = 0; i < freed->nr; i++)
		nr += !!READ_ONCE_NOCHECK(freed->data[i]);
	KUNIT_EXPECT_EQ(test, nr, 0);
}

static void expect_zero_soon(struct kunit *test, const struct freed *freed)
{
	int tries = 500;

	while (!is_scrubbed(freed) && tries--)
		msleep(20);
	expect_zero(test, freed);
}

static void large_folio_is_zeroed_at_once(struct kunit *test)
{
	struct freed freed;

	folio_put(get_full_folio(test, LARGE_ORDER, &freed));
	expect_zero(test, &freed);
}

static void small_folio_is_zeroed_at_once_with_interrupts_off(struct kunit *test)
{
	struct freed freed;
	struct folio *folio = get_full_folio(test, SMALL_ORDER, &freed);

	local_irq_disable();
	folio_put(folio);
	local_irq_enable();
	expect_zero(test, &freed);
}

struct put {
	struct irq_work work;
	struct tasklet_struct tasklet;
	struct folio *folio;
	struct freed freed;
	bool at_once;
};

static void put_and_look(struct put *put)
{
	folio_put(put->folio);
	put->at_once = end_is_zero(&put->freed);
}

static int put_while_others_wait(void *put)
{
	put_and_look(put);
	return 0;
}

/* No worker runs before this processor has looked. */
static void large_folio_is_zeroed_later_with_interrupts_off(struct kunit *test)
{
	struct put put;

	put.folio = get_full_folio(test, LARGE_ORDER, &put.freed);
	stop_machine(put_while_others_wait, &put, NULL);

	KUNIT_EXPECT_FALSE(test, put.at_once);
	expect_zero_soon(test, &put.freed);
}

static void put_in_hardirq(struct irq_work *work)
{
	put_and_look(container_of(work, struct put, work));
}

static void large_folio_is_zeroed_later_in_hardirq(struct kunit *test)
{
	struct put put = { .work = IRQ_WORK_INIT_HARD(put_in_hardirq) };

	put.folio = get_full_folio(test, LARGE_ORDER, &put.freed);
	irq_work_queue(&put.work);
	irq_work_sync(&put.work);

	KUNIT_EXPECT_FALSE(test, put.at_once);
	expect_zero_soon(test, &put.freed);
}

static void put_in_softirq(struct tasklet_struct *tasklet)
{
	put_and_look(container_of(tasklet, struct put, tasklet));
}

static void large_folio_is_zeroed_later_in_softirq(struct kunit *test)
{
	struct put put = {};

	put.folio = get_full_folio(test, LARGE_ORDER, &put.freed);
	tasklet_setup(&put.tasklet, put_in_softirq);
	/* Softirqs that were raised run at the end of the section, in here. */
	local_bh_disable();
	tasklet_schedule(&put.tasklet);
	local_bh_enable();
	tasklet_kill(&put.tasklet);

	KUNIT_EXPECT_FALSE(test, put.at_once);
	expect_zero_soon(test, &put.freed);
}

/* On no node, and of a device that has not reported */
static struct cram *get_silent_device(struct kunit *test)
{
	struct cram *cram = kunit_kzalloc(test, sizeof(*cram), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cram);
	cram_init(cram);
	cram_set_capacity(cram, 64 * PAGE_SIZE);
	return cram;
}

static struct cram *get_reporting_device(struct kunit *test)
{
	struct cram *cram = get_silent_device(test);

	KUNIT_ASSERT_EQ(test, cram_report(cram, 0, 64 * PAGE_SIZE), 0);
	return cram;
}

static void expect_room_for(struct kunit *test, struct cram *cram,
			    unsigned long nr)
{
	KUNIT_EXPECT_FALSE(test, cram_reserve(cram, nr + 1));
	KUNIT_EXPECT_TRUE(test, cram_reserve(cram, nr));
	cram_settle(cram, NULL, nr);
}

static void promise_that_is_taken_back_counts_once(struct kunit *test)
{
	struct cram *cram = get_reporting_device(test);
	int i;

	KUNIT_ASSERT_TRUE(test, cram_reserve(cram, 16));
	KUNIT_EXPECT_EQ(test, cram_report(cram, 0, 64 * PAGE_SIZE), 0);
	expect_room_for(test, cram, 48);
	cram_settle(cram, NULL, 16);
	for (i = 0; i < 3; i++) {
		expect_room_for(test, cram, 64);
		KUNIT_EXPECT_EQ(test, cram_report(cram, 0, 64 * PAGE_SIZE), 0);
	}
}

static void pages_count_until_a_report_has_them(struct kunit *test)
{
	struct cram *cram = get_reporting_device(test);

	KUNIT_ASSERT_TRUE(test, cram_reserve(cram, 16));
	cram_settle(cram, ZERO_PAGE(0), 16);
	expect_room_for(test, cram, 48);
	KUNIT_EXPECT_EQ(test, cram_report(cram, 0, 64 * PAGE_SIZE), 0);
	expect_room_for(test, cram, 48);
	KUNIT_EXPECT_EQ(test, cram_report(cram, 0, 64 * PAGE_SIZE), 0);
	expect_room_for(test, cram, 64);
}

static void device_that_shrinks_holds_what_has_come_at_most(struct kunit *test)
{
	struct cram *cram = get_reporting_device(test);

	KUNIT_ASSERT_TRUE(test, cram_reserve(cram, 16));
	cram_settle(cram, ZERO_PAGE(0), 16);
	KUNIT_EXPECT_EQ(test, cram_report(cram, 17 * PAGE_SIZE, 8 * PAGE_SIZE),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, cram_report(cram, 16 * PAGE_SIZE, 8 * PAGE_SIZE), 0);
}

/* Of a device that never reports, whose pages are counted once in a jiffy */
static void pages_that_came_since_the_count_are_added(struct kunit *test)
{
	struct cram *cram = get_silent_device(test);
	bool fit, too_many;
	unsigned long start;

	do {
		start = jiffies;
		fit = cram_reserve(cram, 16);
		cram_settle(cram, ZERO_PAGE(0), 16);
		too_many = cram_reserve(cram, 49);
		if (too_many)
			cram_settle(cram, NULL, 49);
	} while (time_after(jiffies, start));
	KUNIT_EXPECT_TRUE(test, fit);
	KUNIT_EXPECT_FALSE(test, too_many);

	/* They are on no node: the next count finds none. */
	while (!time_after(jiffies, start))
		cpu_relax();
	expect_room_for(test, cram, 64);
}

static int find_compressed_ram(struct kunit_suite *suite)
{
	for_each_node_state(cram_nid, N_MEMORY_PRIVATE)
		if (node_private_opts(cram_nid) & NODE_PRIVATE_OPT_SCRUB)
			return 0;

	pr_err("plug compressed RAM before this test\n");
	return -ENODEV;
}

static struct kunit_case cram_cases[] = {
	KUNIT_CASE(large_folio_is_zeroed_at_once),
	KUNIT_CASE(small_folio_is_zeroed_at_once_with_interrupts_off),
	KUNIT_CASE(large_folio_is_zeroed_later_with_interrupts_off),
	KUNIT_CASE(large_folio_is_zeroed_later_in_hardirq),
	KUNIT_CASE(large_folio_is_zeroed_later_in_softirq),
	KUNIT_CASE(promise_that_is_taken_back_counts_once),
	KUNIT_CASE(pages_count_until_a_report_has_them),
	KUNIT_CASE(device_that_shrinks_holds_what_has_come_at_most),
	KUNIT_CASE(pages_that_came_since_the_count_are_added),
	{}
};

static struct kunit_suite cram_suite = {
	.name = "cram",
	.suite_init = find_compressed_ram,
	.test_cases = cram_cases,
};

kunit_test_suite(cram_suite);

MODULE_DESCRIPTION("KUnit test of compressed RAM");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
