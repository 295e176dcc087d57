// SPDX-License-Identifier: GPL-2.0
/* The lines that "monitor" prints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor.h"
#include "output.h"
#include "text.h"

static void add_time(struct json_object *obj)
{
	struct timespec now;
	char *text;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	text = xasprintf("%lld.%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000);
	json_object_object_add(obj, "timestamp",
			       json_object_new_double_s((double)now.tv_sec, text));
	free(text);
}

static struct json_object *new_event(const char *event, const struct seen *seen)
{
	struct json_object *obj = json_object_new_object();

	add_time(obj);
	add_text(obj, "event", event);
	add_text(obj, "chardev", seen->name);
	add_text(obj, "mode", mode_name(seen->mode));
	if (seen->node != NO_NODE)
		add_number(obj, "node", seen->node);
	add_text(obj, "state", seen->state);
	add_text(obj, "gate", seen->gate);
	if (seen->gate) {
		add_size(obj, "used", seen->used);
		add_size(obj, "backed", seen->backed);
	}
	return obj;
}

/* At once: who reads it waits for it. */
static void print_event(struct events *events, struct json_object *obj)
{
	if (events->nr < events->max) {
		print_line(obj);
		(void)fflush(stdout);
		events->nr++;
	} else {
		json_object_put(obj);
	}
}

/**
 * events_add() - print something that happened to a device
 * @events: how many there were, and may be
 * @event: what happened
 * @seen: the device as it was then
 */
void events_add(struct events *events, const char *event, const struct seen *seen)
{
	print_event(events, new_event(event, seen));
}

static bool differs(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

static void add_gate(struct events *events, const struct seen *was, const struct seen *is)
{
	struct json_object *obj = new_event("gate", is);

	add_text(obj, "former", was->gate);
	print_event(events, obj);
}

/* From one level to the next one: a mark for each. */
static void add_marks(struct events *events, const struct seen *was, const struct seen *is)
{
	static const char *const names[] = {
		[LEVEL_LOW] = "low_mark",
		[LEVEL_HIGH] = "high_mark",
	};
	int level = (int)was->level;

	while (level != (int)is->level) {
		bool up = level < (int)is->level;
		int mark = up ? level + 1 : level;
		struct json_object *obj = new_event("mark", is);

		add_text(obj, "mark", names[mark]);
		add_count(obj, "percent", is->mark[mark]);
		add_text(obj, "direction", up ? "above" : "below");
		print_event(events, obj);
		level += up ? 1 : -1;
	}
}

/* What became of one that has the same driver still. */
static void compare_same(struct events *events, const struct seen *was, const struct seen *is)
{
	if (differs(was->state, is->state))
		events_add(events, seen_plugged(is) ? "plugged" : "unplugged", is);
	add_marks(events, was, is);
	if (was->gate && is->gate && differs(was->gate, is->gate))
		add_gate(events, was, is);
}

static void compare(struct events *events, const struct seen *was, const struct seen *is)
{
	if (!differs(was->driver, is->driver)) {
		compare_same(events, was, is);
		return;
	}
	if (was->driver)
		events_add(events, "unbound", was);
	if (is->driver)
		events_add(events, "bound", is);
	if (seen_plugged(is))
		events_add(events, "plugged", is);
}

/**
 * events_between() - print what happened between two looks
 * @events: how many there were, and may be
 * @before: the earlier look
 * @now: the later one
 */
void events_between(struct events *events, const struct look *before, const struct look *now)
{
	for (int i = 0; i < before->nr; i++)
		if (!look_find(now, before->seen[i].name))
			events_add(events, "removed", &before->seen[i]);
	for (int i = 0; i < now->nr; i++) {
		const struct seen *was = look_find(before, now->seen[i].name);

		if (was)
			compare(events, was, &now->seen[i]);
		else
			events_add(events, "added", &now->seen[i]);
	}
}
