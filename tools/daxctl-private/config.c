// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "config_dict.h"
#include "config_lines.h"
#include "message.h"
#include "names.h"
#include "text.h"

#define FILES		"*.conf"
#define MATCH		"match."
#define MAX_SIZE	(1 << 20)

struct reader {
	struct config *config;
	const char *path;
	dictionary *dict;
	struct config_lines lines;
};

/* ---- values --------------------------------------------------------------- */

static bool set_mode(struct section *section, const char *value)
{
	section->has_mode = mode_parse(value, &section->mode);
	return section->has_mode;
}

static bool set_online(struct section *section, const char *value)
{
	section->no_online = !strcmp(value, "false");
	return section->no_online || !strcmp(value, "true");
}

static bool set_zone(struct section *section, const char *value)
{
	bool movable = !strcmp(value, "movable");

	section->plug_word = movable ? "online_movable" : "online_kernel";
	return movable || !strcmp(value, "kernel");
}

static const struct {
	const char *key;
	bool (*set)(struct section *section, const char *value);
	const char *hint;
} keys[] = {
	{ "mode", set_mode, "give private, cram, system-ram or devdax" },
	{ "online", set_online, "give true or false" },
	{ "zone", set_zone, "give movable or kernel" },
};

static int set_match(struct section *section, enum identity_key i, const char *where,
		     const char *value)
{
	if (!identity_valid(i, value)) {
		section->unclear = true;
		return complain(where, EINVAL, identity_hint(i), "%s = %s", identity_name(i), value);
	}
	section->match[i] = xstrdup(value);
	return 0;
}

static int set_attribute(struct section *section, const char *where, const char *key,
			 const char *value)
{
	char *text = xasprintf("%s=%s", key, value);
	int ret = policy_set(&section->policy, where, text);

	free(text);
	return ret;
}

static int set_preset(struct section *section, const char *where, const char *value)
{
	const struct policy_options options = { .preset = value };

	return policy_read(&section->policy, where, &options);
}

static int set_key(struct section *section, const char *where, const char *key, const char *value)
{
	for (int i = 0; i < NR_IDENTITIES; i++)
		if (!strcmp(key, identity_name((enum identity_key)i)))
			return set_match(section, (enum identity_key)i, where, value);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(key, keys[i].key) != 0)
			continue;
		if (keys[i].set(section, value))
			return 0;
		return complain(where, EINVAL, keys[i].hint, "%s = %s", key, value);
	}
	for (int i = 0; i < NR_ATTRIBUTES; i++)
		if (!strcmp(key, attributes[i].name))
			return set_attribute(section, where, key, value);
	return complain(where, EINVAL, "daxctl-private-apply(1) lists all", "unknown key '%s'", key);
}

/* ---- a section ------------------------------------------------------------ */

/**
 * section_free() - free what a section holds
 * @section: the section
 */
void section_free(struct section *section)
{
	free(section->where);
	free(section->name);
	free(section->device);
	for (int i = 0; i < NR_IDENTITIES; i++)
		free(section->match[i]);
	policy_free(&section->policy);
}

static char *where_is(const struct reader *r, const char *section, const char *key)
{
	int line = config_lines_find(&r->lines, section, key);

	if (!line)
		line = config_lines_find(&r->lines, section, NULL);
	return xasprintf("%s:%d", r->path, line);
}

/* The preset comes first: single values win over it, wherever they stand. */
static int read_keys(const struct reader *r, const char *name, struct section *section)
{
	int nr = iniparser_getsecnkeys(r->dict, name), bad = 0;
	const char **list = xcalloc((size_t)nr + 1, sizeof(*list));

	if (nr && !iniparser_getseckeys(r->dict, name, list))
		nr = 0;
	for (int i = 0; i < 2 * nr; i++) {
		const char *key = list[i % nr] + strlen(name) + 1;
		const char *value = iniparser_getstring(r->dict, list[i % nr], "");
		bool preset = !strcmp(key, "preset");
		char *where;

		if (preset != (i < nr))
			continue;
		where = where_is(r, name, key);
		if (preset ? set_preset(section, where, value) : set_key(section, where, key, value))
			bad++;
		free(where);
	}
	free(list);
	return bad;
}

static bool has_match(const struct section *section)
{
	for (int i = 0; i < NR_IDENTITIES; i++)
		if (section->match[i])
			return true;
	return false;
}

