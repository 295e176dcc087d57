// SPDX-License-Identifier: GPL-2.0
/* memscript: the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memscript.h"

#define DEFAULT_TIMEOUT	120	/* seconds */

static int usage(void)
{
	(void)printf("usage: memscript STATEMENT...\n"
	       "Runs statements, separated by ';' or newlines, in order.\n"
	       "exit status: 0, 1 a statement failed, 2 the script is wrong\n"
	       "environment: PRIVATE_RANGES=\"NODE:START-END ...\"  physical ranges of private nodes\n"
	       "             MEMSCRIPT_TIMEOUT=SECONDS            (default %d)\n\n"
	       "MODE: default preferred bind interleave local preferred-many weighted\n"
	       "FLAG: static relative balancing strict move moveall raw=BITS\n\n",
	       DEFAULT_TIMEOUT);
	verb_help();
	return 0;
}

/* What a script may take. */
unsigned int timeout_seconds(void)
{
	const char *env = getenv("MEMSCRIPT_TIMEOUT");
	long seconds = DEFAULT_TIMEOUT;

	if (env && (!parse_count(env, &seconds) || seconds <= 0))
		die("MEMSCRIPT_TIMEOUT='%s' is no number of seconds", env);
	return (unsigned int)seconds;
}

/* A livelock must end the process, not hang the test run. */
void start_timeout(void)
{
	(void)alarm(timeout_seconds());
}

int main(int argc, char **argv)
{
	static struct script s = { .current = -1 };

	if (argc < 2)
		die("no statements, see --help");
	if (!strcmp(argv[1], "--help"))
		return usage();
	start_timeout();
	if (script_parse(&s, argc - 1, argv + 1))
		die("%s", s.why);
	return script_run(&s);
}
