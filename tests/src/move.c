// SPDX-License-Identifier: GPL-2.0
/* Verbs that move pages between nodes. */
#include <errno.h>
#include <limits.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memscript.h"

#define ANY_STATUS	INT_MAX

/* A page's status is a node, or a negative errno. */
static bool status_parse(const char *text, int *status)
{
	long node;

	if (!strcmp(text, "any")) {
		*status = ANY_STATUS;
		return true;
	}
	if (parse_count(text, &node)) {
		*status = (int)node;
		return true;
	}
	*status = -parse_errno(text);
	return *status != 0;
}

static const char *status_name(int status, char *buf, size_t size)
{
	if (status < 0)
		return errno_name(-status);
	(void)snprintf(buf, size, "node %d", status);
	return buf;
}

/* Every status must be @want, else say which was the first that is not. */
static int check_status(struct script *s, const int *status, size_t count,
			int want)
{
	size_t bad = 0, first = 0;
	char a[16], b[16];

	for (size_t i = 0; i < count; i++)
		if (status[i] != want && !bad++)
			first = i;
	if (!bad || want == ANY_STATUS)
		return 0;
	return because(s, CHECK_FAILED,
		       "%zu of %zu pages do not say %s; page %zu says %s", bad,
		       count, status_name(want, a, sizeof(a)), first,
		       status_name(status[first], b, sizeof(b)));
}

/* @node < 0: only ask. */
static int move_and_check(struct script *s, int node, int flags, int want)
{
	struct window w;
	void **page;
	int *status, *to;
	size_t count;
	long ret;
	int err;

	if (!window_get(s, &w))
		return no_area(s);
	page = page_addresses(&w, &count);
	status = calloc(count, sizeof(*status));
	to = calloc(count, sizeof(*to));
	if (!status || !to)
		die("out of memory");
	for (size_t i = 0; i < count; i++) {
		to[i] = node;
		status[i] = -EREMCHG;	/* not written by the kernel */
	}
	ret = sys_move_pages(0, count, page, node < 0 ? NULL : to, status, flags);
	err = ret < 0 ? because(s, errno, "move_pages")
		      : check_status(s, status, count, want);
	free(page);
	free(status);
	free(to);
	return err;
}

/* move NODE [all] [STATUS] */
int verb_move(struct script *s, char **arg)
{
	int flags = MPOL_MF_MOVE, want;
	long node;

	if (!parse_count(*arg++, &node) || node < 0)
		return because(s, BAD_USAGE, "the target must be a node");
	want = (int)node;
	if (*arg && !strcmp(*arg, "all")) {
		flags = MPOL_MF_MOVE_ALL;
		arg++;
	}
	if (*arg && !status_parse(*arg, &want))
		return because(s, BAD_USAGE, "'%s' is no page status", *arg);
	return move_and_check(s, (int)node, flags, want);
}

int verb_query(struct script *s, char **arg)
{
	int want;

	if (!status_parse(arg[0], &want))
		return because(s, BAD_USAGE, "'%s' is no page status", arg[0]);
	return move_and_check(s, -1, 0, want);
}

/* migrate FROM TO [pid PID] [left any] */
int verb_migrate(struct script *s, char **arg)
{
	struct nodes from, to;
	bool any = false;
	long pid = 0, left;

	if (!nodes_parse(arg[0], &from) || !nodes_parse(arg[1], &to))
		return because(s, BAD_USAGE, "want two node lists");
	for (arg += 2; arg[0] && arg[1]; arg += 2) {
		if (!strcmp(arg[0], "left") && !strcmp(arg[1], "any"))
			any = true;
		else if (strcmp(arg[0], "pid") != 0 || !parse_count(arg[1], &pid))
			return because(s, BAD_USAGE, "what is '%s'?", arg[0]);
	}
	left = sys_migrate_pages((pid_t)pid, &from, &to);
	if (left < 0)
		return because(s, errno, "migrate_pages");
	if (left && !any)
		return because(s, CHECK_FAILED, "%ld pages were not moved", left);
	return 0;
}
