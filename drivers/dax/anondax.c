// SPDX-License-Identifier: GPL-2.0
/*
 * anondax: a dax device as a private memory node, with its policy in sysfs.
 *
 * The attributes are in Documentation/ABI/testing/sysfs-bus-dax-anondax, what a
 * private node is in Documentation/mm/private-nodes.rst.
 */
#include <linux/cleanup.h>
#include <linux/dax.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory-tiers.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/node_private.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "bus.h"
#include "dax-private.h"

/* Where the memory stands if neither firmware nor admin says: as with kmem */
#define ANONDAX_DEFAULT_ADISTANCE	(MEMTIER_ADISTANCE_DRAM * 5)

enum anondax_state {
	UNPLUGGED,
	ONLINE,			/* only written: the zone follows from the policy */
	ONLINE_KERNEL,
	ONLINE_MOVABLE,
};

static const char * const state_words[] = {
	[UNPLUGGED] = "unplugged",
	[ONLINE] = "online",
	[ONLINE_KERNEL] = "online_kernel",
	[ONLINE_MOVABLE] = "online_movable",
};

/**
 * struct anondax - a dax device that is bound to this driver
 * @dev_dax: the device
 * @plugged: entry in plugged_devices
 * @state: never ONLINE
 * @leaving: being unbound, cannot be plugged any more
 * @nid: node to plug to
 * @adistance: abstract distance of its memory
 * @opts: opt-ins while unplugged; those of the node are with the node
 * @type: memory type of the node while plugged
 * @mem: what is plugged, or what a failed plug could not take back, or NULL
 * @claimed: iomem resources, one for each range of @mem
 * @name: of @claimed; the device may go before them
 */
struct anondax {
	struct dev_dax *dev_dax;
	struct list_head plugged;
	enum anondax_state state;
	bool leaving;
	int nid;
	int adistance;
	unsigned long opts;
	struct memory_dev_type *type;
	struct private_memory *mem;
	struct resource **claimed;
	const char *name;
};

/*
 * Protects everything in struct anondax, and the lists.  It is held while memory
 * is moved away, so what user space only reads is read without it.
 */
static DEFINE_MUTEX(anondax_lock);
static LIST_HEAD(plugged_devices);
static LIST_HEAD(memory_types);

/* The address stands for the driver towards the core. */
static const char anondax_owner[] = "System RAM (anondax)";

static struct device *anondax_dev(struct anondax *ad)
{
	return &ad->dev_dax->dev;
}

/* The whole memory blocks in a range of the device */
static struct range block_range(const struct dev_dax_range *dax_range)
{
	unsigned long block = memory_block_size_bytes();

	return (struct range) {
		.start = ALIGN(dax_range->range.start, block),
		.end = ALIGN_DOWN(dax_range->range.end + 1, block) - 1,
	};
}

static bool range_is_empty(const struct range *range)
{
	return range->start >= range->end;
}

/* Add to @mem what mapping @i of the device has in whole memory blocks. */
static void take_range(struct private_memory *mem, struct dev_dax *dev_dax, int i)
{
	struct dev_dax_range *dax_range = &dev_dax->ranges[i];
	struct range range = block_range(dax_range);
	struct device *dev = &dev_dax->dev;

	if (range_is_empty(&range)) {
		dev_info(dev, "mapping%d: %#llx-%#llx too small after alignment to memory blocks of %#lx\n",
			 i, dax_range->range.start, dax_range->range.end,
			 memory_block_size_bytes());
		return;
	}
	if (range_len(&range) != range_len(&dax_range->range))
		dev_info(dev, "mapping%d: uses %#llx-%#llx of %#llx-%#llx\n", i,
			 range.start, range.end, dax_range->range.start,
			 dax_range->range.end);
	mem->nr_ranges++;
	mem->ranges[mem->nr_ranges - 1] = range;
}

/* Describe to the core what the device has. */
static int describe_memory(struct anondax *ad, enum anondax_state state)
{
	struct dev_dax *dev_dax = ad->dev_dax;
	struct private_memory *mem;
	int i;

	mem = kzalloc(struct_size(mem, ranges, dev_dax->nr_range), GFP_KERNEL);
	if (!mem)
		return -ENOMEM;

	mem->nid = ad->nid;
	mem->owner = anondax_owner;
	mem->opts = ad->opts;
	mem->name = anondax_owner;
	mem->online_type = state == ONLINE_KERNEL ? MMOP_ONLINE_KERNEL :
						    MMOP_ONLINE_MOVABLE;
	ad->mem = mem;
	for (i = 0; i < dev_dax->nr_range; i++)
		take_range(mem, dev_dax, i);
	if (mem->nr_ranges)
		return 0;

	dev_err(anondax_dev(ad), "no memory after alignment to memory blocks of %#lx\n",
		memory_block_size_bytes());
	return -EINVAL;
}