/* What can be known without the device: as if it were in no mode yet. */
static int check_values(const struct section *section)
{
	const struct device dev = { .name = section->where, .mode = MODE_DISABLED };

	return section->has_mode ? policy_check(&section->policy, &dev, section->mode, false) : 0;
}

static int check_section(const struct section *section)
{
	int bad = 0;

	if (!has_match(section))
		bad = complain(section->where, EINVAL, "give match.range or another one",
			       "no match key, so it is for no device");
	if (!section->has_mode)
		return complain(section->where, EINVAL, keys[0].hint, "no mode");
	if (section->mode == MODE_DEVDAX && strcmp(section->plug_word, "online") != 0)
		bad = complain(section->where, EINVAL, NULL, "a device in mode devdax has no zone");
	if (check_values(section))
		bad = -EINVAL;
	return bad;
}

/* What is there twice may be for two devices. */
static bool says_which(const struct config_line *at)
{
	return !at->key || !strncmp(at->key, MATCH, strlen(MATCH));
}

/* Also what libiniparser has made one of. */
static int check_repeats(const struct reader *r, const char *name, struct section *section)
{
	int bad = 0;

	for (int i = 0; i < r->lines.nr; i++) {
		const struct config_line *at = &r->lines.at[i];
		int before = strcmp(at->section, name) != 0 ? 0 : config_lines_again(&r->lines, i);
		char *where;

		if (!before)
			continue;
		where = xasprintf("%s:%d", r->path, at->line);
		bad = complain(where, ENOTUNIQ, "remove one of them", "%s is in line %d, too",
			       at->key ? at->key : "the section", before);
		free(where);
		section->unclear |= says_which(at);
	}
	return bad;
}

/* "reconfigure-device NAME": the name, or NULL. */
static const char *section_name(const char *header)
{
	size_t len = strlen(CONFIG_SECTION);
	size_t blanks;

	if (strncmp(header, CONFIG_SECTION, len) != 0)
		return NULL;
	blanks = strspn(header + len, " \t");
	return blanks && header[len + blanks] ? header + len + blanks : NULL;
}

static int check_name(const struct config *config, const struct section *section)
{
	const struct section *other = config_named(config, section->name);

	if (!other)
		return 0;
	return complain(section->where, ENOTUNIQ, "give it another name",
			"the section is in %s, too", other->where);
}

static void add_section(struct config *config, const struct section *section)
{
	config->section = xrealloc(config->section, (size_t)config->nr + 1, sizeof(*section));
	config->section[config->nr++] = *section;
}

/**
 * config_skip() - a section is no good, which was told
 * @config: which keeps it, to know what it would have been for
 * @section: the section
 */
void config_skip(struct config *config, const struct section *section)
{
	config->skipped = xrealloc(config->skipped, (size_t)config->nr_skipped + 1,
				   sizeof(*section));
	config->skipped[config->nr_skipped++] = *section;
}

/**
 * config_skip_place() - config_skip() of what may be for any device
 * @config: which keeps it
 * @where: the file, and the line if there is one
 */
void config_skip_place(struct config *config, const char *where)
{
	const struct section section = {
		.where = xstrdup(where), .name = xstrdup(""), .unclear = true,
	};

	config_skip(config, &section);
}

/* Its keys are read in any case: they tell which device it is for. */
static int fill_section(const struct reader *r, const char *header, struct section *section)
{
	int bad = check_name(r->config, section);

	if (check_repeats(r, header, section))
		bad = -EINVAL;
	if (read_keys(r, header, section)) {
		(void)check_values(section);
		bad = -EINVAL;
	} else if (check_section(section)) {
		bad = -EINVAL;
	}
	if (!has_match(section))
		section->unclear = true;
	return bad;
}

static void read_section(const struct reader *r, const char *header)
{
	const char *name = section_name(header);
	struct section section = {
		.where = where_is(r, header, NULL),
		.name = xstrdup(name ? name : ""),
		.plug_word = "online",
		.unclear = !name,
	};
	int bad;

	if (name)
		bad = fill_section(r, header, &section);
	else
		bad = complain(section.where, EINVAL, "give [" CONFIG_SECTION " NAME]",
			       "unknown section [%s]", header);
	if (bad)
		config_skip(r->config, &section);
	else
		add_section(r->config, &section);
}

