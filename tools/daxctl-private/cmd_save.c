// SPDX-License-Identifier: GPL-2.0
/* daxctl-private save: a config file that makes of devices what they are now. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "config.h"
#include "file.h"
#include "message.h"
#include "output.h"
#include "sysfs.h"
#include "text.h"

#define SAVED	CONFIG_DIR "/saved.conf"
#define MARK	"# Written by daxctl-private save, which replaces what begins with this line."

static const char *file;
static bool force;

static const struct option_def options[] = {
	TEXT('o', "output", &file, "FILE", "where it goes, - is stdout; without it " SAVED),
	FLAG('f', "force", &force, "replace a file that was written by somebody else, too"),
	END_OF_OPTIONS
};

static const char *target(void)
{
	return file ? file : SAVED;
}

static bool to_stdout(void)
{
	return global.dry_run || (file ? !strcmp(file, "-") : global.sysroot != NULL);
}

struct writer {
	FILE *out;
	const struct devices *devices;	/* all that there are */
	struct identity *ids;		/* of each */
	struct config others;		/* in the files that are read with this one */
	struct json_object *saved;
	int bad;
};

/* ---- the text ------------------------------------------------------------- */

static bool is_unique(const struct writer *w, int i, enum identity_key key)
{
	const char *value = w->ids[i].value[key];

	if (!value || !identity_valid(key, value))
		return false;
	for (int k = 0; k < w->devices->nr; k++) {
		const char *other = w->ids[k].value[key];

		if (k != i && other && identity_agrees(key, other, value))
			return false;
	}
	return true;
}

/* The most dependable one that is of no other device. */
static enum identity_key choose_identity(const struct writer *w, int i)
{
	int key = 0;

	while (key < NR_IDENTITIES && !is_unique(w, i, (enum identity_key)key))
		key++;
	return (enum identity_key)key;
}

static void write_state(FILE *out, const struct device *dev)
{
	(void)fprintf(out, "mode = %s\n", mode_name(dev->mode));
	if (!device_is_plugged(dev))
		(void)fputs("online = false\n", out);
	else
		(void)fprintf(out, "online = true\nzone = %s\n",
			      strcmp(dev->state, "online_kernel") != 0 ? "movable" : "kernel");
}

/* The node that the firmware gives is the one at first; it may have another number then. */
static bool is_at_first(const struct device *dev, const struct attribute *attr)
{
	return attr->kind == VALUE_NODE && dev->node == daxctl_dev_get_target_node(dev->dax);
}

/* Is it one that apply takes? The kernel may be another one than we know. */
static int note_value(struct policy *policy, const struct device *dev, const char *name,
		      const char *value)
{
	char *text = xasprintf("%s=%s", name, value);
	int ret = policy_set(policy, dev->name, text);

	free(text);
	return ret;
}

/* Return: 0, or a negative error number if apply would not take them, which was told */
static int write_values(FILE *out, const struct device *dev)
{
	const struct device unbound = { .name = dev->name, .mode = MODE_DISABLED };
	struct policy policy = { .value = { NULL } };
	int bad = 0;

	for (int i = 0; i < NR_ATTRIBUTES; i++) {
		const struct attribute *attr = &attributes[i];
		char *value;

		if (!(attr->modes & 1U << dev->mode) || is_at_first(dev, attr))
			continue;
		value = device_attr(dev, attr->name);
		if (value && note_value(&policy, dev, attr->name, value))
			bad = -EINVAL;
		if (value)
			(void)fprintf(out, "%s = %s\n", attr->name, value);
		free(value);
	}
	if (policy_check(&policy, &unbound, dev->mode, false))
		bad = -EINVAL;
	policy_free(&policy);
	return bad;
}

/* With two sections for it, or of one name, one of them or both would not be applied. */
static int check_others(const struct writer *w, const struct device *dev)
{
	const struct section *other = config_claim(&w->others, dev);

	if (other)
		return complain(dev->name, ENOTUNIQ, "remove that section, or name the other "
				"devices and give --output", "%s is for it, too", other->where);
	other = config_named(&w->others, dev->name);
	if (other)
		return complain(dev->name, ENOTUNIQ, "give that one another name",
				"a section of this name is in %s", other->where);
	return 0;
}

static void write_device(struct writer *w, int i)
{
	const struct device *dev = &w->devices->dev[i];
	enum identity_key key = choose_identity(w, i);
	struct json_object *obj;

	if (device_check_stays(dev) || check_others(w, dev)) {
		w->bad++;
		return;
	}
	if (key == NR_IDENTITIES) {
		(void)complain(dev->name, ENOTUNIQ, "root can see more of it",
			       "nothing tells it from other devices");
		w->bad++;
		return;
	}
	(void)fprintf(w->out, "\n[" CONFIG_SECTION " %s]\n# %s\n%s = %s\n", dev->name,
		      identity_meaning(key), identity_name(key), w->ids[i].value[key]);
	write_state(w->out, dev);
	if (write_values(w->out, dev))
		w->bad++;
	obj = json_object_new_object();
	add_text(obj, "chardev", dev->name);
	add_text(obj, "key", identity_name(key));
	add_text(obj, "value", w->ids[i].value[key]);
	json_object_array_add(w->saved, obj);
}

