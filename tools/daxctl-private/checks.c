// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks.h"
#include "output.h"
#include "sysfs.h"
#include "text.h"

static void add(struct checks *checks, const char *check, const char *about, bool ok,
		char *seen)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "check", check);
	add_text(obj, "about", about);
	json_object_object_add(obj, "ok", json_object_new_boolean(ok));
	add_text(obj, "seen", seen);
	json_object_array_add(checks->array, obj);
	free(seen);
}

/**
 * check_ok() - something was looked at, and is as it should be
 * @checks: where it goes
 * @check: what was looked at, a word that stays the same
 * @about: the device or whatever else, NULL: the machine
 * @format: what was found, as of printf()
 */
void check_ok(struct checks *checks, const char *check, const char *about,
	      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(checks, check, about, true, xvasprintf(format, args));
	va_end(args);
}

/**
 * check_problem() - something was looked at, and is not as it should be
 * @checks: where it goes
 * @check: what was looked at
 * @about: the device or whatever else, NULL: the machine
 * @format: what was found, as of printf()
 *
 * check_remedy() comes next.
 */
void check_problem(struct checks *checks, const char *check, const char *about,
		   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(checks, check, about, false, xvasprintf(format, args));
	va_end(args);
	checks->problems++;
}

/**
 * check_remedy() - what would help
 * @checks: the last one gets it
 * @format: the command or whatever else, as of printf()
 */
void check_remedy(struct checks *checks, const char *format, ...)
{
	size_t nr = json_object_array_length(checks->array);
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	add_text(json_object_array_get_idx(checks->array, nr - 1), "remedy", text);
	free(text);
}

/**
 * device_range() - addresses of a device
 * @dev: the device
 * @i: which of its ranges, from 0
 * @start: where the first byte goes
 * @end: where the first byte after it goes
 * @known: becomes false if there is such a range, but it is told to root only
 *
 * Return: whether there is such a range, and it is known
 */
bool device_range(const struct device *dev, int i, uint64_t *start, uint64_t *end, bool *known)
{
	char *from = xasprintf("mapping%d/start", i), *to = xasprintf("mapping%d/end", i);
	bool ok = device_number(dev, from, start) && device_number(dev, to, end);

	*end += ok;
	if (!ok && sysfs_exists("/sys/bus/dax/devices/%s/mapping%d", dev->name, i))
		*known = false;
	free(from);
	free(to);
	return ok;
}

/**
 * range_text() - a range as /proc/iomem has it
 * @start: the first byte
 * @end: the first byte after it
 *
 * Return: the text, to be freed
 */
char *range_text(uint64_t start, uint64_t end)
{
	return xasprintf("%#" PRIx64 "-%#" PRIx64, start, end - 1);
}

static const char *field(struct json_object *obj, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(obj, key, &value) ? json_object_get_string(value) : NULL;
}

/**
 * print_checks() - the list for people
 * @checks: what was looked at
 */
void print_checks(const struct checks *checks)
{
	for (size_t i = 0; i < json_object_array_length(checks->array); i++) {
		struct json_object *obj = json_object_array_get_idx(checks->array, i);
		const char *about = field(obj, "about"), *remedy = field(obj, "remedy");

		(void)printf("%-8s %s%s%s: %s\n", remedy ? "problem" : "ok", field(obj, "check"),
			     about ? " of " : "", about ? about : "", field(obj, "seen"));
		if (remedy)
			(void)printf("%-8s %s\n", "  remedy", remedy);
	}
}
