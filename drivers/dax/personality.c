// SPDX-License-Identifier: GPL-2.0
/*
 * What the dax drivers share that make a dax device into a private memory node:
 * plugging and unplugging it as a whole, and the attributes for that.
 *
 * The attributes are in Documentation/ABI/testing/sysfs-bus-dax-anondax, what a
 * private node is in Documentation/mm/private-nodes.rst.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory-tiers.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/node_private.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "cxl_signals.h"
#include "personality.h"

/* Where the memory stands if neither firmware nor admin says: as with kmem */
#define DEFAULT_ADISTANCE	(MEMTIER_ADISTANCE_DRAM * 5)

static const char * const state_words[] = {
	[PERSONALITY_UNPLUGGED] = "unplugged",
	[PERSONALITY_ONLINE] = "online",
	[PERSONALITY_ONLINE_KERNEL] = "online_kernel",
	[PERSONALITY_ONLINE_MOVABLE] = "online_movable",
};

/* See personality.h; the lists are under it, too. */
DEFINE_MUTEX(personality_lock);
EXPORT_SYMBOL_GPL(personality_lock);

static LIST_HEAD(plugged_devices);
static LIST_HEAD(memory_types);

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
static int describe_memory(struct personality *p, enum personality_state state)
{
	struct dev_dax *dev_dax = p->dev_dax;
	struct private_memory *mem;
	int i;

	mem = kzalloc(struct_size(mem, ranges, dev_dax->nr_range), GFP_KERNEL);
	if (!mem)
		return -ENOMEM;

	mem->nid = p->nid;
	mem->owner = p->driver->owner;
	mem->opts = p->opts;
	mem->name = p->driver->owner;
	mem->online_type = state == PERSONALITY_ONLINE_KERNEL ?
				   MMOP_ONLINE_KERNEL : MMOP_ONLINE_MOVABLE;
	p->mem = mem;
	for (i = 0; i < dev_dax->nr_range; i++)
		take_range(mem, dev_dax, i);
	if (mem->nr_ranges)
		return 0;

	dev_err(personality_dev(p), "no memory after alignment to memory blocks of %#lx\n",
		memory_block_size_bytes());
	return -EINVAL;
}

static void release_claims(struct personality *p)
{
	unsigned int i;

	for (i = 0; p->claimed && i < p->mem->nr_ranges; i++) {
		if (!p->claimed[i])
			continue;
		remove_resource(p->claimed[i]);
		kfree(p->claimed[i]);
	}
	kfree(p->claimed);
	kfree(p->name);
	p->claimed = NULL;
	p->name = NULL;
}

static int claim_ranges(struct personality *p)
{
	struct private_memory *mem = p->mem;
	unsigned int i;

	p->claimed = kcalloc(mem->nr_ranges, sizeof(*p->claimed), GFP_KERNEL);
	p->name = kstrdup(dev_name(personality_dev(p)), GFP_KERNEL);
	if (!p->claimed || !p->name)
		return -ENOMEM;

	for (i = 0; i < mem->nr_ranges; i++) {
		struct resource *res;

		res = request_mem_region(mem->ranges[i].start,
					 range_len(&mem->ranges[i]), p->name);
		if (!res) {
			dev_err(personality_dev(p), "%#llx-%#llx is in use\n",
				mem->ranges[i].start, mem->ranges[i].end);
			return -EBUSY;
		}
		/* Not busy: the memory added becomes a child of it. */
		res->flags = IORESOURCE_SYSTEM_RAM;
		p->claimed[i] = res;
	}
	return 0;
}

static void forget_memory(struct personality *p)
{
	if (p->mem)
		release_claims(p);
	kfree(p->mem);
	p->mem = NULL;
}

/* Devices that share a node are of one memory type, and of one driver. */
static int check_adistance(struct personality *p)
{
	struct personality *other;

	list_for_each_entry(other, &plugged_devices, plugged) {
		if (other->driver != p->driver || other->nid != p->nid ||
		    other->adistance == p->adistance)
			continue;
		dev_err(personality_dev(p), "node %d is shared with %s, which has adistance %d\n",
			p->nid, dev_name(personality_dev(other)), other->adistance);
		return -EBUSY;
	}
	return 0;
}

