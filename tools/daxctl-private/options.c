// SPDX-License-Identifier: GPL-2.0
/* Options from tables, by getopt_long(). */
#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "foreign.h"
#include "message.h"
#include "text.h"

#define MAX_OPTIONS	32
#define MAX_NAME	32
#define FIRST_LONG	(UCHAR_MAX + 1)
/* A flag with "no-" before it, or without. */
#define FIRST_NEGATED	(FIRST_LONG + MAX_OPTIONS)

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
	struct option longs[2 * MAX_OPTIONS + 2];
	char negated[MAX_OPTIONS][MAX_NAME];
	char shorts[2 * MAX_OPTIONS + 4];
	int nr, nr_longs;
};

static void add_long(struct parser *p, const char *name, int has_arg, int val)
{
	p->longs[p->nr_longs++] = (struct option){ .name = name, .has_arg = has_arg, .val = val };
}

/* As to daxctl: --no-force takes --force back, and --online takes --no-online back. */
static void add_negated(struct parser *p, const char *name)
{
	char *negated = p->negated[p->nr];

	if (!strncmp(name, "no-", 3))
		(void)snprintf(negated, MAX_NAME, "%s", name + 3);
	else
		(void)snprintf(negated, MAX_NAME, "no-%s", name);
	add_long(p, negated, no_argument, FIRST_NEGATED + p->nr);
}

static void add_options(struct parser *p, const struct option_def *def)
{
	char *end = p->shorts + strlen(p->shorts);

	for (; def && def->name && p->nr < MAX_OPTIONS; def++) {
		bool has_value = def->type != OPTION_FLAG;

		p->def[p->nr] = def;
		add_long(p, def->name, has_value ? required_argument : no_argument,
			 FIRST_LONG + p->nr);
		if (!has_value)
			add_negated(p, def->name);
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
	if (val >= FIRST_LONG)
		return p->def[(val - FIRST_LONG) % MAX_OPTIONS];
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

/**
 * options_device() - the name of a device that somebody has called by its numbers
 * @word: what was said; "1.0" is dax1.0, as to daxctl
 *
 * Return: the name, which stays as long as the program
 */
const char *options_device(const char *word)
{
	static struct texts made;
	size_t digits = strspn(word, "0123456789"), more;

	more = word[digits] == '.' ? strspn(word + digits + 1, "0123456789") : 0;
	if (!digits || !more || word[digits + 1 + more])
		return word;
	options_add_text(&made, xasprintf("dax%s", word));
	return made.text[made.nr - 1];
}

static bool set_option(const struct option_def *def, int val, const char *value)
{
	switch (def->type) {
	case OPTION_FLAG:
		*(bool *)def->value = val < FIRST_NEGATED;
		return true;
	case OPTION_TEXT:
		*(const char **)def->value = value;
		return true;
	case OPTION_TEXTS:
		options_add_text(def->value, value);
		return true;
	case OPTION_DEVICES:
		options_add_text(def->value, options_device(value));
		return true;
	case OPTION_NUMBER:
		return parse_number(value, def->value);
	case OPTION_SIZE:
		return parse_size(value, def->value);
	}
	return false;
}

/* ---- what getopt_long() does not take -------------------------------------- */

#define IS_FOREIGN	"does not have this option of daxctl"

/* "--re" of "--re=1", as far as it was typed. */
static int typed(const char *word)
{
	return (int)strcspn(word, "=");
}

/* The options that WORD may be short for, "--region or --regions"; to be freed. */
static char *candidates(const struct parser *p, const char *word)
{
	char *list = NULL;

	for (const struct option *o = p->longs; o->name; o++) {
		char *longer;

		if (strncmp(o->name, word + 2, (size_t)typed(word) - 2) != 0)
			continue;
		longer = xasprintf("%s%s--%s", list ? list : "", list ? " or " : "", o->name);
		free(list);
		list = longer;
	}
	return list;
}

static void tell_unknown(const struct command *cmd, const struct parser *p, const char *word)
{
	const char *hint = foreign_hint(word + 2, typed(word) - 2, 0);
	char *list = candidates(p, word);

	if (hint && !list)
		(void)usage_error("%.*s: %s " IS_FOREIGN ": %s", typed(word), word, cmd->name, hint);
	else if (list)
		(void)usage_error("%.*s: it is short for several options: give %s", typed(word),
				  word, list);
	else
		(void)usage_error("%.*s: unknown option: see daxctl-private %s --help",
				  typed(word), word, cmd->name);
	free(list);
}

static void tell_unknown_letter(const struct command *cmd, int letter)
{
	const char *hint = foreign_hint(NULL, 0, letter);

	if (hint)
		(void)usage_error("-%c: %s " IS_FOREIGN ": %s", letter, cmd->name, hint);
	else
		(void)usage_error("-%c: unknown option: see daxctl-private %s --help",
				  isprint((unsigned char)letter) ? letter : '?', cmd->name);
}

/*
 * VAL is ':' if a value is missing. OPTOPT is the option, one without a value if it
 * is known; 0 if it is a long one and unknown. WORD is what a long one was in.
 */
static void tell_error(const struct command *cmd, const struct parser *p, int val, const char *word)
{
	const struct option_def *def = val == ':' ? find_option(p, optopt) : NULL;

	if (def)
		(void)usage_error("--%s: it needs a value: give --%s=%s", def->name, def->name,
				  def->arg);
	else if (!optopt)
		tell_unknown(cmd, p, word);
	else if (optopt > UCHAR_MAX || optopt == 'h')
		(void)usage_error("%.*s: it takes no value: leave '%s' out", typed(word), word,
				  word + typed(word));
	else
		tell_unknown_letter(cmd, optopt);
}

/* ---------------------------------------------------------------------------- */

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

	/* the colon: a missing value is told apart, and nothing is printed */
	(void)snprintf(p.shorts, sizeof(p.shorts), "%s:h", cmd->to_the_end ? "+" : "");
	add_options(&p, cmd->options);
	add_options(&p, global_options);
	add_long(&p, "help", no_argument, 'h');

	optind = 1;
	while ((val = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		if (val == 'h') {
			command_usage(cmd);
			return 0;
		}
		if (val == '?' || val == ':') {
			tell_error(cmd, &p, val, argv[optind - 1]);
			return -1;
		}
		def = find_option(&p, val);
		if (!set_option(def, val, optarg)) {
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
