// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit test of what becomes of the event records that a device returns, and of
 * the log of its commands, with a mailbox that is none: QEMU's device says no
 * nonsense, cannot be asked for its health, and has no Media Operations before
 * QEMU 10.1.
 */
#include <kunit/device.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <cxl/event.h>
#include <cxl/watch.h>
#include <cxlmem.h>

#define DEGRADED	BIT(3)
#define PAYLOAD_SIZE	SZ_4K
#define MEDIA_OPS	0x4402
#define MAX_RECORDS	8

/**
 * struct mock - a device with one log
 * @mds: what the kernel has of it
 * @cxlmd: its memdev
 * @records: the log
 * @nr: records in it
 * @claimed: what it says that it returns, if that is not @nr
 * @overflow: it has lost records since the log was last cleared
 * @lost_at: time stamp of the last one
 * @health: its health, if it answers
 * @health_rc: return code of the command that asks for it
 * @nr_asked: how often it was
 * @nr_cleared: handles that came back
 * @opcode: the only command in its Command Effects Log
 */
struct mock {
	struct cxl_memdev_state *mds;
	struct cxl_memdev cxlmd;
	struct cxl_event_record_raw records[MAX_RECORDS];
	u16 nr;
	u16 claimed;
	bool overflow;
	u64 lost_at;
	u8 health;
	u16 health_rc;
	unsigned int nr_asked;
	unsigned int nr_cleared;
	u16 opcode;
};

static struct mock *to_mock(struct cxl_mailbox *cxl_mbox)
{
	struct kunit *test = kunit_get_current_test();

	return test->priv;
}

static void get_records(struct mock *mock, struct cxl_mbox_cmd *cmd)
{
	struct cxl_get_event_payload *payload = cmd->payload_out;

	memset(payload, 0, cmd->size_out);
	payload->flags = mock->overflow ? CXL_GET_EVENT_FLAG_OVERFLOW : 0;
	payload->last_overflow_timestamp = cpu_to_le64(mock->lost_at);
	payload->record_count = cpu_to_le16(mock->nr ? mock->claimed ?: mock->nr : 0);
	memcpy(payload->records, mock->records, mock->nr * sizeof(*mock->records));
	cmd->size_out = struct_size(payload, records, mock->nr);
}

static void clear_records(struct mock *mock, struct cxl_mbox_cmd *cmd)
{
	const struct cxl_mbox_clear_event_payload *payload = cmd->payload_in;

	mock->nr_cleared += payload->nr_recs;
	mock->nr = 0;
	mock->overflow = false;
}

static void get_health(struct mock *mock, struct cxl_mbox_cmd *cmd)
{
	struct cxl_get_health_info *info = cmd->payload_out;

	mock->nr_asked++;
	cmd->return_code = mock->health_rc;
	if (mock->health_rc)
		return;
	memset(info, 0, sizeof(*info));
	info->health_status = mock->health;
}

static void get_supported_logs(struct cxl_mbox_cmd *cmd)
{
	struct cxl_mbox_get_supported_logs *logs = cmd->payload_out;

	memset(logs, 0, cmd->size_out);
	logs->entries = cpu_to_le16(1);
	logs->entry[0].uuid = DEFINE_CXL_CEL_UUID;
	logs->entry[0].size = cpu_to_le32(sizeof(struct cxl_cel_entry));
	cmd->size_out = struct_size(logs, entry, 1);
}

static void get_log(struct mock *mock, struct cxl_mbox_cmd *cmd)
{
	struct cxl_cel_entry *entry = cmd->payload_out;

	memset(entry, 0, cmd->size_out);
	entry->opcode = cpu_to_le16(mock->opcode);
}

