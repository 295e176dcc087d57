// SPDX-License-Identifier: GPL-2.0
/*
 * A program, from its start to its end, as one section. What it prints goes nowhere.
 *
 * usage: command SPIN ROW UNITS PROGRAM [ARG]...
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "section.h"

extern char **environ;

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status;

	if (argc < 5) {
		(void)fputs("usage: command SPIN ROW UNITS PROGRAM [ARG]...\n", stderr);
		return 2;
	}
	sections_start(argc, argv);
	errno = posix_spawn_file_actions_init(&actions);
	if (!errno)
		errno = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
							 O_WRONLY, 0);
	if (errno)
		fail("posix_spawn_file_actions");
	section_begin();
	errno = posix_spawnp(&child, argv[4], &actions, NULL, &argv[4], environ);
	if (errno || waitpid(child, &status, 0) != child)
		fail(argv[4]);
	section_end(argv[2], strtoul(argv[3], NULL, 10));
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		errno = ECANCELED;
		fail(argv[4]);
	}
	sections_print();
	return 0;
}