static void release_claims(struct anondax *ad)
{
	unsigned int i;

	for (i = 0; ad->claimed && i < ad->mem->nr_ranges; i++) {
		if (!ad->claimed[i])
			continue;
		remove_resource(ad->claimed[i]);
		kfree(ad->claimed[i]);
	}
	kfree(ad->claimed);
	kfree(ad->name);
	ad->claimed = NULL;
	ad->name = NULL;
}

static int claim_ranges(struct anondax *ad)
{
	struct private_memory *mem = ad->mem;
	unsigned int i;

	ad->claimed = kcalloc(mem->nr_ranges, sizeof(*ad->claimed), GFP_KERNEL);
	ad->name = kstrdup(dev_name(anondax_dev(ad)), GFP_KERNEL);
	if (!ad->claimed || !ad->name)
		return -ENOMEM;

	for (i = 0; i < mem->nr_ranges; i++) {
		struct resource *res;

		res = request_mem_region(mem->ranges[i].start,
					 range_len(&mem->ranges[i]), ad->name);
		if (!res) {
			dev_err(anondax_dev(ad), "%#llx-%#llx is in use\n",
				mem->ranges[i].start, mem->ranges[i].end);
			return -EBUSY;
		}
		/* Not busy: the memory added becomes a child of it. */
		res->flags = IORESOURCE_SYSTEM_RAM;
		ad->claimed[i] = res;
	}
	return 0;
}

static void forget_memory(struct anondax *ad)
{
	if (ad->mem)
		release_claims(ad);
	kfree(ad->mem);
	ad->mem = NULL;
}

/* Devices that share a node are of one memory type. */
static int check_adistance(struct anondax *ad)
{
	struct anondax *other;

	list_for_each_entry(other, &plugged_devices, plugged) {
		if (other->nid != ad->nid || other->adistance == ad->adistance)
			continue;
		dev_err(anondax_dev(ad), "node %d is shared with %s, which has adistance %d\n",
			ad->nid, dev_name(anondax_dev(other)), other->adistance);
		return -EBUSY;
	}
	return 0;
}

static int add_memory_type(struct anondax *ad)
{
	ad->type = mt_find_alloc_memory_type(ad->adistance, &memory_types);
	if (IS_ERR(ad->type))
		return PTR_ERR(ad->type);
	init_node_memory_type(ad->nid, ad->type);
	return 0;
}

static int add_described(struct anondax *ad)
{
	int rc;

	rc = claim_ranges(ad);
	if (rc)
		return rc;
	rc = add_memory_type(ad);
	if (rc)
		return rc;
	rc = add_private_memory_driver_managed(ad->mem);
	if (rc && rc != -EUCLEAN)
		clear_node_memory_type(ad->nid, ad->type);
	return rc;
}

static int check_plug(struct anondax *ad)
{
	if (ad->nid < 0 || ad->nid >= MAX_NUMNODES || !node_possible(ad->nid)) {
		dev_err(anondax_dev(ad), "no node for the memory: write its id to the attribute node\n");
		return -EINVAL;
	}
	if (ad->mem) {
		dev_err(anondax_dev(ad), "has memory of a failed plug: unplug it first\n");
		return -EUCLEAN;
	}
	return check_adistance(ad);
}

static int plug(struct anondax *ad, enum anondax_state state)
{
	struct device *dev = anondax_dev(ad);
	int rc;

	rc = check_plug(ad);
	if (rc)
		return rc;

	/* Memory that is plugged must not outlive the module. */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;

	rc = describe_memory(ad, state);
	if (!rc)
		rc = add_described(ad);
	if (!rc) {
		list_add(&ad->plugged, &plugged_devices);
		WRITE_ONCE(ad->state, state);
		return 0;
	}

	dev_err(dev, "not plugged to node %d: error %d\n", ad->nid, rc);
	if (rc != -EUCLEAN) {
		forget_memory(ad);
		module_put(THIS_MODULE);
	}
	return rc;
}

static int unplug(struct anondax *ad)
{
	unsigned long opts = node_private_opts(ad->nid);
	int rc;

	rc = offline_and_remove_private_memory(ad->mem);
	if (rc) {
		dev_err(anondax_dev(ad), "memory is in use, nothing was unplugged: error %d\n",
			rc);
		return rc;
	}

	clear_node_memory_type(ad->nid, ad->type);
	forget_memory(ad);
	WRITE_ONCE(ad->opts, opts);
	list_del_init(&ad->plugged);
	WRITE_ONCE(ad->state, UNPLUGGED);
	module_put(THIS_MODULE);
	return 0;
}

