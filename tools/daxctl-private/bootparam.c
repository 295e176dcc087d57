// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "bootparam.h"
#include "node.h"
#include "sysfs.h"
#include "text.h"

/*
 * As next_arg() of the kernel: a blank in quotes is no end. REST moves on, and what it
 * was is changed.
 */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \n"), *from = word, *to = word;
	bool quoted = false;

	if (!*word)
		return NULL;
	for (; *from && (quoted || !strchr(" \n", *from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*rest = from + !!*from;
	*to = '\0';
	return word;
}

/**
 * bootparam_values() - all that a parameter was given at boot
 * @name: the parameter, as "memmap"
 *
 * Return: the values with commas between, as if given at once; to be freed. NULL: none
 */
char *bootparam_values(const char *name)
{
	char *text = sysfs_read("/proc/cmdline"), *rest = text, *word, *all = NULL;
	size_t len = strlen(name);

	while (rest && (word = next_word(&rest))) {
		char *before = all;

		if (strncmp(word, name, len) != 0 || word[len] != '=')
			continue;
		all = xasprintf("%s%s%s", before ? before : "", before ? "," : "", word + len + 1);
		free(before);
	}
	free(text);
	return all;
}

/**
 * bootparam_value() - what a parameter was given at boot, the last time
 * @name: the parameter, as "private_nodes"
 *
 * Return: the value, to be freed; NULL: none
 */
char *bootparam_value(const char *name)
{
	char *all = bootparam_values(name), *last, *comma;

	if (!all)
		return NULL;
	comma = strrchr(all, ',');
	last = xstrdup(comma ? comma + 1 : all);
	free(all);
	return last;
}

/**
 * bootparam_private_nodes() - how many node ids the kernel was told to add
 *
 * Return: 0, too, if that is no such number
 */
long long bootparam_private_nodes(void)
{
	char *now = bootparam_value("private_nodes");
	long long nr = 0;

	if (now && (!parse_number(now, &nr) || nr < 0 || nr > MAX_NODES))
		nr = 0;
	free(now);
	return nr;
}

/* As memparse() of the kernel: no unit but these, no sign, and what follows stays. */
static bool take_size(const char **text, uint64_t *value)
{
	static const char units[] = "KMGTPEkmgtpe";
	const char *unit;
	char *end;

	*value = strtoull(*text, &end, 0);
	if (end == *text || **text == '-')
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		*value <<= 10 * ((unit - units) % 6 + 1);
		end++;
	}
	*text = end;
	return true;
}

static uint32_t take_type(const char **text)
{
	char *end;
	uint32_t type = (uint32_t)strtoul(*text + 1, &end, 0);

	*text = end;
	return type;
}

/**
 * memmap_parse() - read a part of memmap= as the kernel does
 * @text: the part, one of those between commas
 * @memmap: where it goes
 *
 * Return: whether the kernel takes it
 */
bool memmap_parse(const char *text, struct memmap *memmap)
{
	*memmap = (struct memmap){ .size = 0 };
	if (!take_size(&text, &memmap->size))
		return false;
	if (!*text)
		return true;
	if (!strchr("@#$!%", *text))
		return false;
	memmap->kind = *text++;
	if (!take_size(&text, &memmap->start))
		return false;
	if (memmap->kind != '%')
		return !*text;
	if (*text == '-')
		memmap->from = take_type(&text);
	if (*text == '+')
		memmap->to = take_type(&text);
	return !*text;
}
