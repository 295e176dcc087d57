// SPDX-License-Identifier: GPL-2.0
/*
 * cramdax: a dax device as compressed RAM.
 *
 * The attributes are in Documentation/ABI/testing/sysfs-bus-dax-cramdax, what
 * compressed RAM is in Documentation/mm/cram.rst.
 */
#include <linux/cram.h>
#include <linux/crypto.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/node_private.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "bus.h"
#include "cram_model.h"
#include "cram_trimmer.h"
#include "personality.h"

#define DEFAULT_ALGORITHM	"lz4"

/* The algorithm of a device that compresses by itself */
#define NO_ALGORITHM		"none"

/**
 * struct cramdax - a dax device that is bound to this driver
 * @p: what all personalities share
 * @cram: the compressed RAM
 * @algorithm: of the model, or NO_ALGORITHM
 */
struct cramdax {
	struct personality p;
	struct cram cram;
	char algorithm[CRYPTO_MAX_ALG_NAME];
};

static struct cramdax *to_cramdax(struct device *dev)
{
	return container_of(dev_get_drvdata(dev), struct cramdax, p);
}

static bool has_model(const struct cramdax *cd)
{
	return strcmp(cd->algorithm, NO_ALGORITHM);
}

/* The addresses that the memory is in, holes included */
static struct range span_of(const struct private_memory *mem)
{
	struct range span = mem->ranges[0];
	unsigned int i;

	for (i = 1; i < mem->nr_ranges; i++) {
		span.start = min(span.start, mem->ranges[i].start);
		span.end = max(span.end, mem->ranges[i].end);
	}
	return span;
}

static int cramdax_prepare(struct personality *p, struct private_memory *mem)
{
	struct cramdax *cd = container_of(p, struct cramdax, p);
	struct range span = span_of(mem);
	int rc;

	if (has_model(cd)) {
		rc = cram_model_attach(&cd->cram, cd->algorithm, &span);
		if (rc)
			return rc;
	}
	rc = cram_start(&cd->cram, mem->nid, &span);
	if (rc) {
		cram_model_detach(&cd->cram);
		return rc;
	}
	cram_trimmer_attach(&cd->cram, p->dev_dax);
	mem->cram = &cd->cram;
	return 0;
}

static void cramdax_release(struct personality *p)
{
	struct cramdax *cd = container_of(p, struct cramdax, p);

	cram_stop(&cd->cram);
	cram_model_detach(&cd->cram);
}

static void cramdax_pressure(struct personality *p, bool degraded)
{
	cram_set_degraded(&container_of(p, struct cramdax, p)->cram, degraded);
}

static ssize_t capacity_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(to_cramdax(dev)->cram.capacity));
}

/* A device that says it has nothing is broken, a model that has is a mistake. */
static int set_capacity(struct cramdax *cd, unsigned long capacity)
{
	if (!capacity && !has_model(cd) && personality_is_plugged(&cd->p))
		return cram_report(&cd->cram, cram_used(&cd->cram), 0);
	if (!capacity) {
		dev_err(personality_dev(&cd->p), "capacity is a number of bytes above 0\n");
		return -EINVAL;
	}
	cram_set_capacity(&cd->cram, capacity);
	return 0;
}

static ssize_t capacity_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t len)
{
	struct cramdax *cd = to_cramdax(dev);
	unsigned long capacity;
	int rc = -EINVAL;

	if (kstrtoul(buf, 0, &capacity) || capacity > LONG_MAX) {
		dev_err(dev, "capacity is a number of bytes above 0\n");
		return -EINVAL;
	}
	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = set_capacity(cd, capacity);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(capacity);

static ssize_t used_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%lu\n", cram_used(&to_cramdax(dev)->cram));
}

static int report_used(struct cramdax *cd, unsigned long used)
{
	if (has_model(cd)) {
		dev_err(personality_dev(&cd->p), "used is counted by the model: set the algorithm to none to report it\n");
		return -EBUSY;
	}
	if (!personality_is_plugged(&cd->p)) {
		dev_err(personality_dev(&cd->p), "is unplugged: there is no use to report\n");
		return -EBUSY;
	}
	return cram_report(&cd->cram, used, cd->cram.capacity);
}

