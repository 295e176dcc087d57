// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "monitor.h"
#include "text.h"

/* Where a mark is, rounded as the kernel does. */
static uint64_t mark_bytes(const struct seen *seen, enum level mark)
{
	return seen->backed / 100 * seen->mark[mark] +
	       seen->backed % 100 * seen->mark[mark] / 100;
}

/* As the gate has it: it closes at the high mark, and is throttled above the low one. */
static enum level level_of(const struct seen *seen)
{
	if (!seen->backed || !seen->mark[LEVEL_HIGH])
		return LEVEL_NONE;
	if (seen->used >= mark_bytes(seen, LEVEL_HIGH))
		return LEVEL_HIGH;
	return seen->used > mark_bytes(seen, LEVEL_LOW) ? LEVEL_LOW : LEVEL_NONE;
}

static void see(struct look *look, const struct device *dev)
{
	struct seen *seen;

	look->seen = xrealloc(look->seen, (size_t)look->nr + 1, sizeof(*seen));
	seen = &look->seen[look->nr++];
	*seen = (struct seen){
		.name = xstrdup(dev->name),
		.mode = dev->mode,
		.driver = dev->driver ? xstrdup(dev->driver) : NULL,
		.node = dev->node,
		.state = dev->state ? xstrdup(dev->state) : NULL,
	};
	if (dev->mode != MODE_CRAM)
		return;
	seen->gate = device_attr(dev, "gate");
	(void)device_number(dev, "used", &seen->used);
	(void)device_number(dev, "capacity", &seen->backed);
	(void)device_number(dev, "low_mark", &seen->mark[LEVEL_LOW]);
	(void)device_number(dev, "high_mark", &seen->mark[LEVEL_HIGH]);
	seen->level = level_of(seen);
}

/**
 * look_take() - look at the devices now
 * @look: what is filled in, to be given to look_free()
 * @argc: number of devices that are named; 0: all
 * @argv: their names; those that are not there are left out
 *
 * Return: 0 or a negative error number; an error was told
 */
int look_take(struct look *look, int argc, char **argv)
{
	struct devices devices;
	int ret;

	*look = (struct look){ .nr = 0 };
	ret = devices_load(&devices);
	if (ret)
		return ret;
	for (int i = 0; i < devices.nr; i++)
		if (device_is_named(&devices.dev[i], argc, argv))
			see(look, &devices.dev[i]);
	devices_free(&devices);
	return 0;
}

static void forget(struct seen *seen)
{
	free(seen->driver);
	free(seen->state);
	free(seen->gate);
	seen->driver = NULL;
	seen->state = NULL;
	seen->gate = NULL;
	seen->level = LEVEL_NONE;
}

void look_free(struct look *look)
{
	for (int i = 0; i < look->nr; i++) {
		forget(&look->seen[i]);
		free(look->seen[i].name);
	}
	free(look->seen);
	*look = (struct look){ .nr = 0 };
}

struct seen *look_find(const struct look *look, const char *name)
{
	for (int i = 0; i < look->nr; i++)
		if (!strcmp(look->seen[i].name, name))
			return &look->seen[i];
	return NULL;
}

bool seen_plugged(const struct seen *seen)
{
	return seen->state && strcmp(seen->state, "unplugged") != 0;
}

/**
 * seen_unbind() - the kernel says that the device was unbound
 * @seen: the device, that may be bound anew by now
 */
void seen_unbind(struct seen *seen)
{
	forget(seen);
	seen->mode = MODE_DISABLED;
}
