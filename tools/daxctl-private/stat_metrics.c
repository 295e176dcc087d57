// SPDX-License-Identifier: GPL-2.0
/*
 * OpenMetrics text, of which the textfile collector of Prometheus' node_exporter
 * reads all that is here: it knows gauges and counters, and units as comments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "stats.h"
#include "text.h"

#define PREFIX	"dax_private_"

/* Names of devices, modes and gates need no escapes. */
static void print_labels(const struct node_stat *node)
{
	(void)printf("{device=\"%s\",node=\"%d\",mode=\"%s\"", node->devices, node->node,
		     mode_name(node->mode));
}

static void print_family(const char *name, const char *type, const char *unit, const char *help)
{
	(void)printf("# TYPE " PREFIX "%s %s\n", name, type);
	if (unit)
		(void)printf("# UNIT " PREFIX "%s %s\n", name, unit);
	(void)printf("# HELP " PREFIX "%s %s\n", name, help);
}

/* ---- gauges --------------------------------------------------------------- */

static uint64_t promised(const struct node_stat *node)
{
	return node->use.promised;
}

static uint64_t backed(const struct node_stat *node)
{
	return node->use.backed;
}

static uint64_t resident(const struct node_stat *node)
{
	return node->use.resident;
}

static uint64_t used(const struct node_stat *node)
{
	return node->use.used;
}

static void print_sizes(const struct sample *sample)
{
	static const struct {
		const char *name, *help;
		uint64_t (*get)(const struct node_stat *node);
	} sizes[] = {
		{ "promised_bytes", "Memory that the node has for processes.", promised },
		{ "backed_bytes", "What the device has to hold it.", backed },
		{ "resident_bytes", "Memory on the node that is in use.", resident },
		{ "used_bytes", "What that takes of the device.", used },
	};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		print_family(sizes[s].name, "gauge", "bytes", sizes[s].help);
		for (int i = 0; i < sample->nr; i++) {
			const struct node_stat *node = &sample->node[i];

			(void)printf(PREFIX "%s", sizes[s].name);
			print_labels(node);
			(void)printf("} %ju\n", (uintmax_t)sizes[s].get(node));
		}
	}
}

static void print_plugged(const struct sample *sample)
{
	print_family("plugged", "gauge", NULL, "1 if the memory of the device is with its node.");
	for (int i = 0; i < sample->nr; i++) {
		(void)printf(PREFIX "plugged");
		print_labels(&sample->node[i]);
		(void)printf("} %d\n", sample->node[i].plugged);
	}
}

static void print_gates(const struct sample *sample)
{
	static const char *const gates[] = { "open", "throttled", "closed" };

	print_family("gate", "gauge", NULL, "1 for the state that the gate of compressed RAM is in.");
	for (int i = 0; i < sample->nr; i++) {
		const struct node_stat *node = &sample->node[i];

		for (size_t g = 0; node->gate && g < sizeof(gates) / sizeof(*gates); g++) {
			(void)printf(PREFIX "gate");
			print_labels(node);
			(void)printf(",gate=\"%s\"} %d\n", gates[g], !strcmp(node->gate, gates[g]));
		}
	}
}

static void print_ratios(const struct sample *sample)
{
	print_family("compression_ratio", "gauge", "ratio",
		     "Bytes that processes see for each one in use; 0 if none is.");
	for (int i = 0; i < sample->nr; i++) {
		if (!sample->node[i].compressed)
			continue;
		(void)printf(PREFIX "compression_ratio");
		print_labels(&sample->node[i]);
		(void)printf("} %.3f\n", (double)sample->node[i].ratio / 1000);
	}
}

static bool has_compressed(const struct sample *sample)
{
	for (int i = 0; i < sample->nr; i++)
		if (sample->node[i].compressed)
			return true;
	return false;
}

/* ---- counters ------------------------------------------------------------- */

static const char *counter_help(const char *name)
{
	static const struct {
		const char *name, *help;
	} helps[] = {
		{ "placed", "Pages taken from the node." },
		{ "refused", "Pages asked of the node and not given." },
		{ "demoted", "Pages of those placed that demotion brought." },
		{ "promoted", "Pages that NUMA balancing moved to where they are used." },
		{ "reclaimed", "Pages that reclaim freed." },
		{ "write_promoted", "Pages copied to ordinary memory as they were written to." },
		{ "scrubbed", "Pages zeroed when they were freed or plugged." },
		{ "evicted", "Pages that left because the gate was closed." },
		{ "trimmed", "Free pages that the device was told of." },
		{ "numa_hit", "Allocations from the node that were meant for it." },
		{ "numa_miss", "Allocations from the node that were meant for another one." },
		{ "pgdemote", "Pages that were demoted from the node." },
		{ "pgpromote_success", "Pages that were promoted to the node." },
		{ "workingset_refault_anon", "Pages that came back from swap soon." },
	};

	for (size_t i = 0; i < sizeof(helps) / sizeof(*helps); i++)
		if (!strcmp(helps[i].name, name))
			return helps[i].help;
	return "A counter of the kernel.";
}

static bool counts_pages(const char *name)
{
	return strncmp(name, "numa_", 5) != 0;
}

static void print_counter(const struct sample *sample, const char *name)
{
	const char *unit = counts_pages(name) ? "pages" : "allocations";
	char *family = xasprintf("%s_%s", name, unit);

	print_family(family, "counter", unit, counter_help(name));
	for (int i = 0; i < sample->nr; i++) {
		const struct node_stat *node = &sample->node[i];

		for (int j = 0; j < node->nr; j++) {
			if (strcmp(node->counter[j].name, name) != 0)
				continue;
			(void)printf(PREFIX "%s_total", family);
			print_labels(node);
			(void)printf("} %ju\n", (uintmax_t)node->counter[j].value);
		}
	}
	free(family);
}

/* Has a node before this one, or this one before, the counter? */
static bool was_printed(const struct sample *sample, int node, const char *name)
{
	for (int i = 0; i < node; i++)
		for (int j = 0; j < sample->node[i].nr; j++)
			if (!strcmp(sample->node[i].counter[j].name, name))
				return true;
	return false;
}

/**
 * stat_openmetrics() - print nodes for a collector of metrics
 * @sample: the nodes
 */
void stat_openmetrics(const struct sample *sample)
{
	if (sample->nr) {
		print_plugged(sample);
		print_sizes(sample);
	}
	if (has_compressed(sample)) {
		print_gates(sample);
		print_ratios(sample);
	}
	for (int i = 0; i < sample->nr; i++)
		for (int j = 0; j < sample->node[i].nr; j++)
			if (!was_printed(sample, i, sample->node[i].counter[j].name))
				print_counter(sample, sample->node[i].counter[j].name);
	(void)puts("# EOF");
}