static bool is_among(const char *word, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], word))
			return true;
	return false;
}

/* Those that are named must be of ours, of all others only those are meant. */
static bool is_meant(struct writer *w, const struct device *dev, int argc, char **argv)
{
	bool named = is_among(dev->name, argc, argv);

	if (device_is_ours(dev))
		return named || names_all(argc, argv);
	if (named) {
		(void)complain(dev->name, EINVAL, "only modes private and cram are saved",
			       "it is in mode %s", mode_name(dev->mode));
		w->bad++;
	}
	return false;
}

static int check_names(const struct devices *devices, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "all") || devices_find(devices, argv[i]))
			continue;
		(void)complain(argv[i], ENODEV, "see daxctl-private list", "no such dax device");
		return EXIT_NO_MATCH;
	}
	return 0;
}

/* The file that is there stays, and would have devices be so again after a boot. */
static int tell_none(void)
{
	char *hint = !to_stdout() && sysfs_exists("%s", target()) ?
		     xasprintf("to save that, remove %s", target()) :
		     xstrdup("see daxctl-private list");

	(void)complain("all", ENODEV, hint, "no device is in mode private or cram");
	free(hint);
	return EXIT_NO_MATCH;
}

static int write_devices(struct writer *w, int argc, char **argv)
{
	const struct devices *devices = w->devices;
	int ret = check_names(devices, argc, argv);

	if (ret)
		return ret;
	(void)fputs(MARK "\n# daxctl-private-apply(1) says what the keys mean.\n", w->out);
	w->ids = xcalloc((size_t)devices->nr + 1, sizeof(*w->ids));
	for (int i = 0; i < devices->nr; i++)
		identity_read(&w->ids[i], &devices->dev[i]);
	for (int i = 0; i < devices->nr; i++)
		if (is_meant(w, &devices->dev[i], argc, argv))
			write_device(w, i);
	for (int i = 0; i < devices->nr; i++)
		identity_free(&w->ids[i]);
	free(w->ids);
	if (w->bad)
		return EXIT_FAILED;
	return json_object_array_length(w->saved) ? 0 : tell_none();
}

/* ---- the file ------------------------------------------------------------- */

static bool may_replace(const char *path)
{
	char *text = sysfs_read("%s", path);
	bool ok = text ? !strncmp(text, MARK "\n", strlen(MARK) + 1) : errno == ENOENT;

	free(text);
	return ok || force;
}

static int save_to(const char *path, const char *text)
{
	int ret;

	if (file_check_kind(path, "give another --output"))
		return EXIT_FAILED;
	if (!may_replace(path)) {
		(void)complain(path, EEXIST, "give --force, or another --output",
			       "it was not written by daxctl-private save");
		return EXIT_FAILED;
	}
	ret = file_replace(path, text);
	if (!ret)
		return EXIT_DONE;
	(void)complain(path, ret, NULL, "cannot write the file");
	return EXIT_FAILED;
}

static int deliver(struct writer *w, const char *text)
{
	size_t nr = json_object_array_length(w->saved);
	int ret;

	if (to_stdout()) {
		(void)fputs(text, stdout);
		return EXIT_DONE;
	}
	if (!file)
		(void)mkdir(CONFIG_DIR, 0755);
	ret = save_to(target(), text);
	print_objects(ret ? json_object_new_array() : json_object_get(w->saved));
	if (!ret)
		say("saved %zu device%s to %s", nr, nr == 1 ? "" : "s", target());
	return ret;
}

/* What goes to stdout because that was asked for is nobody's rival. */
static void load_others(struct writer *w)
{
	if (!strcmp(target(), "-"))
		return;
	config_load_beside(&w->others, target());
	config_pair_silently(&w->others, w->devices);
}

/* --------------------------------------------------------------------------- */

static int save_devices(const struct devices *devices, int argc, char **argv)
{
	struct writer w = { .devices = devices, .saved = json_object_new_array() };
	char *text = NULL;
	size_t len;
	int ret;

	w.out = open_memstream(&text, &len);
	if (!w.out)
		out_of_memory();
	load_others(&w);
	ret = write_devices(&w, argc, argv);
	if (fclose(w.out))
		out_of_memory();
	if (!ret)
		ret = deliver(&w, text);
	else if (!to_stdout())
		print_objects(json_object_new_array());
	json_object_put(w.saved);
	config_free(&w.others);
	free(text);
	return ret;
}

static int save(const struct command *cmd, int argc, char **argv)
{
	struct devices devices;
	int ret;

	if (global.sysroot && !to_stdout())
		return usage_error("%s: with --sysroot it goes to stdout only", cmd->name);
	if (!names_all(argc, argv) && !file && !to_stdout())
		return usage_error("%s: some devices go to a file of their own: give --output", cmd->name);
	if (devices_load(&devices))
		return EXIT_FAILED;
	ret = save_devices(&devices, argc, argv);
	devices_free(&devices);
	return ret;
}

/* With --sysroot it writes to stdout only. */
const struct command cmd_save = {
	.name = "save",
	.args = "[DEVICE...]",
	.help = "Write a config file that makes of devices what they are now.",
	.options = options,
	.run = save,
	.other_result = to_stdout,
};
