// SPDX-License-Identifier: GPL-2.0
/* Node ids that a private node could have. */
#include <errno.h>
#include <stdlib.h>

#include "bootparam.h"
#include "checks.h"
#include "message.h"
#include "node.h"
#include "sysfs.h"

static bool is_wanted(const struct devices *devices, int node)
{
	for (int i = 0; i < devices->nr; i++)
		if (devices->dev[i].node == node)
			return true;
	return false;
}

/**
 * node_is_taken() - has the node what a private node must not have?
 * @node: the node
 *
 * Return: what it has; NULL: nothing
 */
const char *node_is_taken(int node)
{
	if (node_has_state("has_memory", node))
		return "ordinary memory";
	return node_has_state("has_cpu", node) ? "CPUs" : NULL;
}

/**
 * check_spare_node() - could a device be plugged to the node?
 * @device: its name
 * @node: the node, or NO_NODE
 *
 * Private memory that the node has is no reason against it, as it can be shared.
 *
 * Return: 0, or a negative error number if not, which was told
 */
int check_spare_node(const char *device, int node)
{
	static const char hint[] = "daxctl-private doctor tells which are spare; give node=NUMBER";
	const char *taken;

	if (node == NO_NODE)
		return complain(device, EINVAL, hint, "the firmware gives it no node");
	if (!node_has_state("possible", node))
		return complain(device, EINVAL, hint, "node %d is not possible", node);
	taken = node_is_taken(node);
	if (taken)
		return complain(device, EBUSY, hint, "node %d has %s", node, taken);
	return 0;
}

/**
 * spare_nodes() - possible nodes that nobody has or would get
 * @devices: all dax devices
 * @first: where the first of them goes; NO_NODE without one
 *
 * Return: how many there are
 */
int spare_nodes(const struct devices *devices, int *first)
{
	char *possible = sysfs_read("/sys/devices/system/node/possible");
	int nr = 0;

	*first = NO_NODE;
	for (int node = 0; node < MAX_NODES; node++) {
		if (!node_in_list(possible, node) || is_wanted(devices, node) ||
		    node_is_taken(node) || node_has_state("has_memory_private", node))
			continue;
		if (!nr++)
			*first = node;
	}
	free(possible);
	return nr;
}

/**
 * more_spare_nodes() - what helps if there are not enough of them
 * @checks: the last one gets the remedy
 */
void more_spare_nodes(struct checks *checks)
{
	long long nr = bootparam_private_nodes();

	if (nr > 0 && checks->no_feature)
		check_remedy(checks, "boot a kernel with the patches: this one does not know private_nodes=%lld",
			     nr);
	else
		check_remedy(checks, "boot with private_nodes=%lld on the kernel's command line",
			     nr + 1);
}
