// SPDX-License-Identifier: GPL-2.0
/*
 * Private memory nodes: who owns a node, what it opted in to, and how the
 * memory of a device is plugged and unplugged as a whole.
 *
 * What keeps the rest of the kernel away from the memory is not in here: it is
 * that the node is not in N_MEMORY, see build_zonelists().  For the design see
 * Documentation/mm/private-nodes.rst.
 */
#define pr_fmt(fmt) "node_private: " fmt

#include <kunit/visibility.h>
#include <linux/cpumask.h>
#include <linux/cram.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/memory-tiers.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/node_private.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/topology.h>
#include <linux/compaction.h>	/* needs the others before */

#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/node_private.h>

struct node_private_counters {
	unsigned long nr[NR_NODE_PRIVATE_STATS];
};

/**
 * struct node_private - a node while it is private
 * @owner: the driver that plugged it, compared and never dereferenced
 * @opts: NODE_PRIVATE_OPT_*
 * @closed: gives no memory for now; allocations go elsewhere
 * @users: number of plugged struct private_memory
 * @epoch: when the first of them was plugged, see node_private_epoch()
 * @cram: compressed RAM, or NULL
 * @counters: per-CPU, as faults of several CPUs count at once
 *
 * Published in pg_data_t under RCU.  Written under device_hotplug_lock.
 */
struct node_private {
	const void *owner;
	unsigned long opts;
	bool closed;
	unsigned int users;
	u64 epoch;
	struct cram *cram;
	struct node_private_counters __percpu *counters;
};

DEFINE_STATIC_KEY_FALSE(node_private_key);
EXPORT_SYMBOL_GPL(node_private_key);

/* Grows with each node that becomes private.  Under device_hotplug_lock. */
static u64 private_epoch;

/* Call with RCU read lock held. */
static struct node_private *node_private_get(int nid)
{
	return rcu_dereference(NODE_DATA(nid)->private);
}

/* Call with device_hotplug_lock held. */
static struct node_private *node_private_locked(int nid)
{
	return rcu_dereference_protected(NODE_DATA(nid)->private, true);
}

/**
 * node_private_opts - opt-ins of a node
 * @nid: a possible node
 *
 * Context: any.
 * Return: NODE_PRIVATE_OPT_*, 0 for an ordinary node.
 */
unsigned long node_private_opts(int nid)
{
	struct node_private *np;
	unsigned long opts;

	rcu_read_lock();
	np = node_private_get(nid);
	opts = np ? READ_ONCE(np->opts) : 0;
	rcu_read_unlock();
	return opts;
}
EXPORT_SYMBOL_GPL(node_private_opts);

bool __node_allows_service(int nid, unsigned long opt)
{
	return node_private_opts(nid) & opt;
}

/**
 * node_allows_compaction - may folios be moved within the node?
 * @nid: a possible node
 *
 * Compaction comes with reclaim, but not where the device compresses what is
 * written to it.
 *
 * Context: any.
 * Return: true if so.
 */
bool node_allows_compaction(int nid)
{
	unsigned long opts;

	if (!node_is_private(nid))
		return true;
	opts = node_private_opts(nid);
	return (opts & NODE_PRIVATE_OPT_RECLAIM) &&
	       !(opts & NODE_PRIVATE_OPT_WRITE_PROTECT);
}

/**
 * node_private_is_open - does the node give memory at all?
 * @nid: a possible node
 *
 * Context: any.
 * Return: false while its first memory is being plugged or its last unplugged,
 * while the device refuses, and for an ordinary node.
 */
bool node_private_is_open(int nid)
{
	struct node_private *np;
	bool open;

	rcu_read_lock();
	np = node_private_get(nid);
	open = np && !READ_ONCE(np->closed) &&
	       (!np->cram || cram_has_room(np->cram));
	rcu_read_unlock();
	return open;
}

/**
 * node_private_admits - does the node give a folio at this moment?
 * @nid: a possible node
 * @order: of the folio
 * @reclaimed: if it does, whether it opted in to reclaim
 *
 * If so, call node_private_settle() when it is known what became of it.
 *
 * Context: any.
 * Return: false where node_private_is_open() is, and if a device has no room for
 * the folio uncompressed.
 */
