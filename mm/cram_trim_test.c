// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of how a device is told which pages of compressed RAM are free: a
 * mock stands for the device.  Needs a node with compressed RAM that is idle.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cram.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/node_private.h>
#include <linux/pfn.h>
#include <linux/random.h>
#include <linux/range.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

#define MIN_ORDER	4
#define BLOCK		BIT(MIN_ORDER)
#define MAX_RANGES	64
#define LARGE_ORDER	HPAGE_PMD_ORDER
#define PATTERN		0x5a

/* What is freed is gathered for that long, and has been told after a while */
#define GATHER		(HZ / 4)
#define A_WHILE_MS	700
#define TRIES		1000
#define TRY_MS		20

#define MAX_LOGGED	4096
#define MAX_FOLIOS	512

static char *hotplug = "/sys/bus/dax/devices/dax0.0/hotplug";
module_param(hotplug, charp, 0444);
MODULE_PARM_DESC(hotplug, "file that unplugs the node");

static int cram_nid;
static struct cram *cram;

/**
 * struct mock - a device
 * @lock: all below
 * @ranges: that it was told
 * @nr_ranges: number of these
 * @nr_calls: how often it was called, errors included
 * @most: ranges at a time
 * @nr_bad: pages that it was told and that were not out of everybody's reach
 * @errors: that it is to return before it works
 * @nr_errors: number of these
 * @called: when it was, in jiffies, the first few times
 * @delay_ms: that it takes
 * @holds: it does not return before @go
 * @entered: it has been called, with @holds
 * @go: lets it return
 */
struct mock {
	spinlock_t lock;	/* all but the completions */
	struct range ranges[MAX_LOGGED];
	unsigned int nr_ranges;
	unsigned int nr_calls;
	unsigned int most;
	unsigned long nr_bad;
	int errors[4];
	unsigned int nr_errors;
	unsigned long called[8];
	unsigned int delay_ms;
	bool holds;
	struct completion entered;
	struct completion go;
};

static struct mock mock;

/* Neither allocated nor to be had */
static bool is_isolated(struct page *page)
{
	return page_to_nid(page) == cram_nid && !page_ref_count(page) &&
	       !PageBuddy(page);
}

static void look_at(const struct range *range)
{
	unsigned long pfn, last = PHYS_PFN(range->end);

	for (pfn = PHYS_PFN(range->start); pfn <= last; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (!is_isolated(page))
			mock.nr_bad++;
		/* As the device does, whoever has it: the test sees if so. */
		clear_page(page_address(page));
	}
}

static int log_call(const struct range *ranges, unsigned int nr)
{
	unsigned int i;

	guard(spinlock)(&mock.lock);
	if (mock.nr_calls < ARRAY_SIZE(mock.called))
		mock.called[mock.nr_calls] = jiffies;
	mock.nr_calls++;
	mock.most = max(mock.most, nr);
	if (mock.nr_calls <= mock.nr_errors)
		return mock.errors[mock.nr_calls - 1];
	for (i = 0; i < nr && mock.nr_ranges < MAX_LOGGED; i++)
		mock.ranges[mock.nr_ranges++] = ranges[i];
	return 0;
}

static int mock_zero(void *data, const struct range *ranges, unsigned int nr)
{
	unsigned int i;

	if (mock.holds) {
		complete(&mock.entered);
		wait_for_completion(&mock.go);
	}
	msleep(mock.delay_ms);
	for (i = 0; i < nr; i++)
		look_at(&ranges[i]);
	return log_call(ranges, nr);
}

static unsigned int nr_calls(void)
{
	guard(spinlock)(&mock.lock);
	return mock.nr_calls;
}

static unsigned int times_told(unsigned long pfn)
{
	unsigned int i, times = 0;

	guard(spinlock)(&mock.lock);
	for (i = 0; i < mock.nr_ranges; i++)
		times += PHYS_PFN(mock.ranges[i].start) <= pfn &&
			 pfn <= PHYS_PFN(mock.ranges[i].end);
	return times;
}

static unsigned long pages_told(void)
{
	unsigned long nr = 0;
	unsigned int i;

	guard(spinlock)(&mock.lock);
	for (i = 0; i < mock.nr_ranges; i++)
		nr += PHYS_PFN(range_len(&mock.ranges[i]));
	return nr;
}

