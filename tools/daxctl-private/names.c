// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "text.h"

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct names *names, const char *name)
{
	names->name = xrealloc(names->name, (size_t)names->nr + 1, sizeof(*names->name));
	names->name[names->nr++] = xstrdup(name);
}

/**
 * names_read() - what is in a directory
 * @names: what is filled in, to be given to names_free() in any case
 * @pattern: as of the shell, "*" is all but hidden ones
 * @format: the path of the directory, as of printf()
 *
 * Return: 0, or a negative error number if there is no such directory
 */
int names_read(struct names *names, const char *pattern, const char *format, ...)
{
	struct dirent *entry;
	va_list args;
	char *path;
	DIR *dir;

	*names = (struct names){ .nr = 0 };
	va_start(args, format);
	path = xvasprintf(format, args);
	va_end(args);
	dir = opendir(path);
	free(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (!fnmatch(pattern, entry->d_name, FNM_PERIOD))
			add(names, entry->d_name);
	(void)closedir(dir);
	if (names->nr)
		qsort(names->name, (size_t)names->nr, sizeof(*names->name), by_number);
	return 0;
}

void names_free(struct names *names)
{
	while (names->nr)
		free(names->name[--names->nr]);
	free(names->name);
	names->name = NULL;
}