static ssize_t used_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct cramdax *cd = to_cramdax(dev);
	unsigned long used;
	int rc = -EINVAL;

	if (kstrtoul(buf, 0, &used) || used > LONG_MAX) {
		dev_err(dev, "used is a number of bytes\n");
		return -EINVAL;
	}
	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = report_used(cd, used);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(used);

static ssize_t ratio_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct cramdax *cd = to_cramdax(dev);
	unsigned long used = cram_used(&cd->cram);
	u64 bytes = (u64)cram_resident(&cd->cram) << PAGE_SHIFT;

	return sysfs_emit(buf, "%llu\n", used ? div64_ul(bytes * 1000, used) : 0);
}
static DEVICE_ATTR_RO(ratio);

static ssize_t low_mark_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_cramdax(dev)->cram.low));
}

static ssize_t high_mark_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_cramdax(dev)->cram.high));
}

static int set_mark(struct cramdax *cd, const char *buf, bool high)
{
	struct cram *cram = &cd->cram;
	unsigned int mark;
	int rc;

	rc = kstrtouint(buf, 0, &mark);
	if (!rc)
		rc = high ? cram_set_marks(cram, cram->low, mark) :
			    cram_set_marks(cram, mark, cram->high);
	if (rc)
		dev_err(personality_dev(&cd->p), "marks are percent of the capacity, low_mark below high_mark (now %u and %u)\n",
			cram->low, cram->high);
	return rc ? -EINVAL : 0;
}

static ssize_t low_mark_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t len)
{
	int rc = -EINVAL;

	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = set_mark(to_cramdax(dev), buf, false);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(low_mark);

static ssize_t high_mark_store(struct device *dev,
			       struct device_attribute *attr,
			       const char *buf, size_t len)
{
	int rc = -EINVAL;

	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = set_mark(to_cramdax(dev), buf, true);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(high_mark);

static ssize_t writable_pct_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_cramdax(dev)->cram.writable_pct));
}

static ssize_t writable_pct_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t len)
{
	unsigned int percent;
	int rc = -EINVAL;

	if (kstrtouint(buf, 0, &percent) || percent > 100) {
		dev_err(dev, "writable_pct is percent of the pages that are there: 0 to 100\n");
		return -EINVAL;
	}
	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = cram_set_writable(&to_cramdax(dev)->cram, percent);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(writable_pct);

static const char * const gate_words[] = {
	[CRAM_OPEN] = "open",
	[CRAM_THROTTLED] = "throttled",
	[CRAM_CLOSED] = "closed",
};

static ssize_t gate_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct cramdax *cd = to_cramdax(dev);
	enum cram_gate gate = CRAM_CLOSED;

	if (personality_is_plugged(&cd->p))
		gate = cram_gate(&cd->cram);
	return sysfs_emit(buf, "%s\n", gate_words[gate]);
}
static DEVICE_ATTR_RO(gate);

static ssize_t algorithm_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%s\n", to_cramdax(dev)->algorithm);
}

static int set_algorithm(struct cramdax *cd, const char *name)
{
	int rc = personality_check_unplugged(&cd->p);

	if (!rc)
		strscpy(cd->algorithm, name);
	return rc;
}

static ssize_t algorithm_store(struct device *dev,
			       struct device_attribute *attr,
			       const char *buf, size_t len)
{
	struct cramdax *cd = to_cramdax(dev);
	char name[CRYPTO_MAX_ALG_NAME];
	int rc = -EINVAL;

	if (strscpy(name, buf) < 0)
		return -EINVAL;
	strim(name);
	if (strcmp(name, NO_ALGORITHM) && !cram_model_knows(name)) {
		dev_err(dev, "%s is no compressor that the kernel has; none, if the device compresses\n",
			name);
		return -EINVAL;
	}
	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = set_algorithm(cd, name);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(algorithm);

static struct attribute *cramdax_attrs[] = {
	&dev_attr_capacity.attr,
	&dev_attr_used.attr,
	&dev_attr_ratio.attr,
	&dev_attr_low_mark.attr,
	&dev_attr_high_mark.attr,
	&dev_attr_writable_pct.attr,
	&dev_attr_gate.attr,
	&dev_attr_algorithm.attr,
	NULL
};

static const struct attribute_group cramdax_group = {
	.attrs = cramdax_attrs,
};

static ssize_t evicted_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct cramdax *cd = to_cramdax(dev);

	return sysfs_emit(buf, "%ld\n", atomic_long_read(&cd->cram.evicted));
}
static DEVICE_ATTR_RO(evicted);