/* Of a test case, so that one that fails does not wait for each of its pages */
static int tries_left;

#define wait_until(condition) ({					\
	while (!(condition) && tries_left-- > 0)			\
		msleep(TRY_MS);						\
	tries_left > 0;							\
})

static void expect_told(struct kunit *test, unsigned long pfn,
			unsigned int order, unsigned int times)
{
	unsigned long i, nr_wrong = 0;

	KUNIT_EXPECT_TRUE(test, wait_until(times_told(pfn) >= times));
	for (i = 0; i < 1UL << order; i++)
		nr_wrong += times_told(pfn + i) != times;
	KUNIT_EXPECT_EQ(test, nr_wrong, 0);
}

static struct folio *get_folio(unsigned int order)
{
	unsigned int flags = memalloc_private_save();
	struct folio *folio = __folio_alloc(GFP_HIGHUSER_MOVABLE, order,
					    cram_nid, NULL);

	memalloc_private_restore(flags);
	if (folio)
		memset(folio_address(folio), PATTERN, folio_size(folio));
	return folio;
}

static struct folio *get_folio_or_fail(struct kunit *test, unsigned int order)
{
	struct folio *folio = get_folio(order);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_ASSERT_EQ(test, folio_nid(folio), cram_nid);
	return folio;
}

static bool is_intact(struct folio *folio)
{
	return !memchr_inv(folio_address(folio), PATTERN, folio_size(folio));
}

/* Return the first page frame of what has been freed. */
static unsigned long free_one(struct kunit *test, unsigned int order)
{
	struct folio *folio = get_folio_or_fail(test, order);
	unsigned long pfn = folio_pfn(folio);

	folio_put(folio);
	return pfn;
}

static int set_trimmer(unsigned int max_ranges)
{
	const struct cram_trimmer trimmer = {
		.zero = mock_zero,
		.min_order = MIN_ORDER,
		.max_ranges = max_ranges,
		.gather = GATHER,
	};

	return cram_set_trimmer(cram, &trimmer);
}

static int start_mock(struct kunit *test)
{
	tries_left = TRIES;
	memset(&mock, 0, sizeof(mock));
	spin_lock_init(&mock.lock);
	init_completion(&mock.entered);
	init_completion(&mock.go);
	return set_trimmer(MAX_RANGES);
}

static void stop_mock(struct kunit *test)
{
	complete_all(&mock.go);
	cram_set_trimmer(cram, NULL);
	KUNIT_EXPECT_EQ(test, mock.nr_bad, 0);
}

static void freed_pages_are_told_once(struct kunit *test)
{
	long before = atomic_long_read(&cram->trimmed);
	unsigned long pfn = free_one(test, LARGE_ORDER);

	expect_told(test, pfn, LARGE_ORDER, 1);
	msleep(A_WHILE_MS);
	expect_told(test, pfn, LARGE_ORDER, 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&cram->trimmed) - before,
			pages_told());
	KUNIT_EXPECT_EQ(test, nr_calls(), 1);
}

static void pages_that_are_freed_again_are_told_again(struct kunit *test)
{
	unsigned long pfn, round;

	for (round = 0; round < 3; round++) {
		pfn = free_one(test, LARGE_ORDER);
		expect_told(test, pfn, LARGE_ORDER, times_told(pfn) + 1);
	}
}

static struct folio *folios[MAX_FOLIOS];

static void get_folios(struct kunit *test, unsigned int nr, unsigned int order)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		folios[i] = get_folio_or_fail(test, order);
}

static void pages_in_use_are_not_told(struct kunit *test)
{
	unsigned long pfns[32];
	unsigned int i, nr_changed = 0;

	get_folios(test, ARRAY_SIZE(pfns), MIN_ORDER);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		pfns[i] = folio_pfn(folios[i]);
	for (i = 1; i < ARRAY_SIZE(pfns); i += 2)
		folio_put(folios[i]);
	for (i = 1; i < ARRAY_SIZE(pfns); i += 2)
		expect_told(test, pfns[i], MIN_ORDER, 1);
	for (i = 0; i < ARRAY_SIZE(pfns); i += 2) {
		expect_told(test, pfns[i], MIN_ORDER, 0);
		nr_changed += !is_intact(folios[i]);
		folio_put(folios[i]);
	}
	KUNIT_EXPECT_EQ(test, nr_changed, 0);
	/* Those beside them may be of the same free block now. */
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		expect_told(test, pfns[i], MIN_ORDER, 1);
}