bool node_private_admits(int nid, unsigned int order, bool *reclaimed)
{
	struct node_private *np;
	bool admits = false;

	rcu_read_lock();
	np = node_private_get(nid);
	if (np && !READ_ONCE(np->closed)) {
		*reclaimed = READ_ONCE(np->opts) & NODE_PRIVATE_OPT_RECLAIM;
		admits = !np->cram || cram_reserve(np->cram, 1UL << order);
	}
	rcu_read_unlock();
	return admits;
}

static void trace_count(int nid, enum node_private_stat stat, unsigned long nr)
{
	switch (stat) {
	case NODE_PRIVATE_REFUSED:
		trace_node_private_refused(nid, nr);
		break;
	case NODE_PRIVATE_DEMOTED:
		trace_node_private_demoted(nid, nr);
		break;
	case NODE_PRIVATE_PROMOTED:
		trace_node_private_promoted(nid, nr);
		break;
	default:
		break;
	}
}

/* Call with RCU read lock held. */
static void count(struct node_private *np, int nid, enum node_private_stat stat,
		  unsigned long nr)
{
	this_cpu_add(np->counters->nr[stat], nr);
	trace_count(nid, stat, nr);
}

/**
 * node_private_settle - end what node_private_admits() began
 * @nid: the node
 * @page: what was allocated, or NULL
 * @order: what was asked for
 *
 * Context: any.
 */
void node_private_settle(int nid, struct page *page, unsigned int order)
{
	struct node_private *np;

	rcu_read_lock();
	np = node_private_get(nid);
	if (np) {
		count(np, nid, page ? NODE_PRIVATE_PLACED : NODE_PRIVATE_REFUSED,
		      1UL << order);
		if (np->cram)
			cram_settle(np->cram, page, 1UL << order);
	}
	rcu_read_unlock();
}

/* Call with RCU read lock held. */
struct cram *node_private_cram(int nid)
{
	struct node_private *np = node_private_get(nid);

