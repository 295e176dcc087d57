// SPDX-License-Identifier: GPL-2.0
/*
 * libiniparser gives up a file as a whole for one line that it cannot read. It is
 * given the file again without the section of that line, until it can read the rest.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config_dict.h"
#include "message.h"
#include "sysroot.h"
#include "text.h"

#define SKIPPED	"its section is skipped"

struct raw_line {
	char *text;		/* may have zeroes in it */
	size_t len;
	bool dropped;
};

struct file {
	const char *path;
	const struct config_lines *lines;
	struct config *config;
	struct raw_line *raw;
	int nr, bad;
};

/* ---- what libiniparser says ----------------------------------------------- */

/* It has no place for an argument: about the one file that is read just now. */
static struct {
	char name[16];
	int *line, nr;
	bool too_long;		/* the last one, which it stopped at */
} said;

/* "iniparser: WHAT in FILE (LINE): ...", and what else there may be. */
static int note_error(const char *format, ...)
{
	char *text, *before = xasprintf(" in %s (", said.name), *at;
	va_list args;
	int line;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	at = strstr(text, before);
	if (at && sscanf(at + strlen(before), "%d)", &line) == 1) {
		said.line = xrealloc(said.line, (size_t)said.nr + 1, sizeof(*said.line));
		said.line[said.nr++] = line;
		said.too_long = strstr(text, "too long");
	}
	free(before);
	free(text);
	return 0;
}

/* ---- the file ------------------------------------------------------------- */

static int read_raw(struct file *f)
{
	FILE *in = fopen(f->path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	int ret;

	if (!in)
		return -errno;
	while ((len = getline(&text, &room, in)) >= 0) {
		f->raw = xrealloc(f->raw, (size_t)f->nr + 1, sizeof(*f->raw));
		f->raw[f->nr++] = (struct raw_line){ .text = text, .len = (size_t)len };
		text = NULL;
		room = 0;
	}
	ret = ferror(in) ? -EIO : 0;
	free(text);
	(void)fclose(in);
	return ret;
}

static void free_raw(struct file *f)
{
	while (f->nr)
		free(f->raw[--f->nr].text);
	free(f->raw);
}

static void drop_section(struct file *f, int line, const char *hint, const char *why)
{
	char *where = xasprintf("%s:%d", f->path, line);
	int first, end;

	config_lines_around(f->lines, line, &first, &end);
	(void)complain(where, EINVAL, hint, "%s", why);
	if (first <= f->nr && !f->raw[first - 1].dropped) {
		for (int i = first; i < end && i <= f->nr; i++)
			f->raw[i - 1].dropped = true;
		config_skip_place(f->config, where);
		f->bad++;
	}
	free(where);
}

/* What libiniparser would take for something else. */
static void check_raw(struct file *f)
{
	for (int i = 0; i < f->nr; i++) {
		const struct raw_line *raw = &f->raw[i];

		if (!i && raw->len >= 3 && !memcmp(raw->text, BYTE_ORDER_MARK, 3))
			drop_section(f, 1, "save it without one; " SKIPPED, "a byte order mark");
		else if (memchr(raw->text, '\0', raw->len))
			drop_section(f, i + 1, SKIPPED, "a byte that is zero");
	}
	for (int i = 0; i < f->lines->nr; i++)
		if (f->lines->at[i].unclosed)
			drop_section(f, f->lines->at[i].line, SKIPPED, "a [SECTION] does not end with ]");
}

/* Lines keep their numbers. */
static int write_rest(const struct file *f)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok = out;

	for (int i = 0; ok && i < f->nr; i++)
		ok = f->raw[i].dropped ? fputc('\n', out) != EOF :
		     fwrite(f->raw[i].text, 1, f->raw[i].len, out) == f->raw[i].len;
	ok = ok && !fflush(out);
	fd = ok ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (out)
		(void)fclose(out);
	return fd;
}

/* It wants a name, and a captured machine has no /proc of this process. */
static dictionary *load_named(int fd)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), fds = sysroot_descriptors();
	dictionary *dict = NULL;

	(void)snprintf(said.name, sizeof(said.name), "%d", fd);
	said.nr = 0;
	iniparser_set_error_callback(note_error);
	if (back >= 0 && !fchdir(fds)) {
		dict = iniparser_load(said.name);
		if (fchdir(back))
			(void)complain("config", errno, NULL, "cannot return to the directory");
	}
	if (back >= 0)
		(void)close(back);
	return dict;
}

static dictionary *load_rest(const struct file *f)
{
	int fd = write_rest(f);
	dictionary *dict = fd < 0 ? NULL : load_named(fd);

	if (fd >= 0)
		(void)close(fd);
	return dict;
}

static dictionary *load_all(struct file *f)
{
	dictionary *dict;

	while (!(dict = load_rest(f)) && said.nr) {
		int before = f->bad;

		for (int i = 0; i < said.nr; i++)
			drop_section(f, said.line[i], SKIPPED, said.too_long && i == said.nr - 1 ?
				     "the line is too long" : "this is no [SECTION] and no KEY = VALUE");
		if (f->bad == before)
			break;
	}
	free(said.line);
	said.line = NULL;
	return dict;
}

/**
 * config_dict_load() - read a config file
 * @path: the file
 * @lines: its sections
 * @config: which keeps what was told and skipped
 *
 * Return: what can be read, to be given to iniparser_freedict(); NULL if the file
 * cannot be read at all, which was told then
 */
dictionary *config_dict_load(const char *path, const struct config_lines *lines,
			     struct config *config)
{
	struct file f = { .path = path, .lines = lines, .config = config };
	dictionary *dict = NULL;
	int ret = read_raw(&f);

	if (!ret) {
		check_raw(&f);
		dict = load_all(&f);
	}
	if (!dict) {
		(void)complain(path, ret ? ret : EIO, NULL, "cannot read the file");
		config_skip_place(config, path);
	}
	free_raw(&f);
	return dict;
}
