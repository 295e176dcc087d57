// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel objects that come and go: many event file descriptors are opened, and all are
 * closed. Each takes some objects of slab, and all of them together new slabs.
 *
 * usage: slab [SPIN]
 */
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "section.h"

enum { OBJECTS = 4000 };

static int fds[OBJECTS];

static void slab_round(bool counts)
{
	section_begin();
	for (int i = 0; i < OBJECTS; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC);
		if (fds[i] < 0)
			fail("eventfd");
	}
	for (int i = 0; i < OBJECTS; i++)
		close(fds[i]);
	section_end(counts ? "slab" : NULL, OBJECTS);
}

int main(int argc, char **argv)
{
	const struct rlimit limit = { OBJECTS + 16, OBJECTS + 16 };

	sections_start(argc, argv);
	if (setrlimit(RLIMIT_NOFILE, &limit))
		fail("setrlimit");
	for (int i = 0; i <= ROUNDS; i++)
		slab_round(i > 0);
	sections_print();
	return 0;
}