	return np ? np->cram : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(node_private_cram);

/* See node_private_count(). */
void __node_private_count(int nid, enum node_private_stat stat,
			  unsigned long nr)
{
	struct node_private *np;

	rcu_read_lock();
	np = node_private_get(nid);
	if (np && nr)
		count(np, nid, stat, nr);
	rcu_read_unlock();
}

/**
 * node_private_stat - read a counter
 * @nid: a possible node
 * @stat: which
 *
 * Context: any.
 * Return: base pages counted since the node became private; 0 if it is not.
 */
unsigned long node_private_stat(int nid, enum node_private_stat stat)
{
	struct node_private *np;
	unsigned long sum = 0;
	int cpu;

	rcu_read_lock();
	np = node_private_get(nid);
	if (np)
		for_each_possible_cpu(cpu)
			sum += per_cpu_ptr(np->counters, cpu)->nr[stat];
	rcu_read_unlock();
	return sum;
}
EXPORT_SYMBOL_GPL(node_private_stat);

/**
 * node_private_epoch - the present moment, in nodes that became private
 *
 * Who stores node ids, as a mempolicy does, stores this beside them: an id that
 * was unplugged since, and plugged again, is another node.
 *
 * Context: any.
 * Return: a number that only grows.
 */
u64 node_private_epoch(void)
{
	return READ_ONCE(private_epoch);
}

static bool node_is_plugged(int nid, u64 epoch, unsigned long opts)
{
	struct node_private *np = node_private_get(nid);

	return np && np->epoch <= epoch;
}

/* Can a folio of the node be pinned for long?  In ZONE_MOVABLE none can. */
static bool node_takes_pins(int nid, unsigned long opts)
{
	int zone;

	if (!(opts & NODE_PRIVATE_OPT_LTPIN))
		return false;
	for (zone = 0; zone < ZONE_MOVABLE; zone++)
		if (populated_zone(&NODE_DATA(nid)->node_zones[zone]))
			return true;
	return false;
}

/*
 * May current be given memory of the node because it names it?  Not for a pin
 * that is to last, if the node does not take such: the folio would have to
 * leave at once.
 */
static bool node_is_bindable(int nid, u64 epoch, unsigned long opts)
{
	struct node_private *np = node_private_get(nid);
	unsigned long has;

	if (!np || np->epoch > epoch || READ_ONCE(np->closed))
		return false;

	has = READ_ONCE(np->opts);
	if ((current->flags & PF_MEMALLOC_PIN) && !node_takes_pins(nid, has))
		return false;
	return has & opts;
}

static __always_inline void
keep_nodes(nodemask_t *nodes, u64 epoch, unsigned long opts,
	   bool (*fits)(int nid, u64 epoch, unsigned long opts))
{
	int nid;

	rcu_read_lock();
	for_each_node_mask(nid, *nodes)
		if (!fits(nid, epoch, opts))
			node_clear(nid, *nodes);
	rcu_read_unlock();
}

/**
 * node_private_keep_plugged - keep of a set of nodes those that are still there
 * @nodes: possible nodes
 * @epoch: node_private_epoch() when the set was made
 *
 * Context: any.
 */
void node_private_keep_plugged(nodemask_t *nodes, u64 epoch)
{
	keep_nodes(nodes, epoch, 0, node_is_plugged);
}

/**
 * node_private_keep_bindable - keep those that current may bind memory to
 * @nodes: possible nodes
 * @epoch: node_private_epoch() when the set was made
 * @opts: NODE_PRIVATE_OPT_*, of which it needs one
 *
 * Keeps nodes that are plugged since before @epoch, are open and have one of
 * @opts; for a long-term pin of current only those that take it.  The cpuset is
 * another matter, see cpuset_keep_private().
 *
 * Context: any.
 */
void node_private_keep_bindable(nodemask_t *nodes, u64 epoch,
				unsigned long opts)
{
	keep_nodes(nodes, epoch, opts, node_is_bindable);
}

/**
 * node_private_zone_state - sum of a zone counter over private memory
 * @item: which
 *
 * To be taken off global sums that are about reachable memory.
 *
 * Context: any.
 * Return: pages.
 */
unsigned long node_private_zone_state(enum zone_stat_item item)
{
	unsigned long sum = 0;
	int nid;

	if (have_private_nodes())
		for_each_node_state(nid, N_MEMORY_PRIVATE)
			sum += sum_zone_node_page_state(nid, item);
	return sum;
}

/**
 * node_private_file_pages - page cache on private memory
 *
 * Context: any.
 * Return: pages.
 */
unsigned long node_private_file_pages(void)
{
	unsigned long sum = 0;
	int nid;

	if (have_private_nodes())
		for_each_node_state(nid, N_MEMORY_PRIVATE)
			sum += node_page_state(NODE_DATA(nid), NR_ACTIVE_FILE) +
			       node_page_state(NODE_DATA(nid), NR_INACTIVE_FILE);
	return sum;
}

/**
 * node_private_check_opts - do these opt-ins go together?
 * @opts: NODE_PRIVATE_OPT_*, the whole set
 *
 * Context: any.
 * Return: 0, or -EINVAL if there is a bit that is no opt-in, or if demotion is
 * set and reclaim is not: without a way out it would only fill the node up.
 * Compressed RAM is NODE_PRIVATE_OPT_CRAM, no more and no less.
 */
int node_private_check_opts(unsigned long opts)
{
	if (opts & NODE_PRIVATE_OPT_FIXED)
		return opts == NODE_PRIVATE_OPT_CRAM ? 0 : -EINVAL;
	if (opts & ~NODE_PRIVATE_OPT_ALL)
		return -EINVAL;
	if ((opts & NODE_PRIVATE_OPT_DEMOTION) &&
	    !(opts & NODE_PRIVATE_OPT_RECLAIM))
		return -EINVAL;
	return 0;
}
EXPORT_SYMBOL_GPL(node_private_check_opts);

/* Start or stop the threads of a node; plugging and unplugging do it, too. */
static void switch_reclaim(int nid, bool on)
{
	mem_hotplug_begin();
	if (on) {
		NODE_DATA(nid)->kswapd_failures = 0;
		kswapd_run(nid);
		kcompactd_run(nid);
	} else {
		kcompactd_stop(nid);
		kswapd_stop(nid);
	}
	mem_hotplug_done();
}

static void change_opts(struct node_private *np, int nid, unsigned long opts)
{
	unsigned long changed = np->opts ^ opts;

	trace_node_private_opts(nid, np->opts, opts);
	WRITE_ONCE(np->opts, opts);
	if (!node_state(nid, N_MEMORY_PRIVATE))
		return;
	if (changed & NODE_PRIVATE_OPT_RECLAIM)
		switch_reclaim(nid, opts & NODE_PRIVATE_OPT_RECLAIM);
	if (changed & NODE_PRIVATE_OPT_DEMOTION)
		update_demotion_targets();
}

/**
 * node_private_set_opts - change the opt-ins of a private node
 * @nid: the node
 * @owner: who registered it
 * @opts: NODE_PRIVATE_OPT_*, the whole set
 *
 * Holds for new operations at once.  Folios stay where they are.
 *
 * Context: Process context.  Takes device_hotplug_lock, may sleep.
 * Return: 0; -EINVAL if the set is not a valid one; -ENODEV if the node is not
 * private or not @owner's.
 */
int node_private_set_opts(int nid, const void *owner, unsigned long opts)
{
	struct node_private *np;
	int rc = node_private_check_opts(opts);

	if (rc)
		return rc;

	lock_device_hotplug();
	np = node_private_locked(nid);
	if (!np || np->owner != owner)
		rc = -ENODEV;
	else if ((np->opts ^ opts) & NODE_PRIVATE_OPT_FIXED)
		rc = -EINVAL;
	else
		change_opts(np, nid, opts);
	unlock_device_hotplug();
	return rc;
}
EXPORT_SYMBOL_GPL(node_private_set_opts);

static int block_is_on_node(struct memory_block *mem, void *nid)
{
	return mem->nid == *(int *)nid ? -EBUSY : 0;
}

/* Can a node that is not private become so? */
static int check_new_node(int nid)
{
	if (node_state(nid, N_MEMORY) ||
	    for_each_memory_block(&nid, block_is_on_node)) {
		pr_err("node %d has ordinary memory; give the memory a node id of its own\n",
		       nid);
		return -EBUSY;
	}
	if (!cpumask_empty(cpumask_of_node(nid))) {
		pr_err("node %d has CPUs; give the memory a node id of its own\n",
		       nid);
		return -EINVAL;
	}
	return 0;
}

static int join_node(struct node_private *np, const struct private_memory *mem)
{
	if (np->owner != mem->owner) {
		pr_err("node %d belongs to another driver\n", mem->nid);
		return -EBUSY;
	}
	if (np->cram || mem->cram) {
		pr_err("node %d: compressed RAM does not share a node\n",
		       mem->nid);
		return -EBUSY;
	}
	if (np->opts != mem->opts) {
		pr_err("node %d is shared and has other opt-ins (%#lx, not %#lx)\n",
		       mem->nid, np->opts, mem->opts);
		return -EBUSY;
	}
	np->users++;
	return 0;
}

/* The node is closed until its memory is all there. */
static int create_node(const struct private_memory *mem)
{
	struct node_private *np;

	np = kzalloc(sizeof(*np), GFP_KERNEL);
	if (!np)
		return -ENOMEM;

	np->counters = alloc_percpu(struct node_private_counters);
	if (!np->counters) {
		kfree(np);
		return -ENOMEM;
	}
	np->owner = mem->owner;
	np->opts = mem->opts;
	np->cram = mem->cram;
	np->closed = true;
	np->users = 1;
	np->epoch = private_epoch + 1;
	WRITE_ONCE(private_epoch, np->epoch);

	static_branch_inc(&node_private_key);
	rcu_assign_pointer(NODE_DATA(mem->nid)->private, np);
	return 0;
}

static int get_node_private(const struct private_memory *mem)
{
	struct node_private *np;
	int rc;

	if (mem->nid < 0 || mem->nid >= MAX_NUMNODES ||
	    !node_possible(mem->nid)) {
		pr_err("node %d is not possible; private_nodes= on the command line sets ids aside\n",
		       mem->nid);
		return -EINVAL;
	}
	rc = node_private_check_opts(mem->opts);
	if (rc)
		return rc;
	if (!mem->cram != !(mem->opts & NODE_PRIVATE_OPT_FIXED))
		return -EINVAL;

	np = node_private_locked(mem->nid);
	if (np)
		return join_node(np, mem);

	rc = check_new_node(mem->nid);
	return rc ? rc : create_node(mem);
}

static void put_node_private(int nid)
{
	struct node_private *np = node_private_locked(nid);

	if (--np->users)
		return;

	RCU_INIT_POINTER(NODE_DATA(nid)->private, NULL);
	synchronize_rcu();
	static_branch_dec(&node_private_key);
	free_percpu(np->counters);
	kfree(np);
}

static void set_closed(int nid, bool closed)
{
	struct node_private *np = node_private_locked(nid);

	if (np->closed == closed)
		return;
	WRITE_ONCE(np->closed, closed);
	trace_node_private_gate(nid, !closed);
}

/* A node that others go on using stays open. */
static void close_node(int nid)
{
	if (node_private_locked(nid)->users == 1)
		set_closed(nid, true);
}

static unsigned long count_pages(const struct private_memory *mem)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < mem->nr_ranges; i++)
		nr += PHYS_PFN(range_len(&mem->ranges[i]));
	return nr;
}