static ssize_t trimmed_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct cramdax *cd = to_cramdax(dev);

	return sysfs_emit(buf, "%ld\n", atomic_long_read(&cd->cram.trimmed));
}
static DEVICE_ATTR_RO(trimmed);

static PERSONALITY_STAT(placed, NODE_PRIVATE_PLACED);
static PERSONALITY_STAT(refused, NODE_PRIVATE_REFUSED);
static PERSONALITY_STAT(demoted, NODE_PRIVATE_DEMOTED);
static PERSONALITY_STAT(reclaimed, NODE_PRIVATE_RECLAIMED);
static PERSONALITY_STAT(write_promoted, NODE_PRIVATE_COPIED);
static PERSONALITY_STAT(scrubbed, NODE_PRIVATE_SCRUBBED);

static struct attribute *cramdax_stats_attrs[] = {
	&stat_placed.attr.attr,
	&stat_refused.attr.attr,
	&stat_demoted.attr.attr,
	&stat_reclaimed.attr.attr,
	&stat_write_promoted.attr.attr,
	&stat_scrubbed.attr.attr,
	&dev_attr_evicted.attr,
	&dev_attr_trimmed.attr,
	NULL
};

static const struct attribute_group cramdax_stats_group = {
	.name = "stats",
	.attrs = cramdax_stats_attrs,
};

static const struct attribute_group *cramdax_groups[] = {
	&personality_group,
	&cramdax_group,
	&cramdax_stats_group,
	NULL
};

static const struct personality_driver cramdax_personality = {
	.owner = "System RAM (cramdax)",
	.module = THIS_MODULE,
	.prepare = cramdax_prepare,
	.release = cramdax_release,
	.pressure = cramdax_pressure,
};

/* All that dax devices have, in their ranges */
static unsigned long device_size(struct dev_dax *dev_dax)
{
	unsigned long size = 0;
	int i;

	for (i = 0; i < dev_dax->nr_range; i++)
		size += range_len(&dev_dax->ranges[i].range);
	return size;
}

static int cramdax_probe(struct dev_dax *dev_dax)
{
	struct cramdax *cd;
	int rc;

	cd = kzalloc(sizeof(*cd), GFP_KERNEL);
	if (!cd)
		return -ENOMEM;

	cram_init(&cd->cram);
	cram_set_capacity(&cd->cram, device_size(dev_dax));
	strscpy(cd->algorithm, DEFAULT_ALGORITHM);
	rc = personality_init(&cd->p, dev_dax, &cramdax_personality,
			      NODE_PRIVATE_OPT_CRAM);
	if (rc)
		kfree(cd);
	return rc;
}

static void cramdax_remove(struct dev_dax *dev_dax)
{
	struct cramdax *cd = to_cramdax(&dev_dax->dev);

	if (personality_remove(&cd->p)) {
		/* What the device said in the last moment may have started it. */
		cancel_delayed_work_sync(&cd->cram.evict);
		kfree(cd);
		return;
	}
	/* What cannot be taken away stays; nothing is added to it. */
	cram_set_failed(&cd->cram, true);
	cram_set_trimmer(&cd->cram, NULL);
}

static struct dax_device_driver cramdax_driver = {
	.probe = cramdax_probe,
	.remove = cramdax_remove,
	.type = DAXDRV_BY_ID_TYPE,
	.drv = {
		.groups = personality_driver_groups,
		.dev_groups = cramdax_groups,
		.suppress_bind_attrs = true,
	},
};

static int __init cramdax_init(void)
{
	return dax_driver_register(&cramdax_driver);
}

static void __exit cramdax_exit(void)
{
	dax_driver_unregister(&cramdax_driver);
}

MODULE_DESCRIPTION("CRAM DAX: dax devices as compressed RAM");
MODULE_LICENSE("GPL");
module_init(cramdax_init);
module_exit(cramdax_exit);
