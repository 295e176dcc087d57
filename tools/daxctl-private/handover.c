// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover.h"
#include "message.h"
#include "text.h"

#define USUAL_PATH	"/usr/sbin:/usr/bin:/sbin:/bin"
/* Set for the daxctl that is started: one that is a script around this program */
#define STARTED		"DAXCTL_PRIVATE_STARTED_DAXCTL"

static char **command_line;

/**
 * handover_init() - remember the command line
 * @argv: as of main(); may be put into another order later
 */
void handover_init(char **argv)
{
	command_line = argv;
}

/**
 * called_daxctl() - is this program to be taken for daxctl?
 */
bool called_daxctl(void)
{
	return !strcmp(program_invocation_short_name, "daxctl");
}

/* It may have that name here, too: then the next one is meant. */
static bool is_other_program(const char *path, const struct stat *self)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK) &&
	       (st.st_dev != self->st_dev || st.st_ino != self->st_ino);
}

static char *find_daxctl(void)
{
	const char *path = getenv("PATH");
	char *dirs = xstrdup(path ? path : USUAL_PATH), *save = NULL, *found = NULL;
	struct stat self;

	if (stat("/proc/self/exe", &self))
		self = (struct stat){ 0 };
	for (char *dir = strtok_r(dirs, ":", &save); dir && !found; dir = strtok_r(NULL, ":", &save)) {
		found = xasprintf("%s/daxctl", dir);
		if (!is_other_program(found, &self)) {
			free(found);
			found = NULL;
		}
	}
	free(dirs);
	return found;
}

/**
 * hand_over() - become daxctl, with the same arguments
 *
 * Return: an exit code, if that cannot be; it was told then
 */
int hand_over(void)
{
	char *daxctl = getenv(STARTED) ? NULL : find_daxctl();
	int err = ENOENT;

	if (daxctl && !setenv(STARTED, "1", 1)) {
		command_line[0] = (char *)"daxctl";
		execv(daxctl, command_line);
		err = errno;
	}
	free(daxctl);
	(void)complain("daxctl", err, "install the package daxctl",
		       "it has to do this, and cannot be started");
	return EXIT_FAILED;
}
