// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of Media Operations: what devices are sent, to the byte, and what
 * becomes of what they answer.  Mailboxes are mocks.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/range.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <cxlmem.h>
#include <cxl.h>
#include <media_ops.h>

#define OPCODE		0x4402
#define HEADER		8
#define RANGE		16
#define SMALLEST	256
#define MAX_LOGGED	32

/**
 * struct mock - the mailbox of a device, and what came there
 * @mbox: the mailbox
 * @granularity: that Discovery tells
 * @ops: that it lists, a class and a subclass each
 * @nr_ops: number of these
 * @total: number that it claims, if not 0
 * @nr_reply: number that it claims to send, if not 0
 * @cut: bytes that the reply is short of
 * @one_by_one: it sends one at a time, whatever is asked for
 * @return_code: of each command
 * @error: of the way to the device
 * @background: commands that zero go on when they have been taken
 * @nr_sent: number of commands that came
 * @size: of each
 * @sent: the beginning of each
 */
struct mock {
	struct cxl_mailbox mbox;
	u64 granularity;
	const u8 (*ops)[2];
	unsigned int nr_ops;
	unsigned int total;
	unsigned int nr_reply;
	unsigned int cut;
	bool one_by_one;
	u16 return_code;
	int error;
	bool background;
	unsigned int nr_sent;
	size_t size[MAX_LOGGED];
	u8 sent[MAX_LOGGED][SMALLEST];
};

static void log_command(struct mock *mock, const struct cxl_mbox_cmd *cmd)
{
	unsigned int nr = mock->nr_sent++;

	if (nr >= MAX_LOGGED)
		return;
	mock->size[nr] = cmd->size_in;
	memcpy(mock->sent[nr], cmd->payload_in, min(cmd->size_in, SMALLEST));
}

static void reply(struct mock *mock, struct cxl_mbox_cmd *cmd)
{
	const u8 *in = cmd->payload_in;
	unsigned int start = get_unaligned_le16(in + 8);
	unsigned int asked = get_unaligned_le16(in + 10);
	unsigned int i, nr = min(asked, mock->nr_ops - start);
	u8 out[SMALLEST] = {};

	if (mock->one_by_one)
		nr = 1;
	put_unaligned_le64(mock->granularity, out);
	put_unaligned_le16(mock->total ?: mock->nr_ops, out + 8);
	put_unaligned_le16(mock->nr_reply ?: nr, out + 10);
	for (i = 0; i < nr; i++)
		memcpy(out + 12 + 2 * i, mock->ops[(start + i) % mock->nr_ops], 2);
	cmd->size_out = min(cmd->size_out, 12 + 2 * nr - mock->cut);
	memcpy(cmd->payload_out, out, cmd->size_out);
}

/* As __cxl_pci_mbox_send_cmd(): who does not say how long to wait does not. */
static int mock_send(struct cxl_mailbox *mbox, struct cxl_mbox_cmd *cmd)
{
	struct mock *mock = container_of(mbox, struct mock, mbox);

	log_command(mock, cmd);
	if (cmd->opcode != OPCODE || cmd->size_in > mbox->payload_size)
		return -EINVAL;
	if (mock->error)
		return mock->error;
	if (mock->background && !(cmd->poll_count && cmd->poll_interval_ms))
		return -ETIMEDOUT;
	cmd->return_code = mock->return_code;
	if (cmd->payload_out && !mock->return_code)
		reply(mock, cmd);
	return 0;
}

/* What QEMU 10.1 lists */
static const u8 all_ops[][2] = { { 0, 0 }, { 1, 0 }, { 1, 1 } };

static struct mock *new_mock(struct kunit *test)
{
	struct mock *mock = kunit_kzalloc(test, sizeof(*mock), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mock);
	mock->mbox.payload_size = SMALLEST;
	mock->mbox.mbox_send = mock_send;
	mock->granularity = 64;
	mock->ops = all_ops;
	mock->nr_ops = ARRAY_SIZE(all_ops);
	return mock;
}

static void expect_sent(struct kunit *test, struct mock *mock, unsigned int nr,
			const u8 *expected, size_t size)
{
	KUNIT_ASSERT_GT(test, mock->nr_sent, nr);
	KUNIT_EXPECT_EQ(test, mock->size[nr], size);
	KUNIT_EXPECT_MEMEQ(test, mock->sent[nr], expected, size);
}

static void discovery_asks_for_what_there_is(struct kunit *test)
{
	static const u8 first[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 };
	static const u8 second[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0 };
	struct mock *mock = new_mock(test);

	KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 64);
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 2);
	expect_sent(test, mock, 0, first, sizeof(first));
	expect_sent(test, mock, 1, second, sizeof(second));
}