static unsigned long count_blocks(const struct private_memory *mem)
{
	return count_pages(mem) / PHYS_PFN(memory_block_size_bytes());
}

static unsigned long pages_in_use(int nid)
{
	unsigned long used = 0, managed;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_to_nid(zone) != nid)
			continue;
		/* What each CPU counts is summed while it changes. */
		managed = zone_managed_pages(zone);
		used += managed - min(managed, zone_page_state_snapshot(zone, NR_FREE_PAGES));
	}
	return used;
}

/*
 * Would ordinary memory hold what is on the node?  Migration does not call the
 * OOM killer, but leaves the rest of the machine so little that others do.
 */
static bool room_elsewhere(const struct private_memory *mem)
{
	unsigned long used = min(pages_in_use(mem->nid), count_pages(mem));
	unsigned long room = si_mem_available() + get_nr_swap_pages();

	if (used <= room)
		return true;

	pr_err("node %d: %lu pages are in use, ordinary memory has room for %lu\n",
	       mem->nid, used, room);
	return false;
}

static int online_block(struct memory_block *block, void *online_type)
{
	int rc;

	block->online_type = *(const int *)online_type;
	rc = device_online(&block->dev);
	return rc < 0 ? rc : 0;
}

static int online_ranges(const struct private_memory *mem)
{
	int type = mem->online_type;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < mem->nr_ranges && !rc; i++)
		rc = walk_memory_blocks(mem->ranges[i].start,
					range_len(&mem->ranges[i]), &type,
					online_block);
	return rc;
}

