// SPDX-License-Identifier: GPL-2.0
/* Which device a section of the config is for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "message.h"
#include "text.h"

static bool matches(const struct section *section, const struct identity *id)
{
	for (int i = 0; i < NR_IDENTITIES; i++) {
		const char *wanted = section->match[i];

		if (wanted && (!id->value[i] ||
			       !identity_agrees((enum identity_key)i, id->value[i], wanted)))
			return false;
	}
	return true;
}

static void find_device(struct section *section, const struct devices *devices,
			const struct identity *ids)
{
	int nr = 0;

	for (int i = 0; i < devices->nr; i++) {
		char *longer;

		if (!matches(section, &ids[i]))
			continue;
		longer = xasprintf("%s%s%s", nr ? section->device : "", nr ? " and " : "",
				   devices->dev[i].name);
		free(section->device);
		section->device = longer;
		nr++;
	}
	section->ambiguous = nr > 1;
	if (section->ambiguous)
		(void)complain(section->where, ENOTUNIQ, "add another match key", "it matches %s",
			       section->device);
}

/* Nobody can say which of them is meant, so it is none. */
static void find_rival(const struct config *config, struct section *section)
{
	for (int i = 0; i < config->nr && !section->ambiguous; i++) {
		const struct section *other = &config->section[i];

		if (other == section || !section->device || !other->device ||
		    strcmp(section->device, other->device) != 0)
			continue;
		section->ambiguous = true;
		(void)complain(section->where, ENOTUNIQ, "remove one of them",
			       "%s is matched by %s, too", other->device, other->where);
	}
}

static void drop_ambiguous(struct config *config)
{
	int kept = 0;

	for (int i = 0; i < config->nr; i++) {
		if (config->section[i].ambiguous)
			config_skip(config, &config->section[i]);
		else
			config->section[kept++] = config->section[i];
	}
	config->nr = kept;
}

static void pair(struct config *config, const struct devices *devices, const char *telling)
{
	struct identity *ids = xcalloc((size_t)devices->nr + 1, sizeof(*ids));

	for (int i = 0; i < devices->nr; i++)
		identity_read(&ids[i], &devices->dev[i]);
	severity = telling;
	for (int i = 0; i < config->nr; i++)
		find_device(&config->section[i], devices, ids);
	for (int i = 0; i < config->nr; i++)
		find_rival(config, &config->section[i]);
	severity = "error";
	for (int i = 0; i < devices->nr; i++)
		identity_free(&ids[i]);
	free(ids);
	drop_ambiguous(config);
}

/**
 * config_pair() - find the device of each section
 * @config: the sections; those that are ambiguous are told and dropped
 * @devices: all that there are
 * @lenient: the former are told as warnings
 */
void config_pair(struct config *config, const struct devices *devices, bool lenient)
{
	pair(config, devices, lenient ? "warning" : "error");
}

/**
 * config_pair_silently() - config_pair() that does not tell what is ambiguous
 * @config: the sections
 * @devices: all that there are
 */
void config_pair_silently(struct config *config, const struct devices *devices)
{
	pair(config, devices, NULL);
}

/**
 * config_find() - the section of a device
 * @config: the sections, paired
 * @device: the name of the device
 *
 * Return: the section, or NULL
 */
const struct section *config_find(const struct config *config, const char *device)
{
	for (int i = 0; i < config->nr; i++)
		if (config->section[i].device && !strcmp(config->section[i].device, device))
			return &config->section[i];
	return NULL;
}

/**
 * config_skipped() - what was skipped, and may be the section of a device
 * @config: the sections, paired
 * @dev: the device
 * @sure: where it goes whether that is known; else it can be any device's
 *
 * Return: a section, or NULL
 */
const struct section *config_skipped(const struct config *config, const struct device *dev,
				     bool *sure)
{
	const struct section *found = NULL;
	struct identity id;

	*sure = false;
	identity_read(&id, dev);
	for (int i = 0; i < config->nr_skipped && !*sure; i++) {
		const struct section *section = &config->skipped[i];

		*sure = !section->unclear && matches(section, &id);
		if (*sure || (section->unclear && !found))
			found = section;
	}
	identity_free(&id);
	return found;
}

/**
 * config_claim() - the section that a device has, or would have if that were right
 * @config: the sections, paired
 * @dev: the device
 *
 * Return: the section, which may be one that is skipped, or NULL
 */
const struct section *config_claim(const struct config *config, const struct device *dev)
{
	const struct section *section = config_find(config, dev->name);
	bool sure = true;

	if (!section)
		section = config_skipped(config, dev, &sure);
	return sure ? section : NULL;
}

/**
 * config_named() - the section of a name
 * @config: the sections
 * @name: the name
 *
 * Return: the section, or NULL
 */
const struct section *config_named(const struct config *config, const char *name)
{
	for (int i = 0; i < config->nr; i++)
		if (!strcmp(config->section[i].name, name))
			return &config->section[i];
	return NULL;
}
