/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where things are in a config file, for messages: libiniparser, which reads it,
 * does not say, and takes the last one of two without a word.
 */
#ifndef CONFIG_LINES_H
#define CONFIG_LINES_H

#include <stdbool.h>

#define BYTE_ORDER_MARK	"\xef\xbb\xbf"

struct config_line {
	int line;
	char *section;		/* "": before the first one */
	char *key;		/* NULL: the section begins here */
	bool unclosed;		/* it does not end with ] */
};

struct config_lines {
	struct config_line *at;
	int nr;
};

int config_lines_read(struct config_lines *lines, const char *path);
void config_lines_free(struct config_lines *lines);
int config_lines_find(const struct config_lines *lines, const char *section, const char *key);
void config_lines_around(const struct config_lines *lines, int line, int *first, int *end);
int config_lines_again(const struct config_lines *lines, int i);

#endif
