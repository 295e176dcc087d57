// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "message.h"
#include "node.h"
#include "policy.h"
#include "sysfs.h"
#include "text.h"

#define PRIVATE	(1U << MODE_PRIVATE)
#define CRAM	(1U << MODE_CRAM)

/* The tier of DRAM has the abstract distances from 512 on, and is 128 wide. */
#define ABOVE_DRAM	"448"
#define BELOW_DRAM	"2880"
/* The kernel wants the end of a tier to be a number, too. */
#define MAX_ADISTANCE	(INT32_MAX - 128)

enum {
	NODE, ADISTANCE, RECLAIM, DEMOTION, MBIND, INTERLEAVE, MADVISE, NUMA_BALANCE, LTPIN,
	ALGORITHM, CAPACITY, LOW_MARK, HIGH_MARK, WRITABLE_PCT,
};

const struct attribute attributes[NR_ATTRIBUTES] = {
	[NODE]         = { "node", VALUE_NODE, PRIVATE | CRAM, true },
	[ADISTANCE]    = { "adistance", VALUE_NUMBER, PRIVATE | CRAM, true },
	[RECLAIM]      = { "reclaim", VALUE_SWITCH, PRIVATE, false },
	[DEMOTION]     = { "demotion", VALUE_SWITCH, PRIVATE, false },
	[MBIND]        = { "mbind", VALUE_SWITCH, PRIVATE, false },
	[INTERLEAVE]   = { "interleave", VALUE_SWITCH, PRIVATE, false },
	[MADVISE]      = { "madvise", VALUE_SWITCH, PRIVATE, false },
	[NUMA_BALANCE] = { "numa_balance", VALUE_SWITCH, PRIVATE, false },
	[LTPIN]        = { "ltpin", VALUE_SWITCH, PRIVATE, false },
	[ALGORITHM]    = { "algorithm", VALUE_WORD, CRAM, true },
	[CAPACITY]     = { "capacity", VALUE_BYTES, CRAM, false },
	[LOW_MARK]     = { "low_mark", VALUE_PERCENT, CRAM, false },
	[HIGH_MARK]    = { "high_mark", VALUE_PERCENT, CRAM, false },
	[WRITABLE_PCT] = { "writable_pct", VALUE_PERCENT, CRAM, false },
};

const struct preset presets[] = {
	{ "isolated", MODE_PRIVATE,
	  "reclaim=0 demotion=0 mbind=0 interleave=0 madvise=0 numa_balance=0 ltpin=0",
	  "nobody gets any of it" },
	{ "bind-only", MODE_PRIVATE,
	  "reclaim=0 demotion=0 mbind=1 interleave=0 madvise=0 numa_balance=0 ltpin=0",
	  "who names the node gets it, and keeps it" },
	{ "pool", MODE_PRIVATE,
	  "reclaim=0 demotion=0 mbind=1 interleave=1 madvise=1 numa_balance=0 ltpin=1",
	  "for programs that manage memory themselves" },
	{ "far-tier", MODE_PRIVATE,
	  "reclaim=1 demotion=1 mbind=0 interleave=0 madvise=1 numa_balance=1 ltpin=0 adistance=2880",
	  "cold memory comes from DRAM, and goes back when it is used" },
	{ "near-tier", MODE_PRIVATE,
	  "reclaim=1 demotion=1 mbind=1 interleave=0 madvise=1 numa_balance=0 ltpin=0 adistance=448",
	  "who names the node gets it; what is cold goes to DRAM" },
	{ "compressed", MODE_CRAM,
	  "low_mark=80 high_mark=95 writable_pct=0 adistance=2880",
	  "compressed RAM as it is at first" },
	{ NULL, MODE_OTHER, NULL, NULL }
};

/**
 * attribute_is_policy() - is it shown as part of the policy of a device?
 * @attr: the attribute; others are shown beside it
 */
bool attribute_is_policy(const struct attribute *attr)
{
	return attr->kind != VALUE_NODE && attr->kind != VALUE_NUMBER && attr->kind != VALUE_BYTES;
}

static const struct preset *find_preset(const char *name)
{
	for (const struct preset *preset = presets; preset->name; preset++)
		if (!strcmp(preset->name, name))
			return preset;
	return NULL;
}

static int find_attribute(const char *name, size_t len)
{
	for (int i = 0; i < NR_ATTRIBUTES; i++)
		if (strlen(attributes[i].name) == len && !strncmp(attributes[i].name, name, len))
			return i;
	return -1;
}

