// SPDX-License-Identifier: GPL-2.0
/* The list of verbs. */
#include <stdio.h>
#include <string.h>

#include "memscript.h"

#define ANY	(MAX_WORDS - 1)

static const struct verb verbs[] = {
	/* mappings */
	{ "map", "SIZE [anon|shm|hugetlb|file PATH|sharedfile PATH] [populate] [noreserve] [grow] [as NAME]",
	  1, 8, verb_map, "make a mapping and work on it" },
	{ "use", "NAME", 1, 1, verb_use, "work on another mapping" },
	{ "slice", "OFFSET SIZE", 2, 2, verb_slice, "work on a part of it" },
	{ "whole", "", 0, 0, verb_whole, "work on all of it again" },
	{ "munmap", "", 0, 0, verb_munmap, "unmap it" },
	{ "mremap", "SIZE", 1, 1, verb_mremap, "move it, with a new size" },
	{ "mprotect", "none|r|rw", 1, 1, verb_mprotect, "change its protection" },
	{ "madvise", "ADVICE [remote]", 1, 2, verb_madvise, "hugepage, collapse, cold, pageout, ...; remote: by a child" },
	{ "mlock", "", 0, 0, verb_mlock, "lock it in memory" },
	{ "munlock", "", 0, 0, verb_munlock, "unlock it" },
	{ "uffd", "wp|unwp|move NAME", 1, 2, verb_uffd, "userfaultfd: write-protect, undo that, move the pages to another mapping" },
	/* content */
	{ "fill", "SEED", 1, 1, verb_fill, "write content that depends on seed and offset" },
	{ "verify", "SEED", 1, 1, verb_verify, "the content must be that" },
	{ "touch", "", 0, 0, verb_touch, "write one byte of each page, last page first" },
	{ "read", "", 0, 0, verb_read, "read one byte of each page" },
	{ "poke", "HOW SEED", 2, 2, verb_poke, "as fill; HOW is store, procmem, vmwrite, pipe, ptrace, uring or fixed" },
	{ "churn", "SECONDS [threaded]", 1, 2, verb_churn, "keep reading and writing for so long; threaded: with a second thread, that sleeps" },
	{ "stamp", "FILE", 1, 1, verb_stamp, "number each page again and again until FILE is there; no number may get lost" },
	{ "zeroed", "", 0, 0, verb_zeroed, "the content must be zero" },
	/* policy */
	{ "bind", "NODES [MODE] [FLAG...]", 1, 6, verb_bind, "mbind(2); MODE is bind unless given" },
	{ "policy", "NODES [MODE] [FLAG...]", 1, 6, verb_policy, "set_mempolicy(2)" },
	{ "home", "NODE", 1, 1, verb_home, "set_mempolicy_home_node(2)" },
	{ "policy-is", "NODES [MODE] [FLAG...]", 1, 6, verb_policy_is, "the mapping's policy must be this" },
	{ "task-policy-is", "NODES [MODE] [FLAG...]", 1, 6, verb_task_policy_is, "the task's policy must be this" },
	{ "tells", "NODE", 1, 1, verb_tells, "get_mempolicy(2) must name this node for each page" },
	/* moving */
	{ "move", "NODE [all] [STATUS]", 1, 3, verb_move, "move_pages(2); each page must report STATUS: a node (default: NODE), an errno or any" },
	{ "query", "STATUS", 1, 1, verb_query, "move_pages(2) must report STATUS for each page" },
	{ "migrate", "FROM TO [pid PID] [left any]", 2, 6, verb_migrate, "migrate_pages(2)" },
	{ "reclaim", "CGROUP SIZE", 2, 2, verb_reclaim, "memory.reclaim, as much of it as can be had" },
	/* looking */
	{ "where", "", 0, 0, verb_where, "print the placement" },
	{ "on", "NODE|swap|absent|zero AMOUNT", 2, 2, verb_on, "so many pages must be there: all, none, some, a number or a size" },
	{ "kflags", "FLAG AMOUNT", 2, 2, verb_kflags, "so many pages must have this flag in /proc/kpageflags" },
	{ "frame", "FILE", 1, 1, verb_frame, "write the physical address of the first page to a file that it makes" },
	{ "same", "NAME AMOUNT", 2, 2, verb_same, "so many pages must be one with those of the other mapping" },
	{ "smaps", "FIELD [AMOUNT]", 1, 2, verb_smaps, "print or check a field of smaps" },
	{ "softdirty", "AMOUNT", 1, 1, verb_softdirty, "so many pages must be soft-dirty" },
	{ "readonly", "[AMOUNT]", 0, 1, verb_readonly, "no page of compressed RAM may be mapped writable, by anybody, and so many must be mapped" },
	{ "dumped", "FILE SEED", 2, 2, verb_dumped, "that core dump must have the content of the seed" },
	{ "idle", "mark|AMOUNT", 1, 1, verb_idle, "mark the pages idle, or so many must be" },
	{ "zero-node", "NODE [free]", 1, 2, verb_zero_node, "all memory of the private node must be zero, or what of it is free" },
	{ "used", "NODE MAX", 2, 2, verb_used, "at most so many pages of the node may be in use, by anybody" },
	/* processes */
	{ "fork", "[bg]", 0, 1, verb_fork, "a child runs the statements up to 'end'" },
	{ "end", "[SIGNAL|STATUS]", 0, 1, verb_end, "ends a child's block; how it must have ended" },
	{ "join", "[SIGNAL|STATUS]", 0, 1, verb_join, "wait for the background children" },
	{ "exec", "", 0, 0, verb_exec, "the rest runs after execve(2)" },
	{ "run", "PROGRAM [ARG...]", 1, ANY, verb_run, "run a program as a child" },
	{ "signal", "FILE", 1, 1, verb_signal, "make a file, for a shell that waits" },
	{ "wait", "FILE", 1, 1, verb_wait, "wait for a file" },
	{ "write", "FILE [TEXT...]", 1, ANY, verb_write, "write to an existing file; 'self' is the pid" },
	{ "print", "TEXT...", 1, ANY, verb_print, "print" },
	{ "cat", "FILE", 1, 1, verb_cat, "print a file" },
	/* pages in use by the kernel */
	{ "pin", "long|short|read", 1, 1, verb_pin, "hold the pages: io_uring buffers, a pipe, or long, for reading only" },
	{ "pinned", "SEED", 1, 1, verb_pinned, "what 'pin read' holds must be that" },
	{ "unpin", "", 0, 0, verb_unpin, "let them go" },
	{ "direct", "BLOCKDEV [write]", 1, 2, verb_direct, "read into the pages with O_DIRECT, or write from them" },
	/* prefixes */
	{ "expect", "ERRNO STATEMENT", 2, ANY, verb_expect, "the statement must fail with this errno" },
	{ "try", "STATEMENT", 1, ANY, verb_try, "the operation may fail" },
	{ "faults", "MAX STATEMENT", 2, ANY, verb_faults, "it may take so many page faults" },
	{ "until", "SECONDS STATEMENT", 2, ANY, verb_until, "repeat a check until it holds" },
};

#define NR_VERBS	(sizeof(verbs) / sizeof(verbs[0]))

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < NR_VERBS; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

void verb_help(void)
{
	for (size_t i = 0; i < NR_VERBS; i++)
		(void)printf("  %s %s\n        %s\n", verbs[i].name,
			     verbs[i].args, verbs[i].help);
}