/* ZONE_MOVABLE cannot be pinned for long, whatever the opt-in says. */
static enum anondax_state default_zone(struct anondax *ad)
{
	return ad->opts & NODE_PRIVATE_OPT_LTPIN ? ONLINE_KERNEL :
						   ONLINE_MOVABLE;
}

static int change_state(struct anondax *ad, enum anondax_state to)
{
	if (to == UNPLUGGED)
		return ad->mem ? unplug(ad) : 0;
	if (ad->state == to || (ad->state != UNPLUGGED && to == ONLINE))
		return 0;
	if (ad->state != UNPLUGGED) {
		dev_err(anondax_dev(ad), "is %s: unplug it to change the zone\n",
			state_words[ad->state]);
		return -EBUSY;
	}
	if (ad->leaving)
		return -ENODEV;
	return plug(ad, to == ONLINE ? default_zone(ad) : to);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct anondax *ad = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", state_words[READ_ONCE(ad->state)]);
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct anondax *ad = dev_get_drvdata(dev);
	int to, rc;

	to = sysfs_match_string(state_words, buf);
	if (to < 0) {
		dev_err(dev, "no such state: unplugged, online, online_kernel or online_movable\n");
		return to;
	}

	rc = mutex_lock_interruptible(&anondax_lock);
	if (rc)
		return rc;
	rc = change_state(ad, to);
	mutex_unlock(&anondax_lock);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(state);
static struct device_attribute dev_attr_hotplug =
	__ATTR(hotplug, 0644, state_show, state_store);

/* Store a number that counts from the next plug on. */
static int store_unplugged(struct anondax *ad, int *where, int value)
{
	int rc = mutex_lock_interruptible(&anondax_lock);

	if (rc)
		return rc;
	if (ad->mem) {
		dev_err(anondax_dev(ad), "is plugged: unplug it to change this\n");
		rc = -EBUSY;
	} else {
		WRITE_ONCE(*where, value);
	}
	mutex_unlock(&anondax_lock);
	return rc;
}

static ssize_t adistance_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct anondax *ad = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(ad->adistance));
}

static ssize_t adistance_store(struct device *dev,
			       struct device_attribute *attr,
			       const char *buf, size_t len)
{
	struct anondax *ad = dev_get_drvdata(dev);
	int adistance, rc;

	/* A tier is a chunk of distances, and its end must be a number too. */
	if (kstrtoint(buf, 0, &adistance) || adistance <= 0 ||
	    adistance > INT_MAX - MEMTIER_CHUNK_SIZE) {
		dev_err(dev, "not an abstract distance: a number above 0\n");
		return -EINVAL;
	}

	rc = store_unplugged(ad, &ad->adistance, adistance);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(adistance);

static ssize_t node_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct anondax *ad = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(ad->nid));
}

static ssize_t node_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct anondax *ad = dev_get_drvdata(dev);
	int nid, rc;

	if (kstrtoint(buf, 0, &nid) || nid < 0 || nid >= MAX_NUMNODES ||
	    !node_possible(nid)) {
		dev_err(dev, "that is not a possible node; private_nodes= on the command line sets ids aside\n");
		return -EINVAL;
	}

	rc = store_unplugged(ad, &ad->nid, nid);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(node);

/* Each opt-in is an attribute that carries its bit. */
static unsigned long opt_of(struct device_attribute *attr)
{
	return (unsigned long)container_of(attr, struct dev_ext_attribute,
					   attr)->var;
}

static ssize_t opt_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	struct anondax *ad = dev_get_drvdata(dev);
	unsigned long opts = READ_ONCE(ad->opts);

	if (READ_ONCE(ad->state) != UNPLUGGED)
		opts = node_private_opts(ad->nid);
	return sysfs_emit(buf, "%d\n", !!(opts & opt_of(attr)));
}

static int change_opts(struct anondax *ad, unsigned long set,
		       unsigned long clear)
{
	bool plugged = ad->state != UNPLUGGED;
	unsigned long opts = plugged ? node_private_opts(ad->nid) : ad->opts;
	int rc;

	opts = (opts | set) & ~clear;
	rc = node_private_check_opts(opts);
	if (rc) {
		dev_err(anondax_dev(ad), "demotion needs reclaim: turn %s first\n",
			set ? "reclaim on" : "demotion off");
		return rc;
	}
	if (plugged)
		return node_private_set_opts(ad->nid, anondax_owner, opts);
	WRITE_ONCE(ad->opts, opts);
	return 0;
}

static ssize_t opt_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct anondax *ad = dev_get_drvdata(dev);
	unsigned long opt = opt_of(attr);
	u8 value;
	int rc;

	if (kstrtou8(buf, 0, &value) || value > 1) {
		dev_err(dev, "%s is 0 or 1\n", attr->attr.name);
		return -EINVAL;
	}

	rc = mutex_lock_interruptible(&anondax_lock);
	if (rc)
		return rc;
	rc = change_opts(ad, value ? opt : 0, value ? 0 : opt);
	mutex_unlock(&anondax_lock);
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

