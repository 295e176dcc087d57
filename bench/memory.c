// SPDX-License-Identifier: GPL-2.0
/*
 * Anonymous memory: the first write to a page, the first read, fork, a write to what
 * is shared after that, and to give it all back.
 *
 * usage: memory [SPIN]
 */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "section.h"

enum { SIZE = 32 * MIB, PAGES = SIZE / PAGE };

static void fault_round(bool counts)
{
	char *area = map(SIZE);

	section_begin();
	write_pages(area, SIZE);
	section_end(counts ? "anon_write" : NULL, PAGES);
	section_begin();
	munmap(area, SIZE);
	section_end(counts ? "anon_munmap" : NULL, PAGES);

	area = map(SIZE);
	section_begin();
	read_pages(area, SIZE);
	section_end(counts ? "anon_read" : NULL, PAGES);
	munmap(area, SIZE);
}

/* The child waits until its parent is out of fork(), so as not to be counted there. */
static void fork_round(char *area, bool counts)
{
	int go[2];
	char byte = 0;
	pid_t child;

	if (pipe(go))
		fail("pipe");
	section_begin();
	child = fork();
	if (child) {
		section_end(counts ? "fork" : NULL, PAGES);
		if (write(go[1], &byte, 1) != 1)
			fail("write");
	} else {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		section_begin();
		write_pages(area, SIZE);
		section_end(counts ? "cow" : NULL, PAGES);
		_exit(0);
	}
	(void)waitpid(child, NULL, 0);
	close(go[0]);
	close(go[1]);
}

int main(int argc, char **argv)
{
	char *area;

	sections_start(argc, argv);
	for (int i = 0; i <= ROUNDS; i++)
		fault_round(i > 0);
	area = map(SIZE);
	write_pages(area, SIZE);
	for (int i = 0; i <= ROUNDS; i++)
		fork_round(area, i > 0);
	sections_print();
	return 0;
}
