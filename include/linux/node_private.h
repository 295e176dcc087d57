/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private memory nodes: NUMA nodes whose memory the kernel manages but never
 * allocates from by itself.  See Documentation/mm/private-nodes.rst.
 */
#ifndef _LINUX_NODE_PRIVATE_H
#define _LINUX_NODE_PRIVATE_H

#include <linux/bits.h>
#include <linux/jump_label.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/range.h>
#include <linux/types.h>

struct cram;
struct folio;

/*
 * Opt-ins: one bit for one mm service.  A service whose bit is clear neither
 * places, moves, scans, ages nor frees the folios of the node.
 */
#define NODE_PRIVATE_OPT_RECLAIM	BIT(0)
#define NODE_PRIVATE_OPT_DEMOTION	BIT(1)	/* needs RECLAIM */
#define NODE_PRIVATE_OPT_MBIND		BIT(2)
#define NODE_PRIVATE_OPT_MADVISE	BIT(3)
#define NODE_PRIVATE_OPT_NUMA_BALANCE	BIT(4)
#define NODE_PRIVATE_OPT_LTPIN		BIT(5)
#define NODE_PRIVATE_OPT_INTERLEAVE	BIT(6)
#define NODE_PRIVATE_OPT_ALL		GENMASK(6, 0)

/*
 * What a driver decides when it plugs the memory, for good: no page table maps
 * the folios writable, freed pages are zeroed before they are given out again,
 * demotion brings nothing but anonymous folios.
 */
#define NODE_PRIVATE_OPT_WRITE_PROTECT	BIT(7)
#define NODE_PRIVATE_OPT_SCRUB		BIT(8)
#define NODE_PRIVATE_OPT_ANON_ONLY	BIT(9)
#define NODE_PRIVATE_OPT_FIXED		GENMASK(9, 7)

/* What compressed RAM is; all else would write to it past the device's mind */
#define NODE_PRIVATE_OPT_CRAM						\
	(NODE_PRIVATE_OPT_RECLAIM | NODE_PRIVATE_OPT_DEMOTION |		\
	 NODE_PRIVATE_OPT_FIXED)

/* With any of these, memory gets there that did not begin there */
#define NODE_PRIVATE_OPT_PLACE						\
	(NODE_PRIVATE_OPT_MBIND | NODE_PRIVATE_OPT_INTERLEAVE |		\
	 NODE_PRIVATE_OPT_DEMOTION)

/**
 * enum node_private_stat - what a private node counts, in base pages
 * @NODE_PRIVATE_PLACED: taken from the node through the private gate
 * @NODE_PRIVATE_REFUSED: asked of the node and not given
 * @NODE_PRIVATE_DEMOTED: those of @NODE_PRIVATE_PLACED that demotion took
 * @NODE_PRIVATE_PROMOTED: moved away by NUMA balancing
 * @NODE_PRIVATE_RECLAIMED: freed by reclaim, not counting what it demoted
 * @NODE_PRIVATE_COPIED: copied because they were written to
 * @NODE_PRIVATE_SCRUBBED: zeroed when they were freed
 * @NR_NODE_PRIVATE_STATS: number of counters
 */
enum node_private_stat {
	NODE_PRIVATE_PLACED,
	NODE_PRIVATE_REFUSED,
	NODE_PRIVATE_DEMOTED,
	NODE_PRIVATE_PROMOTED,
	NODE_PRIVATE_RECLAIMED,
	NODE_PRIVATE_COPIED,
	NODE_PRIVATE_SCRUBBED,
	NR_NODE_PRIVATE_STATS
};

/**
 * struct private_memory - a device's memory, to be plugged as a private node
 * @nid: node to plug it to; possible, and without ordinary memory or CPUs
 * @owner: identifies the driver; devices of one owner may share a node
 * @opts: NODE_PRIVATE_OPT_* of the node
 * @cram: compressed RAM, which does not share its node, or NULL
 * @name: name of the iomem resource, "System RAM (driver)"; must outlive the
 *	memory, also after a failed unplug
 * @online_type: MMOP_ONLINE_KERNEL or MMOP_ONLINE_MOVABLE
 * @nr_ranges: number of @ranges
 * @ranges: physical, inclusive, aligned to memory blocks
 */
struct private_memory {
	int nid;
	const void *owner;
	unsigned long opts;
	struct cram *cram;
	const char *name;
	int online_type;
	unsigned int nr_ranges;
	struct range ranges[] __counted_by(nr_ranges);
};

/* Nodes with memory of either kind, for code that reports rather than places */
static inline bool node_has_any_memory(int nid)
{
	return node_state(nid, N_MEMORY) || node_state(nid, N_MEMORY_PRIVATE);
}