/* What the kernel wants to have; NULL if it would not take it. */
static char *canonical(enum value_kind kind, const char *value)
{
	long long number = 0;
	uint64_t bytes = 0;

	switch (kind) {
	case VALUE_SWITCH:
		return strcmp(value, "0") != 0 && strcmp(value, "1") != 0 ? NULL : xstrdup(value);
	case VALUE_NUMBER:
		return parse_number(value, &number) && number > 0 && number <= MAX_ADISTANCE ?
			xasprintf("%lld", number) : NULL;
	case VALUE_NODE:
		return parse_number(value, &number) && number >= 0 && number < MAX_NODES ?
			xasprintf("%lld", number) : NULL;
	case VALUE_BYTES:
		return parse_size(value, &bytes) && bytes && bytes <= INT64_MAX ?
			xasprintf("%ju", (uintmax_t)bytes) : NULL;
	case VALUE_PERCENT:
		return parse_number(value, &number) && number >= 0 && number <= 100 ?
			xasprintf("%lld", number) : NULL;
	case VALUE_WORD:
		return *value && !strpbrk(value, " \t\n/") ? xstrdup(value) : NULL;
	}
	return NULL;
}

static const char *wanted(enum value_kind kind)
{
	static const char *const text[] = {
		[VALUE_SWITCH] = "give 0 or 1",
		[VALUE_NUMBER] = "give a number above 0 and below 2147483520",
		[VALUE_NODE] = "give the number of a node",
		[VALUE_BYTES] = "give a size above 0 and below 2^63, as 2g",
		[VALUE_PERCENT] = "give a percentage, 0 to 100",
		[VALUE_WORD] = "give a word",
	};

	return text[kind];
}

static void replace(struct policy *policy, int i, char *value)
{
	free(policy->value[i]);
	policy->value[i] = value;
	policy->unclear[i] = false;
}

/**
 * policy_set() - read one NAME=VALUE
 * @policy: what it goes to; a later value replaces an earlier one
 * @device: who it is for, in messages
 * @name_value: the text
 *
 * Return: 0, or -EINVAL if it makes no sense, which was told
 */
int policy_set(struct policy *policy, const char *device, const char *name_value)
{
	const char *equals = strchr(name_value, '=');
	char *value;
	int i;

	if (!equals)
		return complain(device, EINVAL, "give NAME=VALUE", "'%s'", name_value);
	i = find_attribute(name_value, (size_t)(equals - name_value));
	if (i < 0)
		return complain(device, EINVAL, "see daxctl-private policy --help",
				"'%s' names nothing that can be set", name_value);
	value = canonical(attributes[i].kind, equals + 1);
	replace(policy, i, value);
	policy->unclear[i] = !value;
	if (!value)
		return complain(device, EINVAL, wanted(attributes[i].kind), "%s", name_value);
	return 0;
}

static int set_preset(struct policy *policy, const char *device, const char *name)
{
	const struct preset *preset = find_preset(name);
	char *values, *save = NULL;

	if (!preset)
		return complain(device, EINVAL, "see daxctl-private policy --help",
				"there is no preset '%s'", name);
	values = xstrdup(preset->values);
	for (char *word = strtok_r(values, " ", &save); word; word = strtok_r(NULL, " ", &save))
		(void)policy_set(policy, device, word);
	free(values);
	return 0;
}

/* The adistance that an option stands for; NULL: none, or two of them. */
static const char *tier(const struct policy_options *options)
{
	if (options->above_dram == options->below_dram)
		return NULL;
	return options->above_dram ? ABOVE_DRAM : BELOW_DRAM;
}

static int check_tier(const struct policy *policy, const char *device,
		      const struct policy_options *options)
{
	const char *given = policy->value[ADISTANCE];

	if (!tier(options) || !given || !strcmp(given, tier(options)))
		return 0;
	return complain(device, EINVAL, "give one of them",
			"--%s-dram and adistance=%s contradict each other",
			options->above_dram ? "above" : "below", given);
}

/**
 * policy_read() - what the command line says of the policy
 * @policy: what it goes to; single values win over those of a preset
 * @device: who it is for, in messages
 * @options: the options
 *
 * Return: 0, or -EINVAL if some of it makes no sense, which was told
 */
