/* SPDX-License-Identifier: GPL-2.0 */
/* What is in a directory, in the order of the numbers in the names. */
#ifndef NAMES_H
#define NAMES_H

struct names {
	char **name;
	int nr;
};

int names_read(struct names *names, const char *pattern, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void names_free(struct names *names);

#endif