#ifdef CONFIG_NODE_PRIVATE

DECLARE_STATIC_KEY_FALSE(node_private_key);

/**
 * node_is_private - does a driver own this node as a private one?
 * @nid: a possible node
 *
 * Context: any.
 *
 * Return: true from before the first block of memory is plugged until after the
 * last one is gone, so that there is no moment at which a page of the node could
 * be taken for ordinary memory.
 */
static inline bool node_is_private(int nid)
{
	return static_branch_unlikely(&node_private_key) &&
	       rcu_access_pointer(NODE_DATA(nid)->private);
}

static inline bool zone_is_private(struct zone *zone)
{
	return node_is_private(zone_to_nid(zone));
}

bool __node_allows_service(int nid, unsigned long opt);

/**
 * node_allows_service - may an mm service touch the folios of this node?
 * @nid: a possible node
 * @opt: the NODE_PRIVATE_OPT_* of the service
 *
 * Context: any.
 * Return: true for an ordinary node, and for a private one that opted in.
 */
static inline bool node_allows_service(int nid, unsigned long opt)
{
	return !node_is_private(nid) || __node_allows_service(nid, opt);
}

/* Is any private node registered?  Free of cost while there is none. */
static inline bool have_private_nodes(void)
{
	return static_branch_unlikely(&node_private_key);
}

void __node_private_count(int nid, enum node_private_stat stat,
			  unsigned long nr);

/**
 * node_private_count - count an event of a private node
 * @nid: a possible node; nothing is counted for an ordinary one
 * @stat: what happened
 * @nr: number of base pages
 *
 * Context: any.
 */
static inline void node_private_count(int nid, enum node_private_stat stat,
				      unsigned long nr)
{
	if (have_private_nodes())
		__node_private_count(nid, stat, nr);
}

int node_private_check_opts(unsigned long opts);
int node_private_set_opts(int nid, const void *owner, unsigned long opts);
unsigned long node_private_opts(int nid);
unsigned long node_private_stat(int nid, enum node_private_stat stat);
bool node_allows_compaction(int nid);
bool node_private_is_open(int nid);
bool node_private_admits(int nid, unsigned int order, bool *reclaimed);
void node_private_settle(int nid, struct page *page, unsigned int order);
struct cram *node_private_cram(int nid);
u64 node_private_epoch(void);
void node_private_keep_bindable(nodemask_t *nodes, u64 epoch,
				unsigned long opts);
void node_private_keep_plugged(nodemask_t *nodes, u64 epoch);
unsigned long node_private_zone_state(enum zone_stat_item item);
unsigned long node_private_file_pages(void);
struct folio *__folio_alloc_private_noprof(gfp_t gfp, unsigned int order,
					   int nid);
int add_private_memory_driver_managed(const struct private_memory *mem);
int offline_and_remove_private_memory(const struct private_memory *mem);
void node_private_memory_error(u64 addr);
void reserve_private_nodes(nodemask_t *possible);
bool node_is_spare(int nid);

#else /* CONFIG_NODE_PRIVATE */

static inline bool node_is_private(int nid)
{
	return false;
}

static inline bool zone_is_private(struct zone *zone)
{
	return false;
}

static inline bool node_allows_service(int nid, unsigned long opt)
{
	return true;
}

static inline bool have_private_nodes(void)
{
	return false;
}

static inline void node_private_count(int nid, enum node_private_stat stat,
				      unsigned long nr)
{
}

static inline unsigned long node_private_opts(int nid)
{
	return 0;
}

static inline bool node_allows_compaction(int nid)
{
	return true;
}

static inline bool node_private_is_open(int nid)
{
	return false;
}

static inline u64 node_private_epoch(void)
{
	return 0;
}

static inline void node_private_keep_bindable(nodemask_t *nodes, u64 epoch,
					      unsigned long opts)
{
	nodes_clear(*nodes);
}

static inline void node_private_keep_plugged(nodemask_t *nodes, u64 epoch)
{
	nodes_clear(*nodes);
}

static inline unsigned long node_private_zone_state(enum zone_stat_item item)
{
	return 0;
}

static inline unsigned long node_private_file_pages(void)
{
	return 0;
}

static inline struct folio *__folio_alloc_private_noprof(gfp_t gfp,
							 unsigned int order,
							 int nid)
{
	return NULL;
}

static inline void reserve_private_nodes(nodemask_t *possible)
{
}

static inline bool node_is_spare(int nid)
{
	return false;
}

#endif /* CONFIG_NODE_PRIVATE */

#define __folio_alloc_private(...) \
	alloc_hooks(__folio_alloc_private_noprof(__VA_ARGS__))

#endif /* _LINUX_NODE_PRIVATE_H */