static int mock_send(struct cxl_mailbox *cxl_mbox, struct cxl_mbox_cmd *cmd)
{
	struct mock *mock = to_mock(cxl_mbox);

	cmd->return_code = CXL_MBOX_CMD_RC_SUCCESS;
	switch (cmd->opcode) {
	case CXL_MBOX_OP_GET_EVENT_RECORD:
		get_records(mock, cmd);
		return 0;
	case CXL_MBOX_OP_CLEAR_EVENT_RECORD:
		clear_records(mock, cmd);
		return 0;
	case CXL_MBOX_OP_GET_HEALTH_INFO:
		get_health(mock, cmd);
		return 0;
	case CXL_MBOX_OP_GET_SUPPORTED_LOGS:
		get_supported_logs(cmd);
		return 0;
	case CXL_MBOX_OP_GET_LOG:
		get_log(mock, cmd);
		return 0;
	}
	return -ENXIO;
}

static struct cxl_event_record_raw *add_record(struct mock *mock,
					       const uuid_t *id, u64 time)
{
	struct cxl_event_record_raw *record = &mock->records[mock->nr];

	memset(record, 0, sizeof(*record));
	record->id = *id;
	record->event.generic.hdr.length = sizeof(*record);
	record->event.generic.hdr.handle = cpu_to_le16(mock->nr + 1);
	record->event.generic.hdr.timestamp = cpu_to_le64(time);
	mock->nr++;
	return record;
}

static void add_health(struct mock *mock, u8 status, u64 time)
{
	add_record(mock, &CXL_EVENT_MEM_MODULE_UUID, time)->event.mem_module.info
		.health_status = status;
}

/* Has the kernel read the log, and is the device short of capacity then? */
static bool degraded_after_read(struct mock *mock)
{
	cxl_mem_get_event_records(mock->mds, CXLDEV_EVENT_STATUS_INFO);
	return mock->mds->health.capacity_degraded;
}

static void answers_for_health(struct mock *mock, u16 rc, u8 status)
{
	set_bit(CXL_MEM_COMMAND_ID_GET_HEALTH_INFO,
		mock->mds->cxlds.cxl_mbox.enabled_cmds);
	mock->health_rc = rc;
	mock->health = status;
}

static void record_says_degraded_and_next_one_not(struct kunit *test)
{
	struct mock *mock = test->priv;

	add_health(mock, DEGRADED, 1);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	add_health(mock, (u8)~DEGRADED, 2);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
	KUNIT_EXPECT_EQ(test, mock->nr_cleared, 2);
}

static void record_that_is_older_changes_nothing(struct kunit *test)
{
	struct mock *mock = test->priv;

	add_health(mock, DEGRADED, 5);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	add_health(mock, 0, 4);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	add_health(mock, 0, 6);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
}

static void order_counts_without_a_clock(struct kunit *test)
{
	struct mock *mock = test->priv;

	add_health(mock, 0, 0);
	add_health(mock, DEGRADED, 0);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	add_health(mock, DEGRADED, 0);
	add_health(mock, 0, 0);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
}

static void other_records_say_nothing_of_health(struct kunit *test)
{
	const uuid_t ids[] = {
		CXL_EVENT_GEN_MEDIA_UUID, CXL_EVENT_DRAM_UUID, uuid_null,
	};
	struct mock *mock = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		memset(add_record(mock, &ids[i], 1)->event.generic.data, 0xff,
		       CXL_EVENT_RECORD_DATA_LENGTH);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
	KUNIT_EXPECT_EQ(test, mock->nr_cleared, ARRAY_SIZE(ids));
	KUNIT_EXPECT_EQ(test, mock->nr_asked, 0);
}

static void clock_that_is_ahead_tells_nothing(struct kunit *test)
{
	struct mock *mock = test->priv;

	add_health(mock, 0, U64_MAX);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
	add_health(mock, DEGRADED, 1);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
}

static void health_is_asked_for_after_overflow(struct kunit *test)
{
	struct mock *mock = test->priv;

	answers_for_health(mock, CXL_MBOX_CMD_RC_SUCCESS, DEGRADED);
	mock->overflow = true;
	add_record(mock, &CXL_EVENT_GEN_MEDIA_UUID, 1);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	KUNIT_EXPECT_GE(test, mock->nr_asked, 1);

	mock->health = 0;
	mock->overflow = true;
	add_record(mock, &CXL_EVENT_GEN_MEDIA_UUID, 2);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
}

static void overflow_counts_without_a_record(struct kunit *test)
{
	struct mock *mock = test->priv;

	mock->overflow = true;
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
}