static void discovery_goes_on_as_long_as_it_gets_somewhere(struct kunit *test)
{
	struct mock *mock = new_mock(test);

	mock->one_by_one = true;
	KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 64);
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 3);

	mock->nr_sent = 0;
	mock->nr_ops = 2;
	mock->total = U16_MAX;
	KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 0);
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 16);
}

static void devices_that_do_not_list_it_cannot(struct kunit *test)
{
	static const u8 others[][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 2, 1 } };
	struct mock *mock = new_mock(test);

	mock->ops = others;
	mock->nr_ops = ARRAY_SIZE(others);
	KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 0);

	mock = new_mock(test);
	mock->return_code = CXL_MBOX_CMD_RC_UNSUPPORTED;
	KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 0);

	mock = new_mock(test);
	mock->error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 0);
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 1);
}

static void replies_that_make_no_sense_are_a_no(struct kunit *test)
{
	static const u8 only_zero[][2] = { { 1, 1 } };
	static const struct {
		unsigned int nr_reply;
		unsigned int cut;
		u64 granularity;
	} bad[] = {
		{ 2, 0, 64 },		/* more than asked for */
		{ U16_MAX, 0, 64 },	/* more than fit */
		{ 0, 1, 64 },		/* half an operation */
		{ 0, 3, 64 },		/* half a header */
		{ 0, 14, 64 },		/* nothing */
		{ 0, 0, 0 },
		{ 0, 0, 96 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct mock *mock = new_mock(test);

		mock->ops = only_zero;
		mock->nr_ops = 1;
		KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 64);
		mock->nr_reply = bad[i].nr_reply;
		mock->cut = bad[i].cut;
		mock->granularity = bad[i].granularity;
		KUNIT_EXPECT_EQ_MSG(test, cxl_discover_zero(&mock->mbox), 0,
				    "reply %u", i);
	}
}

static void a_mailbox_without_room_is_not_used(struct kunit *test)
{
	struct mock *mock = new_mock(test);

	mock->mbox.payload_size = 13;
	KUNIT_EXPECT_EQ(test, cxl_discover_zero(&mock->mbox), 0);
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 0);
}

#define START	(16ULL * SZ_1G)
#define SIZE	(5ULL * SZ_1G)

static struct cxl_zero_map one_device(struct mock *mock)
{
	return (struct cxl_zero_map) {
		.start = START,
		.size = SIZE,
		.ways = 1,
		.granularity = 256,
		.targets = { { &mock->mbox, SZ_256M } },
	};
}

static struct range range_at(u64 offset, u64 length)
{
	return (struct range) {
		.start = START + offset,
		.end = START + offset + length - 1,
	};
}

static void zeroing_sends_ranges_of_the_device(struct kunit *test)
{
	static const u8 first[] = {
		1, 1, 0, 0, 2, 0, 0, 0,
		0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
		0, 0, 0x45, 0x33, 1, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0,
	};
	static const u8 second[] = {
		1, 1, 0, 0, 1, 0, 0, 0,
		0, 0xf0, 0xff, 0x4f, 1, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
	};
	struct mock *mock = new_mock(test);
	struct cxl_zero_map map = one_device(mock);
	const struct range ranges[] = {
		range_at(0, SZ_64K),
		range_at(0x123450000, SZ_2M),
	};
	const struct range end = range_at(SIZE - SZ_4K, SZ_4K);

	KUNIT_EXPECT_EQ(test, cxl_zero_ranges(&map, ranges, 2), 0);
	KUNIT_EXPECT_EQ(test, cxl_zero_ranges(&map, &end, 1), 0);
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 2);
	expect_sent(test, mock, 0, first, sizeof(first));
	expect_sent(test, mock, 1, second, sizeof(second));
}

static void expect_commands(struct kunit *test, struct mock *mock,
			    const unsigned int *nr_ranges, unsigned int nr)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, mock->nr_sent, nr);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, mock->size[i],
				HEADER + nr_ranges[i] * RANGE);
		KUNIT_EXPECT_EQ(test, get_unaligned_le32(mock->sent[i] + 4),
				nr_ranges[i]);
	}
}

static u64 start_sent(struct mock *mock, unsigned int command, unsigned int i)
{
	return get_unaligned_le64(mock->sent[command] + HEADER + i * RANGE);
}

static u64 length_sent(struct mock *mock, unsigned int command, unsigned int i)
{
	return get_unaligned_le64(mock->sent[command] + HEADER + i * RANGE + 8);
}

