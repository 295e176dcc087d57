// SPDX-License-Identifier: GPL-2.0
/* Statements: splitting the text into them, and running them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memscript.h"

static struct statement *statement_new(struct script *s)
{
	struct statement *st;

	st = realloc(s->st, sizeof(*st) * (size_t)(s->nr + 1));
	if (!st)
		die("out of memory");
	s->st = st;
	st += s->nr++;
	memset(st, 0, sizeof(*st));
	st->line = s->nr;
	return st;
}

/* @text is cut up in place. */
static bool split_statement(struct script *s, char *text)
{
	struct statement *st = NULL;
	char *save = NULL;

	for (char *word = strtok_r(text, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (!st && word[0] == '#')
			return true;
		if (!st)
			st = statement_new(s);
		if (st->nr_words == MAX_WORDS)
			return false;
		st->word[st->nr_words++] = word;
	}
	return true;
}

/* The texts are cut up in place and must live as long as the script. */
int script_parse(struct script *s, int nr_texts, char **text)
{
	for (int i = 0; i < nr_texts; i++) {
		char *save = NULL;

		for (char *p = strtok_r(text[i], ";\n", &save); p;
		     p = strtok_r(NULL, ";\n", &save))
			if (!split_statement(s, p))
				return because(s, BAD_USAGE, "more than %d words",
					       MAX_WORDS);
	}
	return 0;
}

/* Runs one statement that is given as words. */
int script_statement(struct script *s, char **word, int nr_words)
{
	const struct verb *v = nr_words ? verb_find(word[0]) : NULL;
	int ret;

	if (!v)
		return because(s, BAD_USAGE, "no such verb '%s', see --help",
			       nr_words ? word[0] : "");
	if (nr_words - 1 < v->min || nr_words - 1 > v->max)
		return because(s, BAD_USAGE, "usage: %s %s", v->name, v->args);
	s->why[0] = '\0';
	ret = v->run(s, word + 1);
	if (ret > 0 && !s->why[0])
		(void)because(s, ret, "%s", v->name);
	return ret;
}

static void complain(const struct script *s, const struct statement *st, int ret)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "memscript: statement %d, '", st->line);
	for (int i = 0; i < st->nr_words; i++)
		(void)fprintf(stderr, "%s%s", i ? " " : "", st->word[i]);
	(void)fprintf(stderr, "': %s", s->why);
	if (ret > 0)
		(void)fprintf(stderr, ": %s (%s)", errno_name(ret), strerror(ret));
	(void)fputc('\n', stderr);
}

/* Exit status: 0, 1 when a statement failed, 2 when the script is wrong. */
int script_run(struct script *s)
{
	for (s->pc = 0; s->pc < s->nr; s->pc++) {
		struct statement *st = &s->st[s->pc];
		int ret = script_statement(s, st->word, st->nr_words);

		if (!ret)
			continue;
		complain(s, st, ret);
		return ret == BAD_USAGE ? 2 : 1;
	}
	return 0;
}
