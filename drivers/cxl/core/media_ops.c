// SPDX-License-Identifier: GPL-2.0
/*
 * Media Operations: devices that zero ranges of their memory when told to, see
 * CXL r3.2 8.2.10.9.5.3.
 */
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/range.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include <cxlmem.h>
#include <cxl.h>
#include <media_ops.h>

#include "core.h"

#define CLASS_GENERAL		0
#define SUBCLASS_DISCOVERY	0
#define CLASS_SANITIZE		1
#define SUBCLASS_ZERO		1

/* What a device may take for one command, most of it in the background */
#define POLL_INTERVAL_MS	100
#define POLL_COUNT		300

/* There are a handful of operations; a device that tells no end is broken. */
#define MAX_DISCOVERIES		16
#define MAX_OPS			128

struct zero_in {
	u8 class;
	u8 subclass;
	u8 reserved[2];
	__le32 nr_ranges;
	struct {
		__le64 start;
		__le64 length;
	} __packed ranges[];
} __packed;

struct discovery_in {
	u8 class;
	u8 subclass;
	u8 reserved[2];
	__le32 nr_ranges;
	__le16 start;
	__le16 nr_ops;
} __packed;

struct discovery_out {
	__le64 granularity;
	__le16 total;
	__le16 nr_ops;
	struct {
		u8 class;
		u8 subclass;
	} __packed ops[];
} __packed;

/* Ask for the operations from @start on. */
static int ask(struct cxl_mailbox *mbox, unsigned int start,
	       unsigned int nr_ops, struct discovery_out *out)
{
	struct discovery_in in = {
		.class = CLASS_GENERAL,
		.subclass = SUBCLASS_DISCOVERY,
		.start = cpu_to_le16(start),
		.nr_ops = cpu_to_le16(nr_ops),
	};
	struct cxl_mbox_cmd cmd = {
		.opcode = CXL_MBOX_OP_MEDIA_OPERATIONS,
		.payload_in = &in,
		.size_in = sizeof(in),
		.payload_out = out,
		.size_out = struct_size(out, ops, nr_ops),
		.min_out = sizeof(*out),
	};
	unsigned int nr;
	int rc;

	rc = cxl_internal_send_cmd(mbox, &cmd);
	if (rc)
		return rc;
	nr = le16_to_cpu(out->nr_ops);
	if (!nr || nr > nr_ops || cmd.size_out < struct_size(out, ops, nr))
		return -EPROTO;
	return 0;
}

static bool lists_zero(const struct discovery_out *out)
{
	unsigned int i;

	for (i = 0; i < le16_to_cpu(out->nr_ops); i++)
		if (out->ops[i].class == CLASS_SANITIZE &&
		    out->ops[i].subclass == SUBCLASS_ZERO)
			return true;
	return false;
}

/* How many operations @mbox has room for in a reply */
static unsigned int ops_in_reply(const struct cxl_mailbox *mbox)
{
	const struct discovery_out *out = NULL;

	if (mbox->payload_size < struct_size(out, ops, 1))
		return 0;
	return min_t(size_t, MAX_OPS, (mbox->payload_size - sizeof(*out)) /
				      sizeof(out->ops[0]));
}

/**
 * cxl_discover_zero - in what pieces can a device zero its memory?
 * @mbox: of a device that knows Media Operations
 *
 * Context: Process context, sleeps.
 * Return: bytes, a power of 2; or 0 if it cannot, or does not say so in a way
 * that makes sense.  CXL r3.2 8.2.10.9.5.3, Discovery.
 */
