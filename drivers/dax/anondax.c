// SPDX-License-Identifier: GPL-2.0
/*
 * anondax: a dax device as a private memory node, with its policy in sysfs.
 *
 * The attributes are in Documentation/ABI/testing/sysfs-bus-dax-anondax, what a
 * private node is in Documentation/mm/private-nodes.rst.
 */
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/node_private.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "bus.h"
#include "personality.h"

/* Each opt-in is an attribute that carries its bit. */
static unsigned long opt_of(struct device_attribute *attr)
{
	return (unsigned long)container_of(attr, struct dev_ext_attribute,
					   attr)->var;
}

static ssize_t opt_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	struct personality *p = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", !!(personality_opts(p) & opt_of(attr)));
}

static ssize_t opt_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct personality *p = dev_get_drvdata(dev);
	unsigned long opt = opt_of(attr);
	u8 value;
	int rc;

	if (kstrtou8(buf, 0, &value) || value > 1) {
		dev_err(dev, "%s is 0 or 1\n", attr->attr.name);
		return -EINVAL;
	}

	rc = personality_change_opts(p, value ? opt : 0, value ? 0 : opt);
	if (rc == -EINVAL)
		dev_err(dev, "demotion needs reclaim: turn %s first\n",
			value ? "reclaim on" : "demotion off");
	return rc ? rc : len;
}

#define ANONDAX_OPT(_name, _opt)					\
	struct dev_ext_attribute opt_##_name = {			\
		__ATTR(_name, 0644, opt_show, opt_store), (void *)(_opt)	\
	}

static ANONDAX_OPT(reclaim, NODE_PRIVATE_OPT_RECLAIM);
static ANONDAX_OPT(demotion, NODE_PRIVATE_OPT_DEMOTION);
static ANONDAX_OPT(mbind, NODE_PRIVATE_OPT_MBIND);
static ANONDAX_OPT(interleave, NODE_PRIVATE_OPT_INTERLEAVE);
static ANONDAX_OPT(madvise, NODE_PRIVATE_OPT_MADVISE);
static ANONDAX_OPT(numa_balance, NODE_PRIVATE_OPT_NUMA_BALANCE);
static ANONDAX_OPT(ltpin, NODE_PRIVATE_OPT_LTPIN);

static struct attribute *anondax_attrs[] = {
	&opt_reclaim.attr.attr,
	&opt_demotion.attr.attr,
	&opt_mbind.attr.attr,
	&opt_interleave.attr.attr,
	&opt_madvise.attr.attr,
	&opt_numa_balance.attr.attr,
	&opt_ltpin.attr.attr,
	NULL
};

static const struct attribute_group anondax_group = {
	.attrs = anondax_attrs,
};

static PERSONALITY_STAT(placed, NODE_PRIVATE_PLACED);
static PERSONALITY_STAT(refused, NODE_PRIVATE_REFUSED);
static PERSONALITY_STAT(demoted, NODE_PRIVATE_DEMOTED);
static PERSONALITY_STAT(promoted, NODE_PRIVATE_PROMOTED);
static PERSONALITY_STAT(reclaimed, NODE_PRIVATE_RECLAIMED);

static struct attribute *anondax_stats_attrs[] = {
	&stat_placed.attr.attr,
	&stat_refused.attr.attr,
	&stat_demoted.attr.attr,
	&stat_promoted.attr.attr,
	&stat_reclaimed.attr.attr,
	NULL
};

static const struct attribute_group anondax_stats_group = {
	.name = "stats",
	.attrs = anondax_stats_attrs,
};

static const struct attribute_group *anondax_groups[] = {
	&personality_group,
	&anondax_group,
	&anondax_stats_group,
	NULL
};

static const struct personality_driver anondax_personality = {
	.owner = "System RAM (anondax)",
	.module = THIS_MODULE,
};

static int anondax_probe(struct dev_dax *dev_dax)
{
	struct personality *p;
	int rc;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;

	rc = personality_init(p, dev_dax, &anondax_personality, 0);
	if (rc)
		kfree(p);
	return rc;
}

static void anondax_remove(struct dev_dax *dev_dax)
{
	struct personality *p = dev_get_drvdata(&dev_dax->dev);

	if (personality_remove(p))
		kfree(p);
}

static struct dax_device_driver anondax_driver = {
	.probe = anondax_probe,
	.remove = anondax_remove,
	.type = DAXDRV_BY_ID_TYPE,
	.drv = {
		.groups = personality_driver_groups,
		.dev_groups = anondax_groups,
		.suppress_bind_attrs = true,
	},
};

static int __init anondax_init(void)
{
	return dax_driver_register(&anondax_driver);
}

static void __exit anondax_exit(void)
{
	dax_driver_unregister(&anondax_driver);
}

MODULE_DESCRIPTION("ANON DAX: dax devices as private memory nodes");
MODULE_LICENSE("GPL");
module_init(anondax_init);
module_exit(anondax_exit);