int policy_read(struct policy *policy, const char *device, const struct policy_options *options)
{
	int bad = options->preset ? set_preset(policy, device, options->preset) : 0;

	if (options->above_dram && options->below_dram)
		bad = complain(device, EINVAL, "give one of them",
			       "--above-dram and --below-dram contradict each other");
	if (tier(options))
		replace(policy, ADISTANCE, xstrdup(tier(options)));
	for (int i = 0; i < options->values.nr; i++)
		if (policy_set(policy, device, options->values.text[i]))
			bad = -EINVAL;
	return check_tier(policy, device, options) ? -EINVAL : bad;
}

void policy_free(struct policy *policy)
{
	for (int i = 0; i < NR_ATTRIBUTES; i++)
		replace(policy, i, NULL);
}

/* ---- rules ---------------------------------------------------------------- */

/* The number that it will be, as the driver has it at first if that is not known. */
static long long outcome(const struct policy *policy, const struct device *dev, enum mode mode,
			 int i, long long at_first)
{
	char *now = !policy->value[i] && dev->mode == mode ? device_attr(dev, attributes[i].name) : NULL;
	const char *value = policy->value[i] ? policy->value[i] : now;
	long long number = at_first;

	if (value)
		(void)parse_number(value, &number);
	free(now);
	return number;
}

static bool changes(const struct policy *policy, const struct device *dev, enum mode mode, int i)
{
	char *now;
	bool same;

	if (!policy->value[i])
		return false;
	if (dev->mode != mode)
		return true;
	now = device_attr(dev, attributes[i].name);
	same = now && !strcmp(now, policy->value[i]);
	free(now);
	return !same;
}

/* A rule about what makes no sense can be told neither kept nor broken. */
static bool is_clear(const struct policy *policy, int i, int j)
{
	return !policy->unclear[i] && !policy->unclear[j];
}

static int check_each(const struct policy *policy, const struct device *dev, enum mode mode,
		      bool plugged)
{
	int broken = 0;

	for (int i = 0; i < NR_ATTRIBUTES; i++) {
		const struct attribute *attr = &attributes[i];

		if (!policy->value[i] && !policy->unclear[i])
			continue;
		if (!(attr->modes & 1U << mode)) {
			(void)complain(dev->name, EINVAL, "see daxctl-private reconfigure-device",
				       "a device in mode %s has no %s", mode_name(mode), attr->name);
			broken++;
		} else if (plugged && attr->unplugged_only && changes(policy, dev, mode, i)) {
			(void)complain(dev->name, EBUSY, "unplug it first",
				       "%s cannot be set while it is plugged", attr->name);
			broken++;
		}
	}
	return broken;
}

/* Memory that is ordinary now can be the device's own, which goes first then. */
static int check_node(const struct policy *policy, const struct device *dev, enum mode mode)
{
	long long node = NO_NODE;

	if (!changes(policy, dev, mode, NODE) || !parse_number(policy->value[NODE], &node))
		return 0;
	if (dev->mode == MODE_SYSTEM_RAM && dev->node == node)
		return 0;
	return check_spare_node(dev->name, (int)node) ? 1 : 0;
}

/**
 * policy_names_node() - does it say which node the device gets?
 * @policy: the policy
 */
bool policy_names_node(const struct policy *policy)
{
	return policy->value[NODE];
}

/**
 * policy_check() - would the kernel take these values together?
 * @policy: the values
 * @dev: the device
 * @mode: the mode that it will have
 * @plugged: whether it is to be plugged meanwhile
 *
 * Each rule that is broken is told; those about values that policy_set() has
 * refused are left out.
 *
 * Return: 0, or -EINVAL
 */
int policy_check(const struct policy *policy, const struct device *dev, enum mode mode,
		 bool plugged)
{
	int broken = check_each(policy, dev, mode, plugged);

	if (!plugged && attributes[NODE].modes & 1U << mode)
		broken += check_node(policy, dev, mode);
	if (mode == MODE_PRIVATE && is_clear(policy, DEMOTION, RECLAIM) &&
	    outcome(policy, dev, mode, DEMOTION, 0) && !outcome(policy, dev, mode, RECLAIM, 0)) {
		(void)complain(dev->name, EINVAL, "set reclaim=1, too, or demotion=0",
			       "demotion needs reclaim");
		broken++;
	}
	if (mode == MODE_CRAM && is_clear(policy, LOW_MARK, HIGH_MARK) &&
	    outcome(policy, dev, mode, LOW_MARK, 80) >= outcome(policy, dev, mode, HIGH_MARK, 95)) {
		(void)complain(dev->name, EINVAL, "both are percentages of the capacity",
			       "low_mark must be below high_mark");
		broken++;
	}
	return broken ? -EINVAL : 0;
}