/* Whoever looks at a page that may go offline keeps its memory map. */
static DECLARE_RWSEM(removal_sem);

/* Remove the first @nr ranges, all blocks of which are offline. */
static void remove_ranges(const struct private_memory *mem, unsigned int nr)
{
	guard(rwsem_write)(&removal_sem);
	while (nr--)
		__remove_memory(mem->ranges[nr].start,
				range_len(&mem->ranges[nr]));
}

static int add_ranges(const struct private_memory *mem)
{
	unsigned int i;
	int rc;

	for (i = 0; i < mem->nr_ranges; i++) {
		rc = __add_memory_driver_managed(mem->nid, mem->ranges[i].start,
						 range_len(&mem->ranges[i]),
						 mem->name, MHP_PRIVATE);
		if (rc) {
			remove_ranges(mem, i);
			return rc;
		}
	}
	return 0;
}

/* What a block was before it was taken offline, MMOP_OFFLINE included */
static int take_block_offline(struct memory_block *block, void *arg)
{
	unsigned long pfn = section_nr_to_pfn(block->start_section_nr);
	struct page *page = pfn_to_online_page(pfn);
	u8 **was = arg;
	u8 type = MMOP_ONLINE_KERNEL;
	int rc;

	if (page && zone_idx(page_zone(page)) == ZONE_MOVABLE)
		type = MMOP_ONLINE_MOVABLE;

	rc = device_offline(&block->dev);
	if (rc < 0)
		return rc;
	*(*was)++ = rc ? MMOP_OFFLINE : type;
	return 0;
}