static int add_memory_type(struct personality *p)
{
	p->type = mt_find_alloc_memory_type(p->adistance, &memory_types);
	if (IS_ERR(p->type))
		return PTR_ERR(p->type);
	init_node_memory_type(p->nid, p->type);
	return 0;
}

static int add_with_type(struct personality *p)
{
	int rc;

	rc = add_memory_type(p);
	if (rc)
		return rc;
	rc = add_private_memory_driver_managed(p->mem);
	if (rc && rc != -EUCLEAN)
		clear_node_memory_type(p->nid, p->type);
	return rc;
}

static int prepare(struct personality *p)
{
	return p->driver->prepare ? p->driver->prepare(p, p->mem) : 0;
}

static void release(struct personality *p)
{
	if (p->driver->release)
		p->driver->release(p);
}

static int add_described(struct personality *p)
{
	int rc;

	rc = claim_ranges(p);
	if (rc)
		return rc;
	rc = cxl_signals_use(p, true);
	if (rc)
		return rc;
	rc = prepare(p);
	if (rc) {
		cxl_signals_use(p, false);
		return rc;
	}
	rc = add_with_type(p);
	if (rc && rc != -EUCLEAN) {
		cxl_signals_use(p, false);
		release(p);
	}
	return rc;
}

static int check_plug(struct personality *p)
{
	if (p->nid < 0 || p->nid >= MAX_NUMNODES || !node_possible(p->nid)) {
		dev_err(personality_dev(p), "no node for the memory: write its id to the attribute node\n");
		return -EINVAL;
	}
	if (p->mem) {
		dev_err(personality_dev(p), "has memory of a failed plug: unplug it first\n");
		return -EUCLEAN;
	}
	return check_adistance(p);
}

static int plug(struct personality *p, enum personality_state state)
{
	struct device *dev = personality_dev(p);
	int rc;

	rc = check_plug(p);
	if (rc)
		return rc;

	/* Memory that is plugged must not outlive the driver. */
	if (!try_module_get(p->driver->module))
		return -ENODEV;

	rc = describe_memory(p, state);
	if (!rc)
		rc = add_described(p);
	if (!rc) {
		list_add(&p->plugged, &plugged_devices);
		WRITE_ONCE(p->state, state);
		return 0;
	}

	dev_err(dev, "not plugged to node %d: error %d\n", p->nid, rc);
	if (rc != -EUCLEAN) {
		forget_memory(p);
		module_put(p->driver->module);
	}
	return rc;
}

static int unplug(struct personality *p)
{
	unsigned long opts = node_private_opts(p->nid);
	int rc;

	rc = offline_and_remove_private_memory(p->mem);
	if (rc) {
		dev_err(personality_dev(p), "memory is in use, nothing was unplugged: error %d\n",
			rc);
		return rc;
	}

	clear_node_memory_type(p->nid, p->type);
	release(p);
	forget_memory(p);
	WRITE_ONCE(p->opts, opts);
	cxl_signals_use(p, false);
	list_del_init(&p->plugged);
	WRITE_ONCE(p->state, PERSONALITY_UNPLUGGED);
	module_put(p->driver->module);
	return 0;
}

/* ZONE_MOVABLE cannot be pinned for long, whatever the opt-in says. */
static enum personality_state default_zone(struct personality *p)
{
	return p->opts & NODE_PRIVATE_OPT_LTPIN ? PERSONALITY_ONLINE_KERNEL :
						  PERSONALITY_ONLINE_MOVABLE;
}

