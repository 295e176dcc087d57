/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Personalities: dax drivers that make a dax device into a private memory node.
 * This is what they share; see Documentation/mm/private-nodes.rst.
 */
#ifndef __DAX_PERSONALITY_H__
#define __DAX_PERSONALITY_H__

#include <linux/compiler.h>
#include <linux/dax.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "dax-private.h"

struct attribute_group;
struct cxl_signals;
struct memory_dev_type;
struct module;
struct personality;
struct private_memory;
struct resource;

enum personality_state {
	PERSONALITY_UNPLUGGED,
	PERSONALITY_ONLINE,	/* only written: the zone follows from the policy */
	PERSONALITY_ONLINE_KERNEL,
	PERSONALITY_ONLINE_MOVABLE,
};

/**
 * struct personality_driver - what a driver tells about itself; constant
 * @owner: "System RAM (driver)", the name of its memory in iomem.  The address
 *	stands for the driver towards the core, so it must be one per driver; it
 *	must stay while @module is pinned
 * @module: pinned while memory is plugged
 * @prepare: optional, called before memory is added, when its ranges are
 *	claimed.  May sleep and allocate, and complete what @mem tells the core;
 *	after an error nothing is plugged
 * @release: optional, undoes @prepare: after the memory is gone, or after a plug
 *	that failed later and was undone.  @mem of the device is still there.  Not
 *	called for memory that cannot be taken back
 * @pressure: optional, called when the device says that it is short of capacity
 *	or no longer is, plugged or not; without personality_lock, may sleep
 *
 * The others are called with personality_lock held.
 */
struct personality_driver {
	const char *owner;
	struct module *module;
	int (*prepare)(struct personality *p, struct private_memory *mem);
	void (*release)(struct personality *p);
	void (*pressure)(struct personality *p, bool degraded);
};

/**
 * struct personality - a dax device that is bound to such a driver
 * @dev_dax: the device; this struct is its drvdata
 * @driver: the driver
 * @plugged: entry in the list of plugged devices
 * @state: never PERSONALITY_ONLINE
 * @leaving: being unbound, cannot be plugged any more
 * @nid: node to plug to
 * @adistance: abstract distance of its memory
 * @opts: opt-ins while unplugged; those of the node are with the node
 * @type: memory type of the node while plugged
 * @mem: what is plugged, or what a failed plug could not take back, or NULL
 * @claimed: iomem resources, one for each range of @mem
 * @name: of @claimed; the device may go before them
 * @signals: what listens to the CXL devices behind it, or NULL
 *
 * A driver that has more to remember embeds it.
 */
struct personality {
	struct dev_dax *dev_dax;
	const struct personality_driver *driver;
	struct list_head plugged;
	enum personality_state state;
	bool leaving;
	int nid;
	int adistance;
	unsigned long opts;
	struct memory_dev_type *type;
	struct private_memory *mem;
	struct resource **claimed;
	const char *name;
	struct cxl_signals *signals;
};

/*
 * Protects everything in struct personality, and what a driver keeps beside it.
 * It is held while memory is moved away, so what user space only reads is read
 * without it, and who stores an attribute waits for it interruptibly.
 */
extern struct mutex personality_lock;

/* hotplug, state, adistance and node; unbind, for the driver */
extern const struct attribute_group personality_group;
extern const struct attribute_group *personality_driver_groups[];

/* A counter of the node, as an attribute that carries its number */
ssize_t personality_stat_show(struct device *dev, struct device_attribute *attr,
			      char *buf);

#define PERSONALITY_STAT(_name, _stat)					\
	struct dev_ext_attribute stat_##_name = {			\
		__ATTR(_name, 0444, personality_stat_show, NULL),	\
		(void *)(_stat)						\
	}

static inline struct device *personality_dev(struct personality *p)
{
	return &p->dev_dax->dev;
}

/* What a failed plug left behind is not plugged, but see @mem. */
static inline bool personality_is_plugged(struct personality *p)
{
	return READ_ONCE(p->state) != PERSONALITY_UNPLUGGED;
}

int personality_init(struct personality *p, struct dev_dax *dev_dax,
		     const struct personality_driver *driver,
		     unsigned long opts);
bool personality_remove(struct personality *p);
unsigned long personality_opts(struct personality *p);
int personality_change_opts(struct personality *p, unsigned long set,
			    unsigned long clear);
int personality_check_unplugged(struct personality *p);

#endif /* __DAX_PERSONALITY_H__ */