/* ---- a file --------------------------------------------------------------- */

static const char *stray(const struct config_line *at)
{
	if (at->unclosed)
		return NULL;	/* it was told */
	if (at->key)
		return *at->section ? NULL : "a key that is in no section";
	/* libiniparser would take it for a key */
	return strchr(at->section, ':') ? "a section with ':' in its name" : NULL;
}

static void check_strays(const struct reader *r)
{
	for (int i = 0; i < r->lines.nr; i++) {
		const struct config_line *at = &r->lines.at[i];
		char *where;

		if (!stray(at))
			continue;
		where = xasprintf("%s:%d", r->path, at->line);
		(void)complain(where, EINVAL, at->key ? "begin one with [" CONFIG_SECTION " NAME]" :
			       "give it another name", "%s", stray(at));
		config_skip_place(r->config, where);
		free(where);
	}
}

static void read_sections(struct reader *r)
{
	int nr = iniparser_getnsec(r->dict);

	check_strays(r);
	for (int i = 0; i < nr; i++)
		read_section(r, iniparser_getsecname(r->dict, i));
}

static bool is_readable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		(void)complain(path, errno, NULL, "cannot read the file");
	else if (!S_ISREG(st.st_mode) || st.st_size > MAX_SIZE)
		(void)complain(path, EINVAL, NULL, "it is no file, or larger than 1 MiB");
	else
		return true;
	return false;
}

static void load_file(struct config *config, const char *path)
{
	struct reader r = { .config = config, .path = path };
	int ret;

	if (!is_readable(path)) {
		config_skip_place(config, path);
		return;
	}
	ret = config_lines_read(&r.lines, path);
	if (ret) {
		(void)complain(path, ret, NULL, "cannot read the file");
		config_skip_place(config, path);
		return;
	}
	r.dict = config_dict_load(path, &r.lines, config);
	if (r.dict) {
		read_sections(&r);
		iniparser_freedict(r.dict);
	}
	config_lines_free(&r.lines);
}

static void load_files(struct config *config, const char *dir, const struct names *files,
		       const char *except)
{
	for (int i = 0; i < files->nr; i++) {
		char *file = xasprintf("%s/%s", dir, files->name[i]);

		if (!except || strcmp(files->name[i], except) != 0)
			load_file(config, file);
		free(file);
	}
}

/**
 * config_load() - read the config files
 * @config: what is filled in, to be given to config_free()
 * @dir: where they are; NULL: where they are by default, and there may be none
 * @lenient: what is skipped is told as a warning
 *
 * Sections that make no sense, or cannot be read, are told and skipped.
 *
 * Return: 0, or a negative error number if there is no such directory
 */
int config_load(struct config *config, const char *dir, bool lenient)
{
	const char *path = dir ? dir : CONFIG_DIR;
	struct names files;
	int ret = names_read(&files, FILES, "%s", path);

	*config = (struct config){ .nr = 0 };
	if (ret == -ENOENT && !dir)
		return 0;
	if (ret)
		return complain(path, ret, NULL, "cannot read the directory");
	severity = lenient ? "warning" : "error";
	load_files(config, path, &files, NULL);
	severity = "error";
	names_free(&files);
	return 0;
}

/**
 * config_load_beside() - read the files that are read together with another one
 * @config: what is filled in, to be given to config_free()
 * @file: the other one, which need not be there; if it has no name of a config file
 * there is nothing beside it
 *
 * What is wrong with them is not told: that is for who applies them.
 */
void config_load_beside(struct config *config, const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	char *dir = slash ? xasprintf("%.*s", (int)(slash - file), file) : xstrdup(".");
	struct names files = { .nr = 0 };

	*config = (struct config){ .nr = 0 };
	if (!fnmatch(FILES, name, FNM_PERIOD))
		(void)names_read(&files, FILES, "%s/", dir);
	severity = NULL;
	load_files(config, dir, &files, name);
	severity = "error";
	names_free(&files);
	free(dir);
}

void config_free(struct config *config)
{
	for (int i = 0; i < config->nr; i++)
		section_free(&config->section[i]);
	for (int i = 0; i < config->nr_skipped; i++)
		section_free(&config->skipped[i]);
	free(config->section);
	free(config->skipped);
}