static int change_state(struct personality *p, enum personality_state to)
{
	if (to == PERSONALITY_UNPLUGGED)
		return p->mem ? unplug(p) : 0;
	if (p->state == to ||
	    (personality_is_plugged(p) && to == PERSONALITY_ONLINE))
		return 0;
	if (personality_is_plugged(p)) {
		dev_err(personality_dev(p), "is %s: unplug it to change the zone\n",
			state_words[p->state]);
		return -EBUSY;
	}
	if (p->leaving)
		return -ENODEV;
	return plug(p, to == PERSONALITY_ONLINE ? default_zone(p) : to);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct personality *p = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", state_words[READ_ONCE(p->state)]);
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct personality *p = dev_get_drvdata(dev);
	int to, rc;

	to = sysfs_match_string(state_words, buf);
	if (to < 0) {
		dev_err(dev, "no such state: unplugged, online, online_kernel or online_movable\n");
		return to;
	}

	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = change_state(p, to);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(state);
static struct device_attribute dev_attr_hotplug =
	__ATTR(hotplug, 0644, state_show, state_store);

/**
 * personality_check_unplugged - may be changed what holds from the next plug on?
 * @p: the device
 *
 * Says so in the log if not.
 *
 * Context: Process context.  Call with personality_lock held.
 * Return: 0, or -EBUSY if it is plugged, or has memory of a failed plug.
 */
int personality_check_unplugged(struct personality *p)
{
	if (!p->mem)
		return 0;

	dev_err(personality_dev(p), "is plugged: unplug it to change this\n");
	return -EBUSY;
}
EXPORT_SYMBOL_GPL(personality_check_unplugged);

/* Store a number that counts from the next plug on. */
static int store_unplugged(struct personality *p, int *where, int value)
{
	int rc;

	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock) {
		rc = personality_check_unplugged(p);
		if (!rc)
			WRITE_ONCE(*where, value);
	}
	return rc;
}

static ssize_t adistance_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct personality *p = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(p->adistance));
}

static ssize_t adistance_store(struct device *dev,
			       struct device_attribute *attr,
			       const char *buf, size_t len)
{
	struct personality *p = dev_get_drvdata(dev);
	int adistance, rc;

	/* A tier is a chunk of distances, and its end must be a number too. */
	if (kstrtoint(buf, 0, &adistance) || adistance <= 0 ||
	    adistance > INT_MAX - MEMTIER_CHUNK_SIZE) {
		dev_err(dev, "not an abstract distance: a number above 0\n");
		return -EINVAL;
	}

	rc = store_unplugged(p, &p->adistance, adistance);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(adistance);

static ssize_t node_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct personality *p = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(p->nid));
}

static ssize_t node_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct personality *p = dev_get_drvdata(dev);
	int nid, rc;

	if (kstrtoint(buf, 0, &nid) || nid < 0 || nid >= MAX_NUMNODES ||
	    !node_possible(nid)) {
		dev_err(dev, "that is not a possible node; private_nodes= on the command line sets ids aside\n");
		return -EINVAL;
	}

	rc = store_unplugged(p, &p->nid, nid);
	return rc ? rc : len;
}
static DEVICE_ATTR_RW(node);

ssize_t personality_stat_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct dev_ext_attribute *stat =
		container_of(attr, struct dev_ext_attribute, attr);
	struct personality *p = dev_get_drvdata(dev);
	unsigned long nr = 0;

	if (personality_is_plugged(p))
		nr = node_private_stat(p->nid, (uintptr_t)stat->var);
	return sysfs_emit(buf, "%lu\n", nr);
}
EXPORT_SYMBOL_GPL(personality_stat_show);

static struct attribute *personality_attrs[] = {
	&dev_attr_hotplug.attr,
	&dev_attr_state.attr,
	&dev_attr_adistance.attr,
	&dev_attr_node.attr,
	NULL
};

const struct attribute_group personality_group = {
	.attrs = personality_attrs,
};
EXPORT_SYMBOL_GPL(personality_group);

/**
 * personality_opts - the opt-ins of a device
 * @p: the device
 *
 * Context: any, with or without personality_lock.
 * Return: NODE_PRIVATE_OPT_*: those of the node while plugged, else those that
 * it is going to be plugged with.
 */
unsigned long personality_opts(struct personality *p)
{
	return personality_is_plugged(p) ? node_private_opts(p->nid) :
					   READ_ONCE(p->opts);
}
EXPORT_SYMBOL_GPL(personality_opts);

static int change_opts(struct personality *p, unsigned long opts)
{
	int rc = node_private_check_opts(opts);

	if (rc)
		return rc;
	if (personality_is_plugged(p))
		return node_private_set_opts(p->nid, p->driver->owner, opts);
	WRITE_ONCE(p->opts, opts);
	return 0;
}

/**
 * personality_change_opts - change opt-ins of a device, plugged or not
 * @p: the device
 * @set: NODE_PRIVATE_OPT_* to turn on
 * @clear: those to turn off
 *
 * While plugged they are those of the node, and of all devices on it.
 *
 * Context: Process context.  Takes personality_lock and device_hotplug_lock,
 * sleeps; a signal ends the wait.
 * Return: 0; -EINVAL if the result does not go together, see
 * node_private_check_opts(); -EINTR.
 */
