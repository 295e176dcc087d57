// SPDX-License-Identifier: GPL-2.0
/* Words that the completion of the shell offers, a line each. */
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "complete.h"
#include "device.h"
#include "message.h"
#include "policy.h"

static void list_modes(void)
{
	enum mode mode;

	for (int i = MODE_DISABLED; i <= MODE_OTHER; i++)
		if (mode_parse(mode_name((enum mode)i), &mode))
			(void)puts(mode_name(mode));
}

static void list_preset(const struct preset *preset)
{
	for (const char *c = preset->values; *c; c++)
		(void)putchar(*c == ' ' ? '\n' : *c);
	(void)putchar('\n');
}

static void list_name(void *arg, const char *name)
{
	(void)arg;
	(void)puts(name);
}

static int list_presets(const char *of)
{
	bool all = !strcmp(of, "presets"), found = all;

	for (const struct preset *preset = presets; preset->name; preset++) {
		if (all) {
			(void)puts(preset->name);
		} else if (!strcmp(of, preset->name)) {
			list_preset(preset);
			found = true;
		}
	}
	return found ? EXIT_DONE : usage_error("--list-values: there are no values of '%s'", of);
}

/**
 * list_values() - print what a word may stand for
 * @of: modes, zones, attributes, columns, region-columns, presets, or the name of a
 * preset
 *
 * Return: the exit code
 */
int list_values(const char *of)
{
	if (!strcmp(of, "modes")) {
		list_modes();
	} else if (!strcmp(of, "zones")) {
		(void)puts("movable\nkernel");
	} else if (!strcmp(of, "attributes")) {
		for (int i = 0; i < NR_ATTRIBUTES; i++)
			(void)puts(attributes[i].name);
	} else if (!strcmp(of, "columns")) {
		columns_each(OF_DEVICES, list_name, NULL);
	} else if (!strcmp(of, "region-columns")) {
		columns_each(OF_REGIONS, list_name, NULL);
	} else {
		return list_presets(of);
	}
	return EXIT_DONE;
}