static bool is_in_block(struct folio *folio, unsigned long first)
{
	return folio_pfn(folio) >= first && folio_pfn(folio) < first + BLOCK;
}

/* The first page frame of a block that we have all pages of */
static unsigned long find_own_block(void)
{
	unsigned int i, k, nr;

	for (i = 0; i < MAX_FOLIOS; i++) {
		unsigned long first = ALIGN_DOWN(folio_pfn(folios[i]), BLOCK);

		for (nr = 0, k = 0; k < MAX_FOLIOS; k++)
			nr += is_in_block(folios[k], first);
		if (nr == BLOCK)
			return first;
	}
	return 0;
}

/* Free what there is in a block, one or all others. */
static void free_in_block(unsigned long first, bool one)
{
	unsigned int i;

	for (i = 0; i < MAX_FOLIOS; i++) {
		if (!folios[i] || !is_in_block(folios[i], first))
			continue;
		folio_put(folios[i]);
		folios[i] = NULL;
		if (one)
			return;
	}
}

static void blocks_are_told_when_all_of_them_is_free(struct kunit *test)
{
	unsigned long first;
	unsigned int i;

	get_folios(test, MAX_FOLIOS, 0);
	first = find_own_block();
	KUNIT_EXPECT_NE(test, first, 0);
	free_in_block(first, true);
	msleep(A_WHILE_MS);
	expect_told(test, first, MIN_ORDER, 0);
	free_in_block(first, false);
	expect_told(test, first, MIN_ORDER, 1);
	for (i = 0; i < MAX_FOLIOS; i++)
		if (folios[i])
			folio_put(folios[i]);
}

static void batches_are_no_larger_than_the_device_takes(struct kunit *test)
{
	unsigned long pfns[20];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, set_trimmer(3), 0);
	get_folios(test, ARRAY_SIZE(pfns), MIN_ORDER);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		pfns[i] = folio_pfn(folios[i]);
	for (i = 0; i < ARRAY_SIZE(pfns); i += 2)
		folio_put(folios[i]);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		expect_told(test, pfns[i], MIN_ORDER, i % 2 ? 0 : 1);
	for (i = 1; i < ARRAY_SIZE(pfns); i += 2)
		folio_put(folios[i]);

	KUNIT_EXPECT_EQ(test, mock.most, 3);
	KUNIT_EXPECT_EQ(test, nr_calls(), DIV_ROUND_UP(mock.nr_ranges, 3));
}

/* Take all that there is, beside the first @nr; return the number of folios. */
static unsigned int fill_node(unsigned int nr)
{
	const unsigned int orders[] = { LARGE_ORDER, MIN_ORDER, 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++)
		while (nr < MAX_FOLIOS && (folios[nr] = get_folio(orders[i])))
			nr++;
	return nr;
}

static void a_full_node_keeps_what_is_free(struct kunit *test)
{
	unsigned long pfns[1];
	unsigned int i, nr;

	get_folios(test, ARRAY_SIZE(pfns), MIN_ORDER);
	nr = fill_node(ARRAY_SIZE(pfns));
	KUNIT_EXPECT_LT(test, nr, MAX_FOLIOS);
	/* More than the allocator keeps, less than reclaim would leave */
	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		pfns[i] = folio_pfn(folios[i]);
		folio_put(folios[i]);
	}
	msleep(A_WHILE_MS);
	KUNIT_EXPECT_EQ(test, nr_calls(), 0);
	for (; i < nr; i++)
		folio_put(folios[i]);
	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		expect_told(test, pfns[i], MIN_ORDER, 1);
}