/* It is newer than the record, which may have waited behind others. */
static void answer_counts_more_than_a_record(struct kunit *test)
{
	struct mock *mock = test->priv;

	answers_for_health(mock, CXL_MBOX_CMD_RC_SUCCESS, DEGRADED);
	add_health(mock, 0, 9);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	KUNIT_EXPECT_EQ(test, mock->nr_asked, 1);
	mock->health = 0;
	add_health(mock, DEGRADED, 1);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
}

static void unknown_health_is_taken_for_degraded(struct kunit *test)
{
	struct mock *mock = test->priv;

	mock->overflow = true;
	mock->lost_at = 3;
	add_health(mock, 0, 3);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	KUNIT_EXPECT_EQ(test, mock->nr_asked, 0);

	add_health(mock, 0, 4);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
}

/* Each log loses records of its own; what another one said may be newer. */
static void loss_that_is_older_changes_nothing(struct kunit *test)
{
	struct mock *mock = test->priv;

	add_health(mock, 0, 9);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
	mock->overflow = true;
	mock->lost_at = 5;
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
	mock->lost_at = 9;
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
}

static void loss_without_a_clock_is_newer_than_the_log(struct kunit *test)
{
	struct mock *mock = test->priv;

	mock->overflow = true;
	add_health(mock, 0, 0);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	add_health(mock, 0, 0);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
}

/* It is newer than all that was lost, and than all records. */
static void answer_counts_however_old_the_loss_is(struct kunit *test)
{
	struct mock *mock = test->priv;

	add_health(mock, 0, 9);
	KUNIT_EXPECT_FALSE(test, degraded_after_read(mock));
	answers_for_health(mock, CXL_MBOX_CMD_RC_SUCCESS, DEGRADED);
	mock->overflow = true;
	mock->lost_at = 5;
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
}

static void health_that_cannot_be_read_is_taken_for_degraded(struct kunit *test)
{
	struct mock *mock = test->priv;

	answers_for_health(mock, CXL_MBOX_CMD_RC_INTERNAL, 0);
	mock->overflow = true;
	add_record(mock, &CXL_EVENT_DRAM_UUID, 1);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	KUNIT_EXPECT_GE(test, mock->nr_asked, 1);
}

/* Under KASAN more would be a report. */
static void no_more_records_are_read_than_there_are(struct kunit *test)
{
	struct mock *mock = test->priv;

	mock->claimed = U16_MAX;
	add_health(mock, DEGRADED, 1);
	KUNIT_EXPECT_TRUE(test, degraded_after_read(mock));
	KUNIT_EXPECT_EQ(test, mock->nr_cleared, 1);
}

/* Each security command has a bit: that one has the one that is left. */
static void effects_log_tells_of_media_operations(struct kunit *test)
{
	static const u16 others[] = {
		CXL_MBOX_OP_SANITIZE,
		CXL_MBOX_OP_SECURE_ERASE,
		CXL_MBOX_OP_GET_SECURITY_STATE,
		CXL_MBOX_OP_SET_PASSPHRASE,
		CXL_MBOX_OP_DISABLE_PASSPHRASE,
		CXL_MBOX_OP_UNLOCK,
		CXL_MBOX_OP_FREEZE_SECURITY,
		CXL_MBOX_OP_PASSPHRASE_SECURE_ERASE,
	};
	struct mock *mock = test->priv;
	const unsigned long *enabled = mock->mds->security.enabled_cmds;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		mock->opcode = others[i];
		KUNIT_EXPECT_EQ(test, cxl_enumerate_cmds(mock->mds), 0);
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(enabled, CXL_SEC_ENABLED_MAX),
			CXL_SEC_ENABLED_MAX - 1);

	mock->opcode = MEDIA_OPS;
	KUNIT_EXPECT_EQ(test, cxl_enumerate_cmds(mock->mds), 0);
	KUNIT_EXPECT_TRUE(test, bitmap_full(enabled, CXL_SEC_ENABLED_MAX));
}

