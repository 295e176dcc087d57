// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "handover.h"
#include "message.h"
#include "text.h"

#define USUAL_PATH	"/usr/sbin:/usr/bin:/sbin:/bin"
/* Set for the daxctl that is started: one that is a script around this program */
#define STARTED		"DAXCTL_PRIVATE_STARTED_DAXCTL"

static char **command_line;
static int nr_words;

/**
 * handover_init() - remember the command line
 * @argc: as of main()
 * @argv: as of main(); may be put into another order later
 */
void handover_init(int argc, char **argv)
{
	command_line = xcalloc((size_t)argc + 1, sizeof(*command_line));
	memcpy(command_line, argv, (size_t)argc * sizeof(*command_line));
	nr_words = argc;
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

/* ---- what daxctl would pass over ------------------------------------------ */

/* Of daxctl create-device: which words are values of options. */
static const struct option create_options[] = {
	{ "region", required_argument, NULL, 'r' },
	{ "human", no_argument, NULL, 'u' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "size", required_argument, NULL, 's' },
	{ "align", required_argument, NULL, 'a' },
	{ "input", required_argument, NULL, 'i' },
	{ "mode", required_argument, NULL, 'm' },
	{ "movable", no_argument, NULL, 'M' },
	{ NULL, 0, NULL, 0 }
};

/* It has the option, and makes a devdax device whatever the mode is. */
static const char *mode_to_create(void)
{
	char **words = xcalloc((size_t)nr_words + 1, sizeof(*words));
	const char *mode = NULL;
	int val;

	memcpy(words, command_line, (size_t)nr_words * sizeof(*words));
	optind = 2;
	opterr = 0;
	while ((val = getopt_long(nr_words, words, "r:uvs:a:m:NfC", create_options, NULL)) != -1)
		if (val == 'm')
			mode = optarg;
	free(words);
	return mode;
}

static int check_mode(void)
{
	const char *word = strcmp(command_line[1], "create-device") ? NULL : mode_to_create();
	enum mode mode;

	if (!word || !mode_parse(word, &mode) || !mode_is_ours(mode))
		return 0;
	return usage_error("--mode=%s: daxctl makes devices in its own modes only: leave it out, "
			   "then daxctl-private reconfigure-device", word);
}

/**
 * hand_over_verb() - hand_over() of a verb that we do not have
 */
int hand_over_verb(void)
{
	int ret = check_mode();

	return ret ? ret : hand_over();
}

/* --------------------------------------------------------------------------- */

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
