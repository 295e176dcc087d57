// SPDX-License-Identifier: GPL-2.0
/* daxctl-private reserve: set DRAM aside, at the next boot, for a dax device. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bootparam.h"
#include "checks.h"
#include "command.h"
#include "grub.h"
#include "message.h"
#include "output.h"
#include "place.h"
#include "text.h"

static long long node = ANY_NODE;
static const char *at;
static bool apply, take_away, force;

static const struct option_def options[] = {
	NUMBER('N', "node", &node, "NODE", "memory of this node; without it, of the biggest one"),
	TEXT('a', "at", &at, "ADDRESS", "where it starts; without it a good range is found"),
	FLAG('f', "force", &force, "more than half of the memory of a node, too"),
	FLAG(0, "apply", &apply, "write it for GRUB on Debian, too: " GRUB_FILE),
	FLAG(0, "remove", &take_away, "take that file away"),
	END_OF_OPTIONS
};

/* ---- the command line ----------------------------------------------------- */

/* Ids for all that need one: those that were given are in use, or one is spare. */
static long long wanted_nodes(void)
{
	long long nr = bootparam_private_nodes();
	struct devices devices;
	int spare;

	if (nr > 0 && !devices_load(&devices)) {
		nr += !spare_nodes(&devices, &spare);
		devices_free(&devices);
	}
	return nr > 0 ? nr : 1;
}

static char *size_word(uint64_t bytes)
{
	bool gib = !(bytes & ((UINT64_C(1) << 30) - 1));

	return xasprintf("%" PRIu64 "%c", bytes >> (gib ? 30 : 20), gib ? 'G' : 'M');
}

static char *cmdline_of(const struct place *place)
{
	char *size = size_word(place->size), *start = size_word(place->start);
	char *line = xasprintf("memmap=%s%%%s-%d+%#x private_nodes=%lld%s", size, start, E820_RAM,
			       E820_SOFT_RESERVED, wanted_nodes(),
			       place->nokaslr ? " nokaslr" : "");

	free(size);
	free(start);
	return line;
}

/* What the file has is as good, and may be in use already; but memory comes and goes. */
static bool is_applied(struct place *place, const char *cmdline)
{
	char *copy, *word;
	struct memmap m;
	bool same;

	if (!cmdline || strncmp(cmdline, "memmap=", strlen("memmap=")) != 0)
		return false;
	copy = xstrdup(cmdline + strlen("memmap="));
	word = copy;
	word[strcspn(word, " ")] = '\0';
	same = memmap_parse(word, &m) && m.to == E820_SOFT_RESERVED && m.size == place->size &&
	       (place->start == ANYWHERE || place->start == m.start) &&
	       (place->node == ANY_NODE || place->node == place_node_of(m.start)) &&
	       place_is_there(m.start, m.size);
	free(copy);
	if (same) {
		place->start = m.start;
		place->node = place_node_of(m.start);
	}
	return same;
}

/* ---- the result ----------------------------------------------------------- */

static struct json_object *place_to_json(const struct place *place, const char *cmdline)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "cmdline", cmdline);
	add_address(obj, "start", place->start);
	add_size(obj, "size", place->size);
	add_number(obj, "node", place->node);
	return obj;
}

/* TEXT: what the file gets; NULL: it goes. */
static void add_steps(struct json_object *obj, const char *text)
{
	struct json_object *steps = json_object_new_array(), *step = json_object_new_object();

	add_text(step, "step", text ? "write the file" : "remove the file");
	add_text(step, "path", GRUB_FILE);
	add_text(step, "value", text);
	json_object_array_add(steps, step);
	step = json_object_new_object();
	add_text(step, "step", "run update-grub");
	json_object_array_add(steps, step);
	json_object_object_add(obj, "steps", steps);
}

static int print_result(struct json_object *obj)
{
	struct json_object *array = json_object_new_array();

	json_object_array_add(array, obj);
	print_objects(array);
	return EXIT_DONE;
}

/* ---- what is done --------------------------------------------------------- */

/* The file alone does nothing: without update-grub it is half the work. */
static int finish(struct json_object *obj, const char *cmdline, bool changed)
{
	bool updated = grub_update(cmdline);

	add_text(obj, "file", GRUB_FILE);
	json_object_object_add(obj, "changed", json_object_new_boolean(changed));
	json_object_object_add(obj, "updated", json_object_new_boolean(updated));
	(void)print_result(obj);
	if (updated && changed)
		say("it takes effect at the next boot");
	return updated ? EXIT_DONE : EXIT_PARTLY;
}

static int write_it(struct json_object *obj, const char *cmdline, bool same)
{
	char *text = grub_text(cmdline);
	int ret = 0;

	if (global.dry_run)
		add_steps(obj, text);
	else if (!same)
		ret = grub_write(text);
	free(text);
	if (ret) {
		json_object_put(obj);
		return EXIT_FAILED;
	}
	return global.dry_run ? print_result(obj) : finish(obj, cmdline, !same);
}

static int reserve_size(struct place *place)
{
	char *now = apply ? grub_cmdline() : NULL, *cmdline;
	bool same = is_applied(place, now);
	struct json_object *obj;
	int ret = EXIT_DONE;

	if (!same && place_find(place)) {
		free(now);
		return EXIT_FAILED;
	}
	cmdline = same ? xstrdup(now) : cmdline_of(place);
	obj = place_to_json(place, cmdline);
	if (now && !same)
		say("it replaces %s", now);
	ret = apply ? write_it(obj, cmdline, same) : print_result(obj);
	free(cmdline);
	free(now);
	return ret;
}

static int remove_it(void)
{
	struct json_object *obj = json_object_new_object();
	bool removed = false;

	if (global.dry_run) {
		add_steps(obj, NULL);
		return print_result(obj);
	}
	if (grub_remove(&removed)) {
		json_object_put(obj);
		return EXIT_FAILED;
	}
	return finish(obj, NULL, removed);
}

static int no_such_node(void)
{
	char *hint = place_node_hint();

	(void)usage_error("--node=%lld: there is no such node: %s", node, hint);
	free(hint);
	return EXIT_USAGE;
}

static int reserve(const struct command *cmd, int argc, char **argv)
{
	struct place place = { .start = ANYWHERE, .node = (int)node, .force = force };

	if ((apply || take_away) && global.sysroot && !global.dry_run)
		return usage_error("%s: --sysroot is for verbs that only read", cmd->name);
	if (take_away)
		return argc || apply ? usage_error("--remove goes alone") : remove_it();
	if (argc != 1)
		return usage_error("give one size, as 8g");
	if (!parse_size(argv[0], &place.size))
		return usage_error("'%s' is no size", argv[0]);
	/* the last address is no place for anything, and stands for none */
	if (at && (!parse_size(at, &place.start) || place.start == ANYWHERE))
		return usage_error("--at: '%s' is no address", at);
	if (node < ANY_NODE || node > INT16_MAX)
		return no_such_node();
	return reserve_size(&place);
}

const struct command cmd_reserve = {
	.name = "reserve",
	.args = "SIZE",
	.help = "Find DRAM to set aside at boot, and the command line that does it.",
	.options = options,
	.run = reserve,
};