/* ---- what unbinding loses --------------------------------------------------- */

/* As the driver has it at first. */
#define FIRST_HIGH_MARK	95

/* If it is undone, the last that is kept is written first. */
static void keep_marks(struct plan *plan)
{
	uint64_t low = 0;
	bool high_first;

	/* each has to be on its side of the other one, which is as at first */
	(void)device_number(plan->dev, "low_mark", &low);
	high_first = low >= FIRST_HIGH_MARK;
	plan_keep(plan, high_first ? "low_mark" : "high_mark");
	plan_keep(plan, high_first ? "high_mark" : "low_mark");
}

/* The node that the firmware gives comes back by itself, and none cannot be written. */
static bool must_be_kept(const struct device *dev, const struct attribute *attr)
{
	if (!(attr->modes & 1U << dev->mode) || attr->kind == VALUE_PERCENT)
		return attr->modes & 1U << dev->mode && !strcmp(attr->name, "writable_pct");
	return attr->kind != VALUE_NODE || dev->node != daxctl_dev_get_target_node(dev->dax);
}

/**
 * policy_keep() - the values are to be there if the next step is undone, which loses them
 * @plan: the plan of a device in any mode
 *
 * The first value is written first then: reclaim before demotion.
 */
void policy_keep(struct plan *plan)
{
	if (plan->dev->mode == MODE_CRAM)
		keep_marks(plan);
	for (int i = NR_ATTRIBUTES; i--; )
		if (must_be_kept(plan->dev, &attributes[i]))
			plan_keep(plan, attributes[i].name);
}

/* ---- the order of the writes ---------------------------------------------- */

static bool is(const struct policy *policy, int i, const char *value)
{
	return policy->value[i] && !strcmp(policy->value[i], value);
}

static void plan_if_new(const struct policy *policy, int i, enum mode mode, struct plan *plan)
{
	if (changes(policy, plan->dev, mode, i))
		plan_write(plan, attributes[i].name, policy->value[i], NULL);
}

/* Each mark moves away from the other one first. */
static void plan_marks(const struct policy *policy, enum mode mode, struct plan *plan)
{
	const struct device *dev = plan->dev;
	long long high = 95, low = 80;
	bool high_first;

	if (dev->mode == MODE_CRAM) {
		uint64_t now;

		high = device_number(dev, "high_mark", &now) ? (long long)now : high;
	}
	if (policy->value[LOW_MARK])
		(void)parse_number(policy->value[LOW_MARK], &low);
	high_first = policy->value[LOW_MARK] && low >= high;
	if (high_first)
		plan_if_new(policy, HIGH_MARK, mode, plan);
	plan_if_new(policy, LOW_MARK, mode, plan);
	if (!high_first)
		plan_if_new(policy, HIGH_MARK, mode, plan);
}

static void plan_new_node(const struct policy *policy, enum mode mode, struct plan *plan)
{
	if (!changes(policy, plan->dev, mode, NODE))
		return;
	if (plan->dev->mode == mode)
		policy_keep(plan);
	plan_node(plan, policy->value[NODE]);
}

/**
 * policy_plan() - the writes, in an order in which each is valid
 * @policy: values that policy_check() has found good
 * @mode: the mode that the device will have then
 * @plan: where they go, but for those that the device has already
 */
void policy_plan(const struct policy *policy, enum mode mode, struct plan *plan)
{
	plan_if_new(policy, ADISTANCE, mode, plan);
	plan_if_new(policy, ALGORITHM, mode, plan);
	plan_if_new(policy, CAPACITY, mode, plan);
	/* demotion goes before reclaim goes, and comes after it comes */
	if (is(policy, DEMOTION, "0"))
		plan_if_new(policy, DEMOTION, mode, plan);
	plan_if_new(policy, RECLAIM, mode, plan);
	if (!is(policy, DEMOTION, "0"))
		plan_if_new(policy, DEMOTION, mode, plan);
	for (int i = MBIND; i <= LTPIN; i++)
		plan_if_new(policy, i, mode, plan);
	plan_marks(policy, mode, plan);
	plan_if_new(policy, WRITABLE_PCT, mode, plan);
	/* undoing that can lose all others: what may be refused comes before */
	plan_new_node(policy, mode, plan);
}