static void after_an_error_it_is_told_again_later(struct kunit *test)
{
	long before = atomic_long_read(&cram->trimmed);
	unsigned long pfn;

	mock.errors[0] = -EIO;
	mock.errors[1] = -EBUSY;
	mock.nr_errors = 2;
	pfn = free_one(test, LARGE_ORDER);
	expect_told(test, pfn, LARGE_ORDER, 1);

	KUNIT_EXPECT_EQ(test, nr_calls(), 3);
	KUNIT_EXPECT_GE(test, mock.called[1] - mock.called[0], GATHER);
	KUNIT_EXPECT_GE(test, mock.called[2] - mock.called[1], 2 * GATHER);
	KUNIT_EXPECT_TRUE(test, wait_until(atomic_long_read(&cram->trimmed) -
					   before == pages_told()));
}

static void a_device_that_cannot_is_not_asked_again(struct kunit *test)
{
	mock.errors[0] = -EOPNOTSUPP;
	mock.nr_errors = 1;
	free_one(test, LARGE_ORDER);
	KUNIT_EXPECT_TRUE(test, wait_until(nr_calls() == 1));
	free_one(test, LARGE_ORDER);
	msleep(A_WHILE_MS);
	KUNIT_EXPECT_EQ(test, nr_calls(), 1);
}

/* It may zero them later, so nobody gets them any more. */
static void a_device_that_does_not_answer_costs_the_pages(struct kunit *test)
{
	unsigned long pfn, i;

	mock.errors[0] = -ETIMEDOUT;
	mock.nr_errors = 1;
	pfn = free_one(test, LARGE_ORDER);
	KUNIT_EXPECT_TRUE(test, wait_until(nr_calls() == 1));
	msleep(A_WHILE_MS);
	for (i = 0; i < 1UL << LARGE_ORDER; i++)
		KUNIT_EXPECT_TRUE(test, PageHWPoison(pfn_to_page(pfn + i)));
	free_one(test, LARGE_ORDER);
	msleep(A_WHILE_MS);
	KUNIT_EXPECT_EQ(test, nr_calls(), 1);
}

/* The pages are in the buddy, in a block of whatever size. */
static bool is_free(unsigned long pfn)
{
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		struct page *head = pfn_to_page(ALIGN_DOWN(pfn, 1UL << order));

		if (PageBuddy(head) && page_private(head) >= order)
			return true;
	}
	return false;
}

static void let_go(struct timer_list *timer)
{
	complete_all(&mock.go);
}

static DEFINE_TIMER(go_timer, let_go);

static void hold_a_batch(struct kunit *test, unsigned long *pfn)
{
	mock.holds = true;
	*pfn = free_one(test, LARGE_ORDER);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&mock.entered, 20 * HZ), 0);
	KUNIT_EXPECT_FALSE(test, is_free(*pfn));
	mod_timer(&go_timer, jiffies + HZ);
}

static void pausing_puts_everything_back(struct kunit *test)
{
	unsigned long pfn, next;

	hold_a_batch(test, &pfn);
	cram_pause(cram);
	KUNIT_EXPECT_TRUE(test, is_free(pfn));
	expect_told(test, pfn, LARGE_ORDER, 1);

	next = free_one(test, MIN_ORDER);
	msleep(A_WHILE_MS);
	KUNIT_EXPECT_EQ(test, nr_calls(), 1);
	KUNIT_EXPECT_TRUE(test, is_free(next));

	cram_resume(cram);
	KUNIT_EXPECT_TRUE(test, wait_until(nr_calls() == 2));
}

