// SPDX-License-Identifier: GPL-2.0
/*
 * Writes to sysfs that take long, as one section, with memory on a node or without.
 *
 * usage: hotplug SPIN ROW UNITS NODE MEBIBYTES FILE VALUE [FILE VALUE]...
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "section.h"

int main(int argc, char **argv)
{
	int error = 0;
	size_t held;
	char *area;

	if (argc < 8 || argc % 2) {
		(void)fputs("usage: hotplug SPIN ROW UNITS NODE MEBIBYTES FILE VALUE...\n",
			    stderr);
		return 2;
	}
	sections_start(argc, argv);
	held = strtoul(argv[5], NULL, 10) * MIB;
	if (held) {
		area = map(held);
		bind_to(area, held, (int)strtol(argv[4], NULL, 10));
		write_pages(area, held);
	}
	section_begin();
	for (int i = 6; i < argc && !error; i += 2)
		error = write_file(argv[i], argv[i + 1]);
	section_end(argv[2], strtoul(argv[3], NULL, 10));
	if (error) {
		errno = -error;
		fail(argv[2]);
	}
	sections_print();
	return 0;
}
