// SPDX-License-Identifier: GPL-2.0
/* daxctl for private memory nodes: which verb it is, and who does it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complete.h"
#include "handover.h"
#include "message.h"
#include "output.h"
#include "sysroot.h"

static const struct command *const commands[] = {
	&cmd_apply,
	&cmd_audit,
	&cmd_doctor,
	&cmd_drain,
	&cmd_explain,
	&cmd_holders,
	&cmd_list,
	&cmd_monitor,
	&cmd_plug,
	&cmd_policy,
	&cmd_reconfigure_device,
	&cmd_report,
	&cmd_reserve,
	&cmd_run,
	&cmd_save,
	&cmd_stat,
	&cmd_unplug,
};

#define NR_COMMANDS	((int)(sizeof(commands) / sizeof(*commands)))

static const struct command *find_command(const char *name)
{
	for (int i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/**
 * command_usage() - print the help of a verb
 * @cmd: the verb
 */
void command_usage(const struct command *cmd)
{
	(void)printf("usage: daxctl-private %s [OPTIONS] %s\n\n%s\n\n", cmd->name, cmd->args, cmd->help);
	options_help(cmd->options);
	options_help(global_options);
	(void)printf("  -h, --%-24s %s\n\nThe manual: man daxctl-private-%s\n", "help",
		     "this text", cmd->name);
}

static void usage(void)
{
	(void)puts("usage: daxctl-private VERB [OPTIONS] [ARGUMENTS]\n\n"
		   "Private memory nodes and compressed RAM from dax devices.\n");
	for (int i = 0; i < NR_COMMANDS; i++)
		(void)printf("  %-20s %s\n", commands[i]->name, commands[i]->help);
	(void)puts("\nAll other verbs are handed to daxctl. More of one: daxctl-private VERB --help");
}

/* For the completion of the shell. */
static int list_commands(void)
{
	for (int i = 0; i < NR_COMMANDS; i++)
		(void)puts(commands[i]->name);
	return EXIT_DONE;
}

static int list_options(const char *name)
{
	const struct command *cmd = name ? find_command(name) : NULL;

	if (!cmd)
		return usage_error("no such verb: %s", name ? name : "none was named");
	options_names(cmd->options);
	options_names(global_options);
	(void)puts("--help");
	return EXIT_DONE;
}

static int show_manual(const char *verb)
{
	char page[64];

	if (verb && !find_command(verb))
		return hand_over();
	(void)snprintf(page, sizeof(page), "daxctl-private%s%.40s", verb ? "-" : "", verb ? verb : "");
	execlp("man", "man", page, NULL);
	(void)usage_error("man cannot be started: %s", strerror(errno));
	return EXIT_FAILED;
}

/* Devices may be called by their numbers. */
static void name_devices(const struct command *cmd, int argc, char **argv)
{
	for (int i = 0; i < argc && strstr(cmd->args, "DEVICE"); i++)
		argv[i] = (char *)options_device(argv[i]);
}

/* Who reads JSON gets some even if all failed, but for a wrong command line. */
static int run(const struct command *cmd, int argc, char **argv)
{
	int first = options_parse(cmd, argc, argv);
	int ret = EXIT_FAILED;

	if (first <= 0)
		return first ? EXIT_USAGE : EXIT_DONE;
	if (global.sysroot && cmd->writes && !global.dry_run)
		return usage_error("%s: --sysroot is for verbs that only read", cmd->name);
	name_devices(cmd, argc - first, argv + first);
	if (cmd->prepare)
		cmd->prepare();
	if (!global.sysroot || !sysroot_enter(global.sysroot))
		ret = cmd->run(cmd, argc - first, argv + first);
	if (ret != EXIT_USAGE && !result_printed() && !(cmd->other_result && cmd->other_result()))
		print_text("[]");
	return ret;
}

/* What could not be written was not done. */
static int finish(int ret)
{
	if (!fflush(stdout) && !ferror(stdout))
		return ret;
	(void)complain("stdout", errno, NULL, "cannot write the result");
	return EXIT_FAILED;
}

/* What is no verb; -1 if it is one. */
static int answer(const char *word, const char *arg)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		usage();
		return EXIT_DONE;
	}
	if (!strcmp(word, "--version") && !called_daxctl()) {
		(void)puts(VERSION);
		return EXIT_DONE;
	}
	if (!strcmp(word, "help"))
		return show_manual(arg);
	if (!strcmp(word, "--list-cmds"))
		return list_commands();
	if (!strcmp(word, "--list-opts"))
		return list_options(arg);
	if (!strcmp(word, "--list-values"))
		return list_values(arg ? arg : "");
	return -1;
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	int ret;

	if (argc < 2) {
		(void)fputs("error: no verb; see daxctl-private --help\n", stderr);
		return EXIT_USAGE;
	}
	handover_init(argc, argv);
	ret = answer(argv[1], argv[2]);
	if (ret >= 0)
		return finish(ret);
	cmd = find_command(argv[1]);
	if (!cmd)
		return hand_over_verb();
	/* as the completion that comes with daxctl asks it */
	if (argc == 3 && !strcmp(argv[2], "--list-opts"))
		return finish(list_options(cmd->name));
	return finish(run(cmd, argc - 1, argv + 1));
}