VISIBLE_IF_KUNIT u64 cxl_discover_zero(struct cxl_mailbox *mbox)
{
	unsigned int room = ops_in_reply(mbox);
	/* More than there is might be refused, and Discovery itself is. */
	unsigned int i, start = 0, total = 1;
	u64 granularity;

	struct discovery_out *out __free(kfree) =
		kzalloc(struct_size(out, ops, room), GFP_KERNEL);
	if (!out)
		return 0;

	for (i = 0; room && start < total && i < MAX_DISCOVERIES; i++) {
		if (ask(mbox, start, min(total - start, room), out))
			return 0;
		granularity = le64_to_cpu(out->granularity);
		if (lists_zero(out))
			return is_power_of_2(granularity) ? granularity : 0;
		start += le16_to_cpu(out->nr_ops);
		total = le16_to_cpu(out->total);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(cxl_discover_zero);

/* Tell what may go well later from what never does. */
static int error_of(const struct cxl_mbox_cmd *cmd, int rc)
{
	/* It is not over, whatever the device has answered until then. */
	if (rc == -ETIMEDOUT)
		return rc;

	switch (cmd->return_code) {
	case CXL_MBOX_CMD_RC_SUCCESS:
		return rc;
	case CXL_MBOX_CMD_RC_INPUT:
	case CXL_MBOX_CMD_RC_UNSUPPORTED:
	case CXL_MBOX_CMD_RC_PADDR:
	case CXL_MBOX_CMD_RC_MBUNSUPPORTED:
	case CXL_MBOX_CMD_RC_PAYLOADLEN:
		return -EOPNOTSUPP;
	default:
		return -EAGAIN;
	}
}

static int send_zero(struct cxl_mailbox *mbox, struct zero_in *in,
		     unsigned int nr)
{
	struct cxl_mbox_cmd cmd = {
		.opcode = CXL_MBOX_OP_MEDIA_OPERATIONS,
		.payload_in = in,
		.size_in = struct_size(in, ranges, nr),
		.poll_count = POLL_COUNT,
		.poll_interval_ms = POLL_INTERVAL_MS,
	};
	int rc;

	in->class = CLASS_SANITIZE;
	in->subclass = SUBCLASS_ZERO;
	in->nr_ranges = cpu_to_le32(nr);
	rc = cxl_internal_send_cmd(mbox, &cmd);
	if (rc == -ETIMEDOUT)
		WRITE_ONCE(mbox->zero_late, true);
	return rc ? error_of(&cmd, rc) : 0;
}

/* The memory of a full stripe is in a row on each of the devices. */
static void fill_range(struct zero_in *in, unsigned int i,
		       const struct cxl_zero_map *map, u64 dpa,
		       const struct range *range)
{
	u64 offset = div_u64(range->start - map->start, map->ways);

	in->ranges[i].start = cpu_to_le64(dpa + offset);
	in->ranges[i].length = cpu_to_le64(div_u64(range_len(range), map->ways));
}

static int zero_on_target(const struct cxl_zero_map *map, unsigned int target,
			  const struct range *ranges, unsigned int nr)
{
	struct cxl_mailbox *mbox = map->targets[target].mbox;
	unsigned int i, nr_now, most;
	int rc = 0;

	struct zero_in *in __free(kvfree) =
		kvzalloc(struct_size(in, ranges, nr), GFP_KERNEL);
	if (!in)
		return -ENOMEM;
	if (mbox->payload_size < struct_size(in, ranges, 1))
		return -EOPNOTSUPP;

	most = (mbox->payload_size - sizeof(*in)) / sizeof(in->ranges[0]);
	for (; nr && !rc; nr -= nr_now, ranges += nr_now) {
		nr_now = min(nr, most);
		for (i = 0; i < nr_now; i++)
			fill_range(in, i, map, map->targets[target].dpa,
				   &ranges[i]);
		rc = send_zero(mbox, in, nr_now);
	}
	return rc;
}

static bool is_whole_stripes(const struct cxl_zero_map *map,
			     const struct range *range)
{
	u64 stripe = (u64)map->ways * map->granularity;

	return range->start >= map->start && range->end >= range->start &&
	       range->end - map->start < map->size &&
	       IS_ALIGNED(range->start - map->start, stripe) &&
	       IS_ALIGNED(range->end + 1 - map->start, stripe);
}

/**
 * cxl_zero_ranges - zero memory that is spread over devices
 * @map: the devices, and what is on them
 * @ranges: host physical addresses, inclusive
 * @nr: number of @ranges
 *
 * Context: Process context, sleeps.
 * Return: see cxl_region_zero().
 */
VISIBLE_IF_KUNIT int cxl_zero_ranges(const struct cxl_zero_map *map,
				     const struct range *ranges,
				     unsigned int nr)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < nr; i++)
		if (!is_whole_stripes(map, &ranges[i]))
			return -EINVAL;
	for (i = 0; i < map->ways && !rc; i++)
		rc = zero_on_target(map, i, ranges, nr);
	return rc;
}
EXPORT_SYMBOL_IF_KUNIT(cxl_zero_ranges);

static bool knows_media_ops(struct cxl_memdev *cxlmd)
{
	struct cxl_memdev_state *mds = to_cxl_memdev_state(cxlmd->cxlds);

	return mds && test_bit(CXL_SEC_ENABLED_MEDIA_OPERATIONS,
			       mds->security.enabled_cmds);
}

static int describe_target(struct cxl_zero_map *map, unsigned int i,
			   struct cxl_endpoint_decoder *cxled)
{
	struct cxl_memdev *cxlmd;

	if (!cxled || !cxled->dpa_res)
		return -ENXIO;
	if (resource_size(cxled->dpa_res) != div_u64(map->size, map->ways))
		return -EOPNOTSUPP;
	cxlmd = cxled_to_memdev(cxled);
	if (!knows_media_ops(cxlmd))
		return -EOPNOTSUPP;
	map->targets[i].mbox = &cxlmd->cxlds->cxl_mbox;
	map->targets[i].dpa = cxl_dpa_resource_start(cxled);
	return 0;
}