static void commands_are_no_larger_than_the_mailbox(struct kunit *test)
{
	const unsigned int nr_ranges[] = { 15, 15, 10 };
	struct mock *mock = new_mock(test);
	struct cxl_zero_map map = one_device(mock);
	struct range ranges[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		ranges[i] = range_at(2 * i * SZ_1M, SZ_1M);
	KUNIT_EXPECT_EQ(test, cxl_zero_ranges(&map, ranges, 40), 0);
	expect_commands(test, mock, nr_ranges, 3);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		KUNIT_EXPECT_EQ(test, start_sent(mock, i / 15, i % 15),
				SZ_256M + 2 * i * SZ_1M);

	mock->nr_sent = 0;
	KUNIT_EXPECT_EQ(test, cxl_zero_ranges(&map, ranges, 15), 0);
	expect_commands(test, mock, nr_ranges, 1);

	mock->nr_sent = 0;
	mock->mbox.payload_size = HEADER + RANGE - 1;
	KUNIT_EXPECT_EQ(test, cxl_zero_ranges(&map, ranges, 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 0);
}

/* What CXL r3.0 8.2.4.19.13 says where an address is, bit by bit */
static u64 offset_on_target(const struct cxl_zero_map *map, u64 hpa,
			    unsigned int *target)
{
	u64 offset = hpa - map->start;
	u64 low = offset & (map->granularity - 1);
	u64 high = offset >> ilog2(map->granularity);

	*target = high & (map->ways - 1);
	return ((high >> ilog2(map->ways)) << ilog2(map->granularity)) + low;
}

static void expect_range_is_on_targets(struct kunit *test,
				       const struct cxl_zero_map *map,
				       const struct range *range)
{
	u64 hpa, offset, nr_wrong = 0;
	unsigned int target;

	for (hpa = range->start; hpa <= range->end; hpa += 64) {
		struct mock *mock;
		u64 dpa;

		offset = offset_on_target(map, hpa, &target);
		dpa = map->targets[target].dpa + offset;
		mock = container_of(map->targets[target].mbox, struct mock, mbox);
		nr_wrong += dpa < start_sent(mock, 0, 0) ||
			    dpa + 64 > start_sent(mock, 0, 0) +
				       length_sent(mock, 0, 0);
	}
	KUNIT_EXPECT_EQ(test, nr_wrong, 0);
}

/* All that is to be zero is, and nothing else: the lengths add up. */
static void interleave(struct kunit *test, unsigned int ways,
		       unsigned int granularity)
{
	const struct range range = range_at(SZ_1M, SZ_512K);
	struct cxl_zero_map map = {
		.start = START,
		.size = SIZE,
		.ways = ways,
		.granularity = granularity,
	};
	struct mock *mocks[CXL_DECODER_MAX_INTERLEAVE];
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < ways; i++) {
		mocks[i] = new_mock(test);
		map.targets[i].mbox = &mocks[i]->mbox;
		map.targets[i].dpa = i * SZ_256M;
	}
	KUNIT_EXPECT_EQ(test, cxl_zero_ranges(&map, &range, 1), 0);
	for (i = 0; i < ways; i++) {
		KUNIT_EXPECT_EQ(test, mocks[i]->nr_sent, 1);
		KUNIT_EXPECT_EQ(test, mocks[i]->size[0], HEADER + RANGE);
		sum += length_sent(mocks[i], 0, 0);
	}
	KUNIT_EXPECT_EQ(test, sum, SZ_512K);
	expect_range_is_on_targets(test, &map, &range);
}

static void each_device_gets_its_part(struct kunit *test)
{
	interleave(test, 1, 256);
	interleave(test, 2, 256);
	interleave(test, 2, SZ_4K);
	interleave(test, 4, SZ_1K);
	interleave(test, 8, SZ_16K);
	interleave(test, 16, SZ_16K);
}

static void what_is_no_whole_stripe_is_refused(struct kunit *test)
{
	struct mock *mock = new_mock(test);
	struct cxl_zero_map map = one_device(mock);
	const struct range bad[] = {
		range_at(256, 512),
		range_at(512, 256),
		range_at(SIZE, 512),
		range_at(SIZE - 512, 1024),
		range_at(-512, 512),
		range_at(-512, 1024),
		{ .start = START + 1024, .end = START + 511 },
		{ .start = START, .end = U64_MAX },
	};
	unsigned int i;

	map.ways = 2;
	map.targets[1] = map.targets[0];
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct range two[] = { range_at(0, 512), bad[i] };

		KUNIT_EXPECT_EQ_MSG(test, cxl_zero_ranges(&map, two, 2), -EINVAL,
				    "range %u", i);
	}
	KUNIT_EXPECT_EQ(test, mock->nr_sent, 0);
}

