/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM node_private

#if !defined(_TRACE_NODE_PRIVATE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_NODE_PRIVATE_H

#include <linux/node_private.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(node_private_pages,
		    TP_PROTO(int nid, unsigned long nr),
		    TP_ARGS(nid, nr),
		    TP_STRUCT__entry(__field(int, nid)
				     __field(unsigned long, nr)),
		    TP_fast_assign(__entry->nid = nid;
				   __entry->nr = nr;),
		    TP_printk("nid=%d nr_pages=%lu", __entry->nid,
			      __entry->nr)
);

/* Asked of the node and not given */
DEFINE_EVENT(node_private_pages, node_private_refused,
	     TP_PROTO(int nid, unsigned long nr), TP_ARGS(nid, nr));

/* Taken by demotion, to move something there */
DEFINE_EVENT(node_private_pages, node_private_demoted,
	     TP_PROTO(int nid, unsigned long nr), TP_ARGS(nid, nr));

/* Moved by NUMA balancing from the node to where they are used */
DEFINE_EVENT(node_private_pages, node_private_promoted,
	     TP_PROTO(int nid, unsigned long nr), TP_ARGS(nid, nr));

#define show_node_private_opts(opts)					\
	__print_flags(opts, "|",					\
		      { NODE_PRIVATE_OPT_RECLAIM, "reclaim" },		\
		      { NODE_PRIVATE_OPT_DEMOTION, "demotion" },	\
		      { NODE_PRIVATE_OPT_MBIND, "mbind" },		\
		      { NODE_PRIVATE_OPT_INTERLEAVE, "interleave" },	\
		      { NODE_PRIVATE_OPT_MADVISE, "madvise" },		\
		      { NODE_PRIVATE_OPT_NUMA_BALANCE, "numa_balance" }, \
		      { NODE_PRIVATE_OPT_LTPIN, "ltpin" })

TRACE_EVENT(node_private_opts,
	    TP_PROTO(int nid, unsigned long before, unsigned long after),
	    TP_ARGS(nid, before, after),
	    TP_STRUCT__entry(__field(int, nid)
			     __field(unsigned long, before)
			     __field(unsigned long, after)),
	    TP_fast_assign(__entry->nid = nid;
			   __entry->before = before;
			   __entry->after = after;),
	    TP_printk("nid=%d before=%s after=%s", __entry->nid,
		      show_node_private_opts(__entry->before),
		      show_node_private_opts(__entry->after))
);

TRACE_EVENT(node_private_gate,
	    TP_PROTO(int nid, bool open),
	    TP_ARGS(nid, open),
	    TP_STRUCT__entry(__field(int, nid)
			     __field(bool, open)),
	    TP_fast_assign(__entry->nid = nid;
			   __entry->open = open;),
	    TP_printk("nid=%d %s", __entry->nid,
		      __entry->open ? "open" : "closed")
);

#endif /* _TRACE_NODE_PRIVATE_H */

#include <trace/define_trace.h>