/* Only what is spread in powers of 2, with nothing else in between, is clear. */
static bool is_plain(struct cxl_region *cxlr)
{
	struct cxl_root_decoder *cxlrd = to_cxl_root_decoder(cxlr->dev.parent);
	const struct cxl_region_params *p = &cxlr->params;

	return cxlr->mode == CXL_DECODER_RAM && !cxlrd->hpa_to_spa &&
	       is_power_of_2(p->interleave_ways) &&
	       is_power_of_2(p->interleave_granularity) &&
	       p->interleave_ways <= CXL_DECODER_MAX_INTERLEAVE;
}

/* The locks are not kept: see cxl_region_zero(). */
static int describe_region(struct cxl_region *cxlr, struct cxl_zero_map *map)
{
	const struct cxl_region_params *p = &cxlr->params;
	unsigned int i;
	int rc = 0;

	guard(rwsem_read)(&cxl_region_rwsem);
	guard(rwsem_read)(&cxl_dpa_rwsem);
	if (p->state != CXL_CONFIG_COMMIT || !p->res ||
	    p->nr_targets != p->interleave_ways)
		return -ENXIO;
	if (!is_plain(cxlr))
		return -EOPNOTSUPP;

	map->start = p->res->start;
	map->size = resource_size(p->res);
	map->ways = p->interleave_ways;
	map->granularity = p->interleave_granularity;
	for (i = 0; i < map->ways && !rc; i++)
		rc = describe_target(map, i, p->targets[i]);
	return rc;
}

/**
 * cxl_zero_block - in what blocks can devices be told to zero memory?
 * @map: the devices, and what is on them
 *
 * Context: Process context, sleeps.
 * Return: see cxl_region_zero_granularity().
 */
VISIBLE_IF_KUNIT u64 cxl_zero_block(const struct cxl_zero_map *map)
{
	u64 granularity, largest = map->granularity;
	unsigned int i;

	for (i = 0; i < map->ways; i++) {
		granularity = cxl_discover_zero(map->targets[i].mbox);
		if (!granularity || granularity > map->size ||
		    !IS_ALIGNED(map->targets[i].dpa, granularity))
			return 0;
		largest = max(largest, granularity);
	}
	if (!IS_ALIGNED(map->start | map->size, largest * map->ways))
		return 0;
	return largest * map->ways;
}
EXPORT_SYMBOL_IF_KUNIT(cxl_zero_block);

/**
 * cxl_region_zero_granularity - can the devices of a region zero its memory?
 * @cxlr: the region
 *
 * They can if all of them list the operation, if they are as many as a power of
 * 2, and if nothing but their number and granularity says what is where.
 *
 * Context: Process context, asks the devices, sleeps.  For the driver of the
 * region, see cxl_region_zero().
 * Return: bytes, a power of 2: cxl_region_zero() takes blocks of it that are
 * naturally aligned; or 0 if they cannot.  CXL r3.2 8.2.10.9.5.3, Discovery.
 */
u64 cxl_region_zero_granularity(struct cxl_region *cxlr)
{
	struct cxl_zero_map map;

	return describe_region(cxlr, &map) ? 0 : cxl_zero_block(&map);
}
EXPORT_SYMBOL_NS_GPL(cxl_region_zero_granularity, CXL);

/**
 * cxl_region_zero - let the devices of a region zero some of its memory
 * @cxlr: the region
 * @ranges: host physical addresses, inclusive, which nobody uses; of whole blocks
 *	of cxl_region_zero_granularity()
 * @nr: number of @ranges
 *
 * Each device gets one command, or more if there are more ranges than its
 * mailbox holds.  Its other commands wait meanwhile.
 *
 * Context: Process context, sleeps, for seconds if a device works on it in the
 * background.  For the driver of the region, which is released before a device
 * leaves: no lock is held while the devices work, as all regions need it.
 * Return: 0 if all of it is zero; -EINVAL if the ranges are not such blocks;
 * -ENXIO if the region is not there any more, -EOPNOTSUPP if a device cannot;
 * -ETIMEDOUT if a device may be at it still, at any later time; -EAGAIN, -EBUSY or
 * -ENOMEM if it might go well later.  CXL r3.2 8.2.10.9.5.3, Sanitize, Zero.
 */
int cxl_region_zero(struct cxl_region *cxlr, const struct range *ranges,
		    unsigned int nr)
{
	struct cxl_zero_map map;
	int rc;

	rc = describe_region(cxlr, &map);
	return rc ? rc : cxl_zero_ranges(&map, ranges, nr);
}
EXPORT_SYMBOL_NS_GPL(cxl_region_zero, CXL);