static void devices_may_go_on_in_the_background(struct kunit *test)
{
	struct mock *mock = new_mock(test);
	struct cxl_zero_map map = one_device(mock);
	struct range range = range_at(0, SZ_1M);

	mock->background = true;
	KUNIT_EXPECT_EQ(test, cxl_zero_ranges(&map, &range, 1), 0);
}

static void errors_are_final_or_not(struct kunit *test)
{
	static const struct {
		u16 return_code;
		int error;
		int expected;
	} cases[] = {
		{ CXL_MBOX_CMD_RC_INPUT, 0, -EOPNOTSUPP },
		{ CXL_MBOX_CMD_RC_UNSUPPORTED, 0, -EOPNOTSUPP },
		{ CXL_MBOX_CMD_RC_PADDR, 0, -EOPNOTSUPP },
		{ CXL_MBOX_CMD_RC_BUSY, 0, -EAGAIN },
		{ CXL_MBOX_CMD_RC_RETRY, 0, -EAGAIN },
		{ CXL_MBOX_CMD_RC_ABORT, 0, -EAGAIN },
		{ CXL_MBOX_CMD_RC_INTERNAL, 0, -EAGAIN },
		{ 0, -ETIMEDOUT, -ETIMEDOUT },
		{ CXL_MBOX_CMD_RC_BACKGROUND, -ETIMEDOUT, -ETIMEDOUT },
		{ 0, -EBUSY, -EBUSY },
	};
	struct range range = range_at(0, SZ_1M);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mock *mock = new_mock(test), *next = new_mock(test);
		struct cxl_zero_map map = one_device(mock);

		map.ways = 2;
		map.targets[1].mbox = &next->mbox;
		mock->return_code = cases[i].return_code;
		mock->error = cases[i].error;
		KUNIT_EXPECT_EQ_MSG(test, cxl_zero_ranges(&map, &range, 1),
				    cases[i].expected, "case %u", i);
		KUNIT_EXPECT_EQ(test, mock->nr_sent, 1);
		KUNIT_EXPECT_EQ(test, next->nr_sent, 0);
		KUNIT_EXPECT_EQ(test, mock->mbox.zero_late,
				cases[i].expected == -ETIMEDOUT);
	}
}

static void blocks_suit_all_devices(struct kunit *test)
{
	struct mock *mock = new_mock(test), *other = new_mock(test);
	struct cxl_zero_map map = one_device(mock);

	map.ways = 2;
	map.targets[1] = (struct cxl_zero_target){ &other->mbox, SZ_1M };
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), 512);
	other->granularity = SZ_4K;
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), SZ_8K);
	map.granularity = SZ_16K;
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), SZ_32K);

	map.targets[1].dpa = SZ_2K;
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), 0);
	map.targets[1].dpa = SZ_1M;
	map.start += SZ_16K;
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), 0);
	map.start = START;
	other->granularity = 1ULL << 63;
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), 0);
	other->granularity = 64;
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), SZ_32K);
	other->nr_ops = 2;
	KUNIT_EXPECT_EQ(test, cxl_zero_block(&map), 0);
}

static struct kunit_case media_ops_cases[] = {
	KUNIT_CASE(discovery_asks_for_what_there_is),
	KUNIT_CASE(discovery_goes_on_as_long_as_it_gets_somewhere),
	KUNIT_CASE(devices_that_do_not_list_it_cannot),
	KUNIT_CASE(replies_that_make_no_sense_are_a_no),
	KUNIT_CASE(a_mailbox_without_room_is_not_used),
	KUNIT_CASE(zeroing_sends_ranges_of_the_device),
	KUNIT_CASE(commands_are_no_larger_than_the_mailbox),
	KUNIT_CASE(each_device_gets_its_part),
	KUNIT_CASE(what_is_no_whole_stripe_is_refused),
	KUNIT_CASE(devices_may_go_on_in_the_background),
	KUNIT_CASE(errors_are_final_or_not),
	KUNIT_CASE(blocks_suit_all_devices),
	{}
};

static struct kunit_suite media_ops_suite = {
	.name = "cxl_media_ops",
	.test_cases = media_ops_cases,
};

kunit_test_suite(media_ops_suite);

MODULE_DESCRIPTION("KUnit test of CXL Media Operations");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
