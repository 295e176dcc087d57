// SPDX-License-Identifier: GPL-2.0
/* What devices are to be after a boot, and what modprobe is told of their drivers. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "names.h"
#include "pack.h"
#include "sysfs.h"
#include "text.h"

#define FILES		"*.conf"
/* A larger one is not read as config, either. */
#define LARGEST_FILE	((size_t)1 << 20)

/* In the order in which modprobe looks; a file hides those of its name further down. */
static const char *const modprobe_dirs[] = {
	"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d", "/lib/modprobe.d",
};

#define NR_DIRS	(sizeof(modprobe_dirs) / sizeof(*modprobe_dirs))

static bool pack_conf_files(struct packer *p, const char *dir)
{
	struct names files;
	bool ok = true;

	(void)names_read(&files, FILES, "%s", dir);
	for (int i = 0; ok && i < files.nr; i++) {
		char *path = xasprintf("%s/%s", dir, files.name[i]);

		ok = pack_copy(p, path, LARGEST_FILE);
		free(path);
	}
	names_free(&files);
	return ok;
}

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The module kmem, or one that has to do with dax. */
static bool names_module(const char *text)
{
	while (*text) {
		size_t len = 0;

		while (is_of_name(text[len]))
			len++;
		if ((len == 4 && !strncmp(text, "kmem", len)) || (len && memmem(text, len, "dax", 3)))
			return true;
		text += len ? len : 1;
	}
	return false;
}

/* Does it matter, here or in a place that it hides, or is hidden by? */
static bool matters(const char *name)
{
	bool found = false;

	for (size_t i = 0; !found && i < NR_DIRS; i++) {
		char *text = sysfs_read("%s/%s", modprobe_dirs[i], name);

		found = text && names_module(text);
		free(text);
	}
	return found;
}

/* /lib may be the same as /usr/lib. */
static bool pack_modprobe_dir(struct packer *p, const char *dir)
{
	char real[PATH_MAX];
	struct names files;
	bool ok = true;

	if (!realpath(dir, real))
		return true;
	(void)names_read(&files, FILES, "%s", real);
	for (int i = 0; ok && i < files.nr; i++) {
		char *path = xasprintf("%s/%s", real, files.name[i]);

		ok = !matters(files.name[i]) || pack_copy(p, path, LARGEST_FILE);
		free(path);
	}
	names_free(&files);
	return ok;
}

/**
 * pack_config() - config files, those of daxctl, too, and what is in modprobe.d
 * @p: the tar file
 *
 * Return: whether it could be written
 */
bool pack_config(struct packer *p)
{
	bool ok = pack_conf_files(p, CONFIG_DIR) && pack_conf_files(p, "/etc/daxctl.conf.d");

	for (size_t i = 0; ok && i < NR_DIRS; i++)
		ok = pack_modprobe_dir(p, modprobe_dirs[i]);
	return ok;
}
