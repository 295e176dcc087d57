/* SPDX-License-Identifier: GPL-2.0 */
/* The values of a device that belong together. */
#ifndef POLICY_H
#define POLICY_H

#include "command.h"
#include "device.h"
#include "plan.h"

enum value_kind {
	VALUE_SWITCH,		/* 0 or 1 */
	VALUE_NUMBER,		/* above 0 */
	VALUE_NODE,
	VALUE_BYTES,		/* above 0, with k, m, g, t */
	VALUE_PERCENT,
	VALUE_WORD,
};

struct attribute {
	const char *name;
	enum value_kind kind;
	unsigned int modes;	/* 1 << MODE_..., those that have it */
	bool unplugged_only;	/* cannot be set while plugged */
};

#define NR_ATTRIBUTES	14

extern const struct attribute attributes[NR_ATTRIBUTES];

/* By the index of the attribute. */
struct policy {
	char *value[NR_ATTRIBUTES];	/* NULL: as it is */
	bool unclear[NR_ATTRIBUTES];	/* what was wanted made no sense, and was told */
};

struct preset {
	const char *name;
	enum mode mode;
	const char *values;
	const char *help;
};

extern const struct preset presets[];

/* What the command line says of it. */
struct policy_options {
	const char *preset;
	bool above_dram, below_dram;
	struct texts values;	/* NAME=VALUE */
};

#define POLICY_OPTIONS(o) \
	TEXT('p', "preset", &(o)->preset, "NAME", \
	     "isolated, bind-only, pool, far-tier, near-tier or compressed"), \
	FLAG(0, "above-dram", &(o)->above_dram, "a tier above DRAM: adistance=448"), \
	FLAG(0, "below-dram", &(o)->below_dram, "a tier below DRAM: adistance=2880"), \
	TEXTS('s', "set", &(o)->values, "NAME=VALUE", "set a value; may be given again")

int policy_read(struct policy *policy, const char *device, const struct policy_options *options);
int policy_set(struct policy *policy, const char *device, const char *name_value);
int policy_check(const struct policy *policy, const struct device *dev, enum mode mode,
		 bool plugged);
bool attribute_is_policy(const struct attribute *attr);
bool policy_names_node(const struct policy *policy);
void policy_keep(struct plan *plan);
void policy_plan(const struct policy *policy, enum mode mode, struct plan *plan);
void tell_shared(const struct device *dev, const struct plan *plan);
void policy_free(struct policy *policy);

#endif