static int put_block_online(struct memory_block *block, void *arg)
{
	int type = *(*(u8 **)arg)++;
	int rc;

	if (type == MMOP_OFFLINE)
		return 0;

	rc = online_block(block, &type);
	if (rc)
		pr_err("memory block %u stays offline: error %d\n",
		       block->dev.id, rc);
	return 0;
}

static void undo_offline(const struct private_memory *mem, u8 *was)
{
	unsigned int i;

	for (i = 0; i < mem->nr_ranges; i++)
		walk_memory_blocks(mem->ranges[i].start,
				   range_len(&mem->ranges[i]), &was,
				   put_block_online);
}

/* Take all blocks offline, or none. */
static int offline_ranges(const struct private_memory *mem)
{
	u8 *was, *next;
	unsigned int i;
	int rc = 0;

	/* MMOP_OFFLINE for the blocks that the walk does not come to */
	was = kzalloc(count_blocks(mem), GFP_KERNEL);
	if (!was)
		return -ENOMEM;

	next = was;
	for (i = 0; i < mem->nr_ranges && !rc; i++)
		rc = walk_memory_blocks(mem->ranges[i].start,
					range_len(&mem->ranges[i]), &next,
					take_block_offline);
	if (rc)
		undo_offline(mem, was);
	kfree(was);
	return rc;
}

/* Undo a plug of which some blocks are online, whatever signals come. */
static int undo_plug(const struct private_memory *mem)
{
	sigset_t all, old;
	int rc;

	if (mem->cram)
		cram_pause(mem->cram);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	rc = offline_ranges(mem);
	sigprocmask(SIG_SETMASK, &old, NULL);

	if (!rc)
		remove_ranges(mem, mem->nr_ranges);
	else if (mem->cram)
		cram_resume(mem->cram);
	return rc;
}

static int plug_ranges(const struct private_memory *mem)
{
	int rc, rc2;

	rc = add_ranges(mem);
	if (rc)
		return rc;

	rc = online_ranges(mem);
	if (!rc)
		return 0;

	rc2 = undo_plug(mem);
	if (!rc2)
		return rc;

	pr_err("node %d: plug failed with error %d, and undoing it with %d: its memory stays\n",
	       mem->nid, rc, rc2);
	return -EUCLEAN;
}

/**
 * add_private_memory_driver_managed - plug memory as a private node
 * @mem: what, where and how; see struct private_memory
 *
 * Makes @mem->owner the owner of the node, adds all ranges and brings them
 * online in the zone asked for.  On failure nothing is left behind.  The
 * caller has claimed the ranges as iomem resources of type
 * IORESOURCE_SYSTEM_RAM that are not busy.
 *
 * Context: Process context.  Takes device_hotplug_lock, sleeps.
 * Return: 0; -EINVAL for a node id or a range that cannot be used; -EBUSY if
 * the node has ordinary memory, another owner or, shared, other opt-ins;
 * -ENOMEM; or what memory hotplug says.  -EUCLEAN if a plug failed and could not
 * be undone: the node stays private, and @mem->name has to stay.
 */
int add_private_memory_driver_managed(const struct private_memory *mem)
{
	int rc;

	lock_device_hotplug();
	rc = get_node_private(mem);
	if (rc)
		goto unlock;

	rc = plug_ranges(mem);
	if (!rc)
		set_closed(mem->nid, false);
	else if (rc != -EUCLEAN)
		put_node_private(mem->nid);
unlock:
	unlock_device_hotplug();
	return rc;
}
EXPORT_SYMBOL_GPL(add_private_memory_driver_managed);

