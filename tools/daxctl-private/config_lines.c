// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_lines.h"
#include "text.h"

/* Without blanks around it, in lower case: as libiniparser has it. */
static char *plain(const char *text, size_t len)
{
	char *copy;

	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	copy = xcalloc(len + 1, 1);
	for (size_t i = 0; i < len; i++)
		copy[i] = (char)tolower((unsigned char)text[i]);
	return copy;
}

static void add_line(struct config_lines *lines, int line, char *section, char *key)
{
	lines->at = xrealloc(lines->at, (size_t)lines->nr + 1, sizeof(*lines->at));
	lines->at[lines->nr++] = (struct config_line){
		.line = line, .section = section, .key = key,
	};
}

static void note_section(struct config_lines *lines, int line, const char *text)
{
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	/* so its keys are not taken for those of another one, or of none */
	if (text[len - 1] != ']')
		add_line(lines, line, plain(text, len), NULL);
	else
		add_line(lines, line, plain(text + 1, strcspn(text + 1, "]\n")), NULL);
	lines->at[lines->nr - 1].unclosed = text[len - 1] != ']';
}

static void note_line(struct config_lines *lines, int line, const char *text)
{
	const char *section = lines->nr ? lines->at[lines->nr - 1].section : "";

	if (line == 1 && !strncmp(text, BYTE_ORDER_MARK, 3))
		text += 3;
	while (isspace((unsigned char)*text))
		text++;
	if (*text == '[')
		note_section(lines, line, text);
	else if (*text != '#' && *text != ';' && strchr(text, '='))
		add_line(lines, line, xstrdup(section), plain(text, strcspn(text, "=")));
}

/*
 * The next line is a part of this one. To libiniparser it is not after a line that
 * has nothing else.
 */
static bool goes_on(const char *text, ssize_t len, bool inside)
{
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return len > !inside && text[len - 1] == '\\';
}

/**
 * config_lines_read() - find the sections and keys of a file
 * @lines: what is filled in, to be given to config_lines_free()
 * @path: the file
 *
 * Return: 0, or a negative error number
 */
int config_lines_read(struct config_lines *lines, const char *path)
{
	FILE *file = fopen(path, "re");
	bool inside = false;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	*lines = (struct config_lines){ .nr = 0 };
	if (!file)
		return -errno;
	for (int line = 1; (len = getline(&text, &room, file)) >= 0; line++) {
		if (!inside)
			note_line(lines, line, text);
		inside = goes_on(text, len, inside);
	}
	free(text);
	(void)fclose(file);
	return 0;
}

void config_lines_free(struct config_lines *lines)
{
	for (int i = 0; i < lines->nr; i++) {
		free(lines->at[i].section);
		free(lines->at[i].key);
	}
	free(lines->at);
}

static bool is(const struct config_line *at, const char *section, const char *key)
{
	if (strcmp(at->section, section) != 0 || !at->key != !key)
		return false;
	return !key || !strcmp(at->key, key);
}

/**
 * config_lines_find() - the line that something is in
 * @lines: those of the file
 * @section: the section
 * @key: the key; NULL: the beginning of the section
 *
 * Return: the number of the last such line, which is the one that counts, or 0
 */
int config_lines_find(const struct config_lines *lines, const char *section, const char *key)
{
	for (int i = lines->nr; i--; )
		if (is(&lines->at[i], section, key))
			return lines->at[i].line;
	return 0;
}

/**
 * config_lines_around() - the section that a line is in
 * @lines: those of the file
 * @line: its number
 * @first: the number of the first line of the section, or of the file
 * @end: the number of the first line after it
 */
void config_lines_around(const struct config_lines *lines, int line, int *first, int *end)
{
	*first = 1;
	*end = INT_MAX;
	for (int i = lines->nr; i--; ) {
		if (lines->at[i].key)
			continue;
		if (lines->at[i].line <= line) {
			*first = lines->at[i].line;
			return;
		}
		*end = lines->at[i].line;
	}
}

/**
 * config_lines_again() - was the same there before?
 * @lines: those of the file
 * @i: index of one of them
 *
 * Return: the number of the earlier line, or 0
 */
int config_lines_again(const struct config_lines *lines, int i)
{
	for (int k = 0; k < i; k++)
		if (is(&lines->at[k], lines->at[i].section, lines->at[i].key))
			return lines->at[k].line;
	return 0;
}