/* Each counter is an attribute that carries its number. */
static ssize_t stat_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct dev_ext_attribute *stat =
		container_of(attr, struct dev_ext_attribute, attr);
	struct anondax *ad = dev_get_drvdata(dev);
	unsigned long nr = 0;

	if (READ_ONCE(ad->state) != UNPLUGGED)
		nr = node_private_stat(ad->nid, (uintptr_t)stat->var);
	return sysfs_emit(buf, "%lu\n", nr);
}

#define ANONDAX_STAT(_name, _stat)					\
	struct dev_ext_attribute stat_##_name = {			\
		__ATTR(_name, 0444, stat_show, NULL), (void *)(_stat)	\
	}

static ANONDAX_STAT(placed, NODE_PRIVATE_PLACED);
static ANONDAX_STAT(refused, NODE_PRIVATE_REFUSED);
static ANONDAX_STAT(demoted, NODE_PRIVATE_DEMOTED);
static ANONDAX_STAT(promoted, NODE_PRIVATE_PROMOTED);
static ANONDAX_STAT(reclaimed, NODE_PRIVATE_RECLAIMED);

static struct attribute *anondax_attrs[] = {
	&dev_attr_hotplug.attr,
	&dev_attr_state.attr,
	&dev_attr_adistance.attr,
	&dev_attr_node.attr,
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
	&anondax_group,
	&anondax_stats_group,
	NULL
};

static int anondax_probe(struct dev_dax *dev_dax)
{
	struct anondax *ad;

	ad = kzalloc(sizeof(*ad), GFP_KERNEL);
	if (!ad)
		return -ENOMEM;

	ad->dev_dax = dev_dax;
	INIT_LIST_HEAD(&ad->plugged);
	ad->nid = dev_dax->target_node;
	ad->adistance = ANONDAX_DEFAULT_ADISTANCE;
	mt_calc_adistance(ad->nid, &ad->adistance);
	dev_set_drvdata(&dev_dax->dev, ad);
	return 0;
}

/* Nobody is left who could close the node: it takes no more, unless others do. */
static void abandon_memory(struct anondax *ad)
{
	struct anondax *other;

	dev_err(anondax_dev(ad), "gone with its memory plugged: node %d keeps it until the next boot\n",
		ad->nid);
	list_del_init(&ad->plugged);
	list_for_each_entry(other, &plugged_devices, plugged)
		if (other->nid == ad->nid)
			return;
	node_private_set_opts(ad->nid, anondax_owner, 0);
}

/*
 * Reached with memory plugged only if the device itself goes away, since
 * unbind_store() refuses and the module is pinned.  If the memory cannot be
 * moved then, it stays, and stays private, until the next boot.
 */
static void anondax_remove(struct dev_dax *dev_dax)
{
	struct anondax *ad = dev_get_drvdata(&dev_dax->dev);

	guard(mutex)(&anondax_lock);
	if (ad->mem && unplug(ad)) {
		abandon_memory(ad);
		return;
	}
	dev_set_drvdata(&dev_dax->dev, NULL);
	kfree(ad);
}

static int prepare_unbind(struct device *dev)
{
	struct anondax *ad = dev_get_drvdata(dev);
	int rc = 0;

	guard(mutex)(&anondax_lock);
	if (ad->mem)
		rc = unplug(ad);
	ad->leaving = !rc;
	return rc;
}

/*
 * The driver core has no way for a driver to refuse: its own unbind file would
 * end with memory in use that belongs to nobody.
 */
static ssize_t unbind_store(struct device_driver *drv, const char *buf,
			    size_t len)
{
	struct device *dev = bus_find_device_by_name(drv->bus, NULL, buf);
	int rc = -ENODEV;

	if (!dev)
		return rc;

	device_lock(dev);
	if (dev->driver == drv)
		rc = prepare_unbind(dev);
	device_unlock(dev);
	if (!rc)
		device_release_driver(dev);
	put_device(dev);
	return rc ? rc : len;
}
static DRIVER_ATTR_WO(unbind);

static struct attribute *anondax_driver_attrs[] = {
	&driver_attr_unbind.attr,
	NULL
};
ATTRIBUTE_GROUPS(anondax_driver);

static struct dax_device_driver anondax_driver = {
	.probe = anondax_probe,
	.remove = anondax_remove,
	.type = DAXDRV_BY_ID_TYPE,
	.drv = {
		.groups = anondax_driver_groups,
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
	mt_put_memory_types(&memory_types);
}

MODULE_DESCRIPTION("ANON DAX: dax devices as private memory nodes");
MODULE_LICENSE("GPL");
module_init(anondax_init);
module_exit(anondax_exit);
