// SPDX-License-Identifier: GPL-2.0
/* Options from tables, by getopt_long(). */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "text.h"

#define MAX_OPTIONS	32

struct global_options global;

const struct option_def global_options[] = {
	FLAG('u', "human", &global.human, "sizes and ids for people"),
	FLAG('n', "dry-run", &global.dry_run, "print what would be written, and write nothing"),
	FLAG('v', "verbose", &global.verbose, "say what libdaxctl does"),
	FLAG('q', "quiet", &quiet, "no progress on stderr, only errors"),
	TEXT(0, "sysroot", &global.sysroot, "DIR", "look at the machine that was captured there"),
	END_OF_OPTIONS
};

struct parser {
	const struct option_def *def[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char shorts[2 * MAX_OPTIONS + 3];
	int nr;
};

static void add_options(struct parser *p, const struct option_def *def)
{
	char *end = p->shorts + strlen(p->shorts);

	for (; def && def->name && p->nr < MAX_OPTIONS; def++) {
		bool has_value = def->type != OPTION_FLAG;

		p->def[p->nr] = def;
		p->longs[p->nr] = (struct option){
			.name = def->name,
			.has_arg = has_value ? required_argument : no_argument,
			.val = UCHAR_MAX + 1 + p->nr,
		};
		if (def->letter) {
			*end++ = def->letter;
			if (has_value)
				*end++ = ':';
		}
		p->nr++;
	}
	*end = '\0';
}

static const struct option_def *find_option(const struct parser *p, int val)
{
	if (val > UCHAR_MAX)
		return p->def[val - UCHAR_MAX - 1];
	for (int i = 0; i < p->nr; i++)
		if (p->def[i]->letter == val)
			return p->def[i];
	return NULL;
}

void options_add_text(struct texts *texts, const char *text)
{
	texts->text = xrealloc(texts->text, (size_t)texts->nr + 1, sizeof(*texts->text));
	texts->text[texts->nr++] = text;
}

static bool set_option(const struct option_def *def, const char *value)
{
	switch (def->type) {
	case OPTION_FLAG:
		*(bool *)def->value = true;
		return true;
	case OPTION_TEXT:
		*(const char **)def->value = value;
		return true;
	case OPTION_TEXTS:
		options_add_text(def->value, value);
		return true;
	case OPTION_NUMBER:
		return parse_number(value, def->value);
	case OPTION_SIZE:
		return parse_size(value, def->value);
	}
	return false;
}

/**
 * options_parse() - read the options of a verb, and those that all verbs have
 * @cmd: the verb; values go where its table says
 * @argc: number of arguments, the verb first
 * @argv: the arguments; what is no option comes last afterwards
 *
 * Return: the index of the first argument that is no option, 0 after --help,
 * or -1 if something was wrong, which was said then
 */
int options_parse(const struct command *cmd, int argc, char **argv)
{
	struct parser p = { .nr = 0 };
	const struct option_def *def;
	int val;

	(void)strcpy(p.shorts, cmd->to_the_end ? "+h" : "h");
	add_options(&p, cmd->options);
	add_options(&p, global_options);
	p.longs[p.nr] = (struct option){ "help", no_argument, NULL, 'h' };

	optind = 1;
	while ((val = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		if (val == 'h') {
			command_usage(cmd);
			return 0;
		}
		def = find_option(&p, val);
		if (!def)
			return -1;
		if (!set_option(def, optarg)) {
			(void)usage_error("--%s: '%s' is no %s", def->name, optarg,
					  def->type == OPTION_SIZE ? "size" : "number");
			return -1;
		}
	}
	return optind;
}

/**
 * options_help() - print a table of options for people
 * @options: the table; NULL is an empty one
 */
void options_help(const struct option_def *options)
{
	const struct option_def *def;
	char *left;

	for (def = options; def && def->name; def++) {
		left = xasprintf("%s%s%s", def->name, def->arg ? " " : "", def->arg ? def->arg : "");
		if (def->letter)
			(void)printf("  -%c, --%-24s %s\n", def->letter, left, def->help);
		else
			(void)printf("      --%-24s %s\n", left, def->help);
		free(left);
	}
}

/**
 * options_names() - print a table of options for the shell's completion
 * @options: the table; NULL is an empty one
 *
 * As daxctl does it: what takes a value ends with "=".
 */
void options_names(const struct option_def *options)
{
	const struct option_def *def;

	for (def = options; def && def->name; def++)
		(void)printf("--%s%s\n", def->name, def->type == OPTION_FLAG ? "" : "=");
}