static int make_device(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "cxl-watch");
	struct cxl_mailbox *cxl_mbox;
	struct mock *mock;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	mock = kunit_kzalloc(test, sizeof(*mock), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mock);
	mock->mds = cxl_memdev_state_create(dev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mock->mds);
	mock->mds->event.buf = kunit_kzalloc(test, PAYLOAD_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mock->mds->event.buf);
	mock->cxlmd.cxlds = &mock->mds->cxlds;
	mock->mds->cxlds.cxlmd = &mock->cxlmd;

	cxl_mbox = &mock->mds->cxlds.cxl_mbox;
	KUNIT_ASSERT_EQ(test, cxl_mailbox_init(cxl_mbox, dev), 0);
	cxl_mbox->payload_size = PAYLOAD_SIZE;
	cxl_mbox->mbox_send = mock_send;
	test->priv = mock;
	return 0;
}

/* Until its registers say that the device is through with all it was told */
static void what_timed_out_may_come_late(struct kunit *test)
{
	static const struct {
		u32 ctrl;
		u64 status;
		bool late;
	} states[] = {
		{ CXLDEV_MBOX_CTRL_DOORBELL, 0, true },
		{ 0, CXLDEV_MBOX_STATUS_BG_CMD, true },
		{ CXLDEV_MBOX_CTRL_DOORBELL, CXLDEV_MBOX_STATUS_BG_CMD, true },
		{ CXLDEV_MBOX_CTRL_BG_CMD_IRQ, ~1ULL, false },
		{ CXLDEV_MBOX_CTRL_DOORBELL, CXLDEV_MBOX_STATUS_BG_CMD, false },
	};
	struct cxl_dev_state *cxlds = kunit_kzalloc(test, sizeof(*cxlds), GFP_KERNEL);
	u8 *regs = kunit_kzalloc(test, CXLDEV_MBOX_PAYLOAD_OFFSET, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, cxlds);
	KUNIT_ASSERT_NOT_NULL(test, regs);
	mutex_init(&cxlds->cxl_mbox.mbox_mutex);
	KUNIT_EXPECT_FALSE(test, cxl_zero_is_late(cxlds));
	cxlds->cxl_mbox.zero_late = true;
	KUNIT_EXPECT_TRUE(test, cxl_zero_is_late(cxlds));

	cxlds->regs.mbox = (void __iomem __force *)regs;
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		put_unaligned_le32(states[i].ctrl, regs + CXLDEV_MBOX_CTRL_OFFSET);
		put_unaligned_le64(states[i].status, regs + CXLDEV_MBOX_STATUS_OFFSET);
		KUNIT_EXPECT_EQ_MSG(test, cxl_zero_is_late(cxlds), states[i].late,
				    "state %u", i);
	}
}

static struct kunit_case watch_cases[] = {
	KUNIT_CASE(record_says_degraded_and_next_one_not),
	KUNIT_CASE(record_that_is_older_changes_nothing),
	KUNIT_CASE(order_counts_without_a_clock),
	KUNIT_CASE(other_records_say_nothing_of_health),
	KUNIT_CASE(clock_that_is_ahead_tells_nothing),
	KUNIT_CASE(health_is_asked_for_after_overflow),
	KUNIT_CASE(overflow_counts_without_a_record),
	KUNIT_CASE(answer_counts_more_than_a_record),
	KUNIT_CASE(unknown_health_is_taken_for_degraded),
	KUNIT_CASE(loss_that_is_older_changes_nothing),
	KUNIT_CASE(loss_without_a_clock_is_newer_than_the_log),
	KUNIT_CASE(answer_counts_however_old_the_loss_is),
	KUNIT_CASE(health_that_cannot_be_read_is_taken_for_degraded),
	KUNIT_CASE(no_more_records_are_read_than_there_are),
	KUNIT_CASE(effects_log_tells_of_media_operations),
	KUNIT_CASE(what_timed_out_may_come_late),
	{}
};

static struct kunit_suite watch_suite = {
	.name = "cxl_watch",
	.init = make_device,
	.test_cases = watch_cases,
};

kunit_test_suite(watch_suite);

MODULE_IMPORT_NS(CXL);
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit test of the events of CXL devices");
MODULE_LICENSE("GPL");