/**
 * offline_and_remove_private_memory - unplug what was plugged
 * @mem: the same as when it was plugged
 *
 * Moves all folios to ordinary memory, takes all ranges offline and removes
 * them, or leaves everything as it was.  Meanwhile the node gives no memory,
 * unless it is shared.  With its last memory the node stops being private and
 * leaves all policies.
 *
 * Context: Process context.  Takes device_hotplug_lock, sleeps; a signal ends
 * the attempt.
 * Return: 0; -EBUSY if some memory cannot be moved, as it is pinned; -ENOMEM if
 * there is no room for it elsewhere; -EINTR; -ENODEV if the node is not
 * @mem->owner's.
 */
int offline_and_remove_private_memory(const struct private_memory *mem)
{
	struct node_private *np;
	bool closed;
	int rc;

	lock_device_hotplug();
	np = node_private_locked(mem->nid);
	if (!np || np->owner != mem->owner) {
		rc = -ENODEV;
		goto unlock;
	}

	if (!room_elsewhere(mem)) {
		rc = -ENOMEM;
		goto unlock;
	}

	closed = np->closed;
	close_node(mem->nid);
	if (np->cram)
		cram_pause(np->cram);
	rc = offline_ranges(mem);
	if (rc) {
		if (np->cram)
			cram_resume(np->cram);
		set_closed(mem->nid, closed);
		goto unlock;
	}
	remove_ranges(mem, mem->nr_ranges);
	put_node_private(mem->nid);
unlock:
	unlock_device_hotplug();
	return rc;
}
EXPORT_SYMBOL_GPL(offline_and_remove_private_memory);

/**
 * node_private_memory_error - memory of a private node is bad
 * @addr: physical address, anything
 *
 * For a device that tells so.  Whoever has the page mapped gets a signal when he
 * comes there; nothing happens to what is no private memory, or known already.
 *
 * Context: Process context, sleeps.
 */
void node_private_memory_error(u64 addr)
{
	unsigned long pfn = PHYS_PFN(addr);
	struct page *page;

	/* memory_failure()'s lock is taken before that of get_online_mems(). */
	guard(rwsem_read)(&removal_sem);
	page = pfn_to_online_page(pfn);
	if (page && node_is_private(page_to_nid(page)) && !PageHWPoison(page)) {
		pr_err_ratelimited("node %d: the device says that memory at %#llx is bad\n",
				   page_to_nid(page), addr);
		if (IS_ENABLED(CONFIG_MEMORY_FAILURE))
			memory_failure(pfn, 0);
	}
}
EXPORT_SYMBOL_GPL(node_private_memory_error);

/* Node ids for private nodes, beside those that the firmware describes */
static nodemask_t spare_nodes;
static unsigned int nr_spare_nodes __initdata;

static int __init parse_private_nodes(char *arg)
{
	/* without a "=" there is none */
	return arg ? kstrtouint(arg, 0, &nr_spare_nodes) : -EINVAL;
}
early_param("private_nodes", parse_private_nodes);

/**
 * reserve_private_nodes - add the ids of private_nodes= to the possible ones
 * @possible: the possible nodes so far
 *
 * Context: boot, before nr_node_ids is known.
 */
void __init reserve_private_nodes(nodemask_t *possible)
{
	unsigned int i;

	nodes_clear(spare_nodes);
	for (i = 0; i < nr_spare_nodes; i++) {
		int nid = first_unset_node(*possible);

		if (nid >= MAX_NUMNODES) {
			pr_warn("only %u of %u spare node ids: the kernel is built for %d nodes\n",
				i, nr_spare_nodes, MAX_NUMNODES);
			break;
		}
		node_set(nid, *possible);
		node_set(nid, spare_nodes);
	}
}

/**
 * node_is_spare - was the id set aside with private_nodes=?
 * @nid: a node id
 *
 * Context: any.
 * Return: true if so.
 */
bool node_is_spare(int nid)
{
	return node_isset(nid, spare_nodes);
}