static ssize_t write_hotplug(const char *state)
{
	struct file *file = filp_open(hotplug, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t rc;

	if (IS_ERR(file))
		return PTR_ERR(file);
	rc = kernel_write(file, state, strlen(state), &pos);
	filp_close(file, NULL);
	return rc;
}

static void it_can_be_unplugged_meanwhile(struct kunit *test)
{
	unsigned long pfn;

	hold_a_batch(test, &pfn);
	KUNIT_EXPECT_GT(test, write_hotplug("unplugged"), 0);
	KUNIT_EXPECT_FALSE(test, node_state(cram_nid, N_MEMORY_PRIVATE));
	KUNIT_EXPECT_EQ(test, nr_calls(), 1);
	KUNIT_ASSERT_GT(test, write_hotplug("online"), 0);

	/* The new life is another device's until it is told of. */
	free_one(test, LARGE_ORDER);
	msleep(A_WHILE_MS);
	KUNIT_EXPECT_EQ(test, nr_calls(), 1);
}

/* Somebody who never has what others write, or the device */
static int use_and_free(void *nr_changed)
{
	struct folio *some[16] = {};

	while (!kthread_should_stop()) {
		struct folio **slot = &some[get_random_u32_below(16)];

		if (*slot) {
			*(unsigned long *)nr_changed += !is_intact(*slot);
			folio_put(*slot);
		}
		*slot = get_folio(get_random_u32_below(LARGE_ORDER + 1));
		usleep_range(10, 1000);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(some); i++)
		if (some[i])
			folio_put(some[i]);
	return 0;
}

static void nobody_loses_pages_to_the_device(struct kunit *test)
{
	unsigned long nr_changed[2] = {};
	struct task_struct *users[2];
	int i;

	mock.delay_ms = 10;
	for (i = 0; i < 2; i++) {
		users[i] = kthread_run(use_and_free, &nr_changed[i],
				       "cram_user/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(users[i]));
	}
	KUNIT_EXPECT_TRUE(test, wait_until(nr_calls() >= 4));
	for (i = 0; i < 2; i++)
		kthread_stop(users[i]);

	KUNIT_EXPECT_EQ(test, nr_changed[0] + nr_changed[1], 0);
	kunit_info(test, "%u calls, %lu pages\n", nr_calls(), pages_told());
}

static void what_makes_no_sense_is_refused(struct kunit *test)
{
	struct cram_trimmer trimmer = {
		.zero = mock_zero,
		.min_order = MAX_PAGE_ORDER + 1,
		.max_ranges = 1,
	};

	KUNIT_EXPECT_EQ(test, cram_set_trimmer(cram, &trimmer), -EINVAL);
	trimmer.min_order = MAX_PAGE_ORDER;
	trimmer.max_ranges = 0;
	KUNIT_EXPECT_EQ(test, cram_set_trimmer(cram, &trimmer), -EINVAL);
	trimmer.max_ranges = 1;
	trimmer.zero = NULL;
	KUNIT_EXPECT_EQ(test, cram_set_trimmer(cram, &trimmer), -EINVAL);
	trimmer.zero = mock_zero;
	KUNIT_EXPECT_EQ(test, cram_set_trimmer(cram, &trimmer), 0);
}

static int find_compressed_ram(struct kunit_suite *suite)
{
	for_each_node_state(cram_nid, N_MEMORY_PRIVATE) {
		rcu_read_lock();
		cram = node_private_cram(cram_nid);
		rcu_read_unlock();
		if (cram)
			return 0;
	}
	pr_err("plug compressed RAM before this test\n");
	return -ENODEV;
}

static struct kunit_case cram_trim_cases[] = {
	KUNIT_CASE(what_makes_no_sense_is_refused),
	KUNIT_CASE_SLOW(freed_pages_are_told_once),
	KUNIT_CASE_SLOW(pages_that_are_freed_again_are_told_again),
	KUNIT_CASE_SLOW(pages_in_use_are_not_told),
	KUNIT_CASE_SLOW(blocks_are_told_when_all_of_them_is_free),
	KUNIT_CASE_SLOW(batches_are_no_larger_than_the_device_takes),
	KUNIT_CASE_SLOW(a_full_node_keeps_what_is_free),
	KUNIT_CASE_SLOW(after_an_error_it_is_told_again_later),
	KUNIT_CASE_SLOW(a_device_that_cannot_is_not_asked_again),
	KUNIT_CASE_SLOW(pausing_puts_everything_back),
	KUNIT_CASE_SLOW(nobody_loses_pages_to_the_device),
	KUNIT_CASE_SLOW(a_device_that_does_not_answer_costs_the_pages),
	KUNIT_CASE_SLOW(it_can_be_unplugged_meanwhile),
	{}
};

static struct kunit_suite cram_trim_suite = {
	.name = "cram_trim",
	.suite_init = find_compressed_ram,
	.init = start_mock,
	.exit = stop_mock,
	.test_cases = cram_trim_cases,
};

kunit_test_suite(cram_trim_suite);

MODULE_DESCRIPTION("KUnit test of telling a device which pages are free");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