int personality_change_opts(struct personality *p, unsigned long set,
			    unsigned long clear)
{
	int rc;

	scoped_cond_guard(mutex_intr, return -EINTR, &personality_lock)
		rc = change_opts(p, (personality_opts(p) | set) & ~clear);
	return rc;
}
EXPORT_SYMBOL_GPL(personality_change_opts);

/**
 * personality_init - begin the life of a device with a driver
 * @p: the device, whatever it contains
 * @dev_dax: its dax device
 * @driver: the driver
 * @opts: NODE_PRIVATE_OPT_* to begin with, which must go together
 *
 * Sets the drvdata of @dev_dax to @p.  The node is the target_node; the distance
 * what firmware tells of it, or that of kmem.
 *
 * Context: Process context, the driver's probe.
 * Return: 0 or -ENOMEM.
 */
int personality_init(struct personality *p, struct dev_dax *dev_dax,
		     const struct personality_driver *driver,
		     unsigned long opts)
{
	*p = (struct personality) {
		.dev_dax = dev_dax,
		.driver = driver,
		.plugged = LIST_HEAD_INIT(p->plugged),
		.nid = dev_dax->target_node,
		.adistance = DEFAULT_ADISTANCE,
		.opts = opts,
	};
	mt_calc_adistance(p->nid, &p->adistance);
	dev_set_drvdata(&dev_dax->dev, p);
	return cxl_signals_attach(p);
}
EXPORT_SYMBOL_GPL(personality_init);

/* Nobody is left who could close the node: it takes no more, unless others do. */
static void abandon_memory(struct personality *p)
{
	struct personality *other;

	dev_err(personality_dev(p), "gone with its memory plugged: node %d keeps it until the next boot\n",
		p->nid);
	list_del_init(&p->plugged);
	list_for_each_entry(other, &plugged_devices, plugged)
		if (other->nid == p->nid)
			return;
	node_private_set_opts(p->nid, p->driver->owner, 0);
}

/* The device goes in any case: nothing but a kill ends the attempt. */
static int unplug_for_good(struct personality *p)
{
	sigset_t most, old;
	int rc;

	sigfillset(&most);
	sigdelset(&most, SIGKILL);
	sigprocmask(SIG_BLOCK, &most, &old);
	rc = unplug(p);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/**
 * personality_remove - end the life of a device with its driver
 * @p: the device
 *
 * Finds memory plugged only if the device itself goes away, since unbind_store()
 * refuses and the module is pinned.  If the memory cannot be moved then, it
 * stays, and stays private, until the next boot.
 *
 * Context: Process context, the driver's remove.  Takes personality_lock and
 * device_hotplug_lock, sleeps.
 * Return: true if @p may be freed, false if memory stays, which needs it.
 */
bool personality_remove(struct personality *p)
{
	bool stays;

	guard(mutex)(&personality_lock);
	stays = p->mem && unplug_for_good(p);
	cxl_signals_detach(p, stays);
	if (stays)
		abandon_memory(p);
	else
		dev_set_drvdata(personality_dev(p), NULL);
	return !stays;
}
EXPORT_SYMBOL_GPL(personality_remove);

static int prepare_unbind(struct device *dev)
{
	struct personality *p = dev_get_drvdata(dev);
	int rc = 0;

	guard(mutex)(&personality_lock);
	if (p->mem)
		rc = unplug(p);
	p->leaving = !rc;
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

static struct attribute *personality_driver_attrs[] = {
	&driver_attr_unbind.attr,
	NULL
};

static const struct attribute_group personality_driver_group = {
	.attrs = personality_driver_attrs,
};

const struct attribute_group *personality_driver_groups[] = {
	&personality_driver_group,
	NULL
};
EXPORT_SYMBOL_GPL(personality_driver_groups);

static void __exit personality_exit(void)
{
	mt_put_memory_types(&memory_types);
}

MODULE_DESCRIPTION("DAX personality: what makers of private memory nodes share");
MODULE_LICENSE("GPL");
module_exit(personality_exit);
