// SPDX-License-Identifier: GPL-2.0
/* Verbs for memory policy. */
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memscript.h"

#ifndef MPOL_F_NUMA_BALANCING
#define MPOL_F_NUMA_BALANCING	(1 << 13)
#endif

struct policy {
	struct nodes nodes;
	int mode;		/* with the mode flags */
	unsigned int flags;	/* of mbind(2) */
};

/* In the order of the MPOL_* values. */
static const char *const mode_word[] = {
	"default", "preferred", "bind", "interleave", "local",
	"preferred-many", "weighted", NULL
};

static bool policy_flag(struct policy *p, const char *text)
{
	static const char *const word[] = {
		"static", "relative", "balancing", "strict", "move", "moveall",
		NULL
	};
	static const int mode_flag[] = {
		MPOL_F_STATIC_NODES, MPOL_F_RELATIVE_NODES,
		MPOL_F_NUMA_BALANCING
	};
	static const unsigned int mbind_flag[] = {
		MPOL_MF_STRICT, MPOL_MF_MOVE, MPOL_MF_MOVE_ALL
	};
	int i = word_index(word, text);
	char *end;

	if (i >= 3)
		p->flags |= mbind_flag[i - 3];
	else if (i >= 0)
		p->mode |= mode_flag[i];
	else if (!strncmp(text, "raw=", 4))	/* any bit of the mode */
		p->mode |= (int)strtoul(text + 4, &end, 0);
	else
		return false;
	return true;
}

static int policy_parse(struct script *s, char **arg, struct policy *p)
{
	memset(p, 0, sizeof(*p));
	p->mode = MPOL_BIND;
	if (!nodes_parse(*arg, &p->nodes))
		return because(s, BAD_USAGE, "'%s' is no node list below %d",
			       *arg, MAX_NODES);
	while (*++arg) {
		int mode = word_index(mode_word, *arg);

		if (mode >= 0)
			p->mode = mode | (p->mode & ~MPOL_BIND);
		else if (!policy_flag(p, *arg))
			return because(s, BAD_USAGE, "no mode or flag '%s'", *arg);
	}
	return 0;
}

int verb_bind(struct script *s, char **arg)
{
	struct policy p;
	struct window w;
	int ret = policy_parse(s, arg, &p);

	if (ret)
		return ret;
	if (!window_get(s, &w))
		return no_area(s);
	if (sys_mbind(w.base, w.len, p.mode, &p.nodes, p.flags) < 0)
		return because(s, errno, "mbind");
	return 0;
}

int verb_policy(struct script *s, char **arg)
{
	struct policy p;
	int ret = policy_parse(s, arg, &p);

	if (ret)
		return ret;
	if (p.flags)
		return because(s, BAD_USAGE, "mbind flags on a task policy");
	if (sys_set_mempolicy(p.mode, &p.nodes) < 0)
		return because(s, errno, "set_mempolicy");
	return 0;
}

int verb_home(struct script *s, char **arg)
{
	struct window w;
	long node;

	if (!parse_count(arg[0], &node))
		return because(s, BAD_USAGE, "the home node must be a number");
	if (!window_get(s, &w))
		return no_area(s);
	if (sys_set_home_node(w.base, w.len, (unsigned long)node) < 0)
		return because(s, errno, "set_mempolicy_home_node");
	return 0;
}

static int policy_compare(struct script *s, const struct policy *want, int mode,
			  const struct nodes *got)
{
	char a[64], b[64];

	nodes_print(&want->nodes, a, sizeof(a));
	nodes_print(got, b, sizeof(b));
	if (mode == want->mode && nodes_equal(&want->nodes, got))
		return 0;
	return because(s, CHECK_FAILED,
		       "the policy is mode 0x%x nodes %s, wanted 0x%x nodes %s",
		       (unsigned int)mode, b, (unsigned int)want->mode, a);
}

static int check_policy(struct script *s, char **arg, void *addr)
{
	struct policy want;
	struct nodes got = { { 0 } };
	int mode = -1;
	int ret = policy_parse(s, arg, &want);

	if (ret)
		return ret;
	if (sys_get_mempolicy(&mode, &got, addr, addr ? MPOL_F_ADDR : 0) < 0)
		return because(s, errno, "get_mempolicy");
	return policy_compare(s, &want, mode, &got);
}

int verb_policy_is(struct script *s, char **arg)
{
	struct window w;

	return window_get(s, &w) ? check_policy(s, arg, w.base) : no_area(s);
}

int verb_task_policy_is(struct script *s, char **arg)
{
	return check_policy(s, arg, NULL);
}

/* get_mempolicy(MPOL_F_NODE | MPOL_F_ADDR) of every page. */
int verb_tells(struct script *s, char **arg)
{
	struct window w;
	long want;

	if (!parse_count(arg[0], &want))
		return because(s, BAD_USAGE, "the node must be a number");
	if (!window_get(s, &w))
		return no_area(s);
	for (size_t off = 0; off < w.len; off += PAGE_SIZE) {
		int node = -1;

		if (sys_get_mempolicy(&node, NULL, w.base + off,
				      MPOL_F_NODE | MPOL_F_ADDR) < 0)
			return because(s, errno, "get_mempolicy");
		if (node != want)
			return because(s, CHECK_FAILED,
				       "page %zu is said to be on node %d",
				       off / PAGE_SIZE, node);
	}
	return 0;
}
