// SPDX-License-Identifier: GPL-2.0
/*
 * Node lists and the NUMA system calls. libnuma is not used: it refuses nodes
 * that it does not find in its own idea of the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memscript.h"

#define BITS_PER_LONG	(8 * sizeof(unsigned long))
/* The kernel takes one bit less than it is told. */
#define MAXNODE		(MAX_NODES + 1)

static bool nodes_set(struct nodes *n, unsigned long first, unsigned long last)
{
	if (first > last || last >= MAX_NODES)
		return false;
	for (; first <= last; first++)
		n->bits[first / BITS_PER_LONG] |= 1UL << (first % BITS_PER_LONG);
	return true;
}

static bool nodes_set_range(struct nodes *n, const char *text)
{
	char *end;
	unsigned long first = strtoul(text, &end, 10);
	unsigned long last = first;

	if (end == text)
		return false;
	if (*end == '-') {
		text = end + 1;
		last = strtoul(text, &end, 10);
		if (end == text)
			return false;
	}
	return *end == '\0' && nodes_set(n, first, last);
}

/* "0", "0,2", "0-1,3" or "none". */
bool nodes_parse(const char *text, struct nodes *n)
{
	char copy[128];
	char *save = NULL;

	memset(n, 0, sizeof(*n));
	if (!strcmp(text, "none"))
		return true;
	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text); /* NOLINT(clang-analyzer-security.*): length checked */
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save))
		if (!nodes_set_range(n, p))
			return false;
	return true;
}

static bool nodes_has(const struct nodes *n, unsigned int node)
{
	return n->bits[node / BITS_PER_LONG] >> (node % BITS_PER_LONG) & 1;
}

void nodes_print(const struct nodes *n, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned int node = 0; node < MAX_NODES && used < size; node++)
		if (nodes_has(n, node))
			used += (size_t)snprintf(buf + used, size - used, "%s%u",
						 used ? "," : "", node);
	if (!used)
		(void)snprintf(buf, size, "none");
}

bool nodes_equal(const struct nodes *a, const struct nodes *b)
{
	return !memcmp(a, b, sizeof(*a));
}

long sys_mbind(void *addr, size_t len, int mode, const struct nodes *n,
	       unsigned int flags)
{
	return syscall(SYS_mbind, addr, len, mode, n->bits, MAXNODE, flags);
}

long sys_set_mempolicy(int mode, const struct nodes *n)
{
	return syscall(SYS_set_mempolicy, mode, n->bits, MAXNODE);
}

long sys_get_mempolicy(int *mode, struct nodes *n, void *addr,
		       unsigned long flags)
{
	return syscall(SYS_get_mempolicy, mode, n ? n->bits : NULL,
		       n ? MAXNODE : 0, addr, flags);
}

long sys_set_home_node(void *addr, size_t len, unsigned long node)
{
	return syscall(SYS_set_mempolicy_home_node, addr, len, node, 0);
}

long sys_migrate_pages(pid_t pid, const struct nodes *from,
		       const struct nodes *to)
{
	return syscall(SYS_migrate_pages, pid, MAXNODE, from->bits, to->bits);
}

long sys_move_pages(pid_t pid, unsigned long count, void **pages,
		    const int *nodes, int *status, int flags)
{
	return syscall(SYS_move_pages, pid, count, pages, nodes, status, flags);
}
