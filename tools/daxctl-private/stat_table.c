// SPDX-License-Identifier: GPL-2.0
/* Tables for people, as those of mpstat. */
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "stats.h"
#include "text.h"

#define LINES_PER_HEADING	20

/* The names of counters that some node has, in the order in which they come. */
struct names {
	const char **name;
	int nr;
};

/* Of the node's own counters those that say where memory went; --json has all. */
static bool in_table(const struct counter *counter)
{
	return !counter->of_node || !strncmp(counter->name, "pg", 2);
}

static void add_name(struct names *names, const char *name)
{
	for (int i = 0; i < names->nr; i++)
		if (!strcmp(names->name[i], name))
			return;
	names->name = xrealloc(names->name, (size_t)names->nr + 1, sizeof(*names->name));
	names->name[names->nr++] = name;
}

static struct names counter_names(const struct sample *sample)
{
	struct names names = { .nr = 0 };

	for (int own = 0; own < 2; own++)
		for (int i = 0; i < sample->nr; i++)
			for (int j = 0; j < sample->node[i].nr; j++) {
				const struct counter *counter = &sample->node[i].counter[j];

				if (in_table(counter) && counter->of_node == own)
					add_name(&names, counter->name);
			}
	return names;
}

/* ---- cells ---------------------------------------------------------------- */

static void add_column(struct libscols_table *table, const char *name, bool right)
{
	size_t width = strlen(name) < 6 ? 6 : strlen(name);

	if (!scols_table_new_column(table, name, (double)width, right ? SCOLS_FL_RIGHT : 0))
		out_of_memory();
}

static struct libscols_line *add_line(struct libscols_table *table)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line)
		out_of_memory();
	return line;
}

/* TEXT is freed. */
static void set_cell(struct libscols_line *line, size_t *column, char *text)
{
	if (scols_line_refer_data(line, (*column)++, text))
		out_of_memory();
}

static char *short_size(uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double size = (double)bytes / 1024;
	int unit = 0;

	while (size >= 1024 && unit < 5) {
		size /= 1024;
		unit++;
	}
	return bytes ? xasprintf("%.1f%c", size, units[unit]) : xstrdup("0");
}

static char *clock_text(double seconds)
{
	time_t when = (time_t)seconds;
	char text[16] = "";
	struct tm tm;

	if (localtime_r(&when, &tm))
		(void)strftime(text, sizeof(text), "%H:%M:%S", &tm);
	return xstrdup(text);
}

static struct libscols_table *new_table(void)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		out_of_memory();
	/* what is wider than a terminal goes on in its next line, and nothing is cut off */
	(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	return table;
}

/* ---- nodes ---------------------------------------------------------------- */

static void add_columns(struct libscols_table *table, const struct names *names,
			const struct table_state *state, bool rates)
{
	if (state->times)
		add_column(table, "TIME", false);
	add_column(table, "DEVICE", false);
	add_column(table, "NODE", true);
	add_column(table, "MODE", false);
	add_column(table, "SIZE", true);
	add_column(table, "RESIDENT", true);
	add_column(table, "USED", true);
	add_column(table, "BACKED", true);
	add_column(table, "%USED", true);
	add_column(table, "GATE", false);
	for (int i = 0; i < names->nr; i++) {
		char *name = xasprintf("%s%s", names->name[i], rates ? "/s" : "");

		add_column(table, name, true);
		free(name);
	}
}

static char *counter_cell(const struct node_stat *node, const char *name, bool rates)
{
	for (int i = 0; i < node->nr; i++) {
		const struct counter *counter = &node->counter[i];

		if (strcmp(counter->name, name) != 0)
			continue;
		return rates ? xasprintf("%.1f", counter->rate) :
			       xasprintf("%ju", (uintmax_t)counter->value);
	}
	return xstrdup("-");
}

static void set_use(struct libscols_line *line, size_t *column, const struct node_stat *node)
{
	set_cell(line, column, node->plugged ? short_size(node->use.promised) : xstrdup("-"));
	set_cell(line, column, node->plugged ? short_size(node->use.resident) : xstrdup("-"));
	set_cell(line, column, node->plugged ? short_size(node->use.used) : xstrdup("-"));
	set_cell(line, column, node->plugged ? short_size(node->use.backed) : xstrdup("-"));
	set_cell(line, column, node->plugged && node->use.backed ?
		 xasprintf("%.1f", 100.0 * (double)node->use.used / (double)node->use.backed) :
		 xstrdup("-"));
}

static void fill_line(struct libscols_line *line, const struct sample *sample,
		      const struct node_stat *node, const struct names *names, bool times)
{
	size_t column = 0;

	if (times)
		set_cell(line, &column, clock_text(sample->time));
	set_cell(line, &column, xstrdup(node->devices));
	set_cell(line, &column, node->plugged ? xasprintf("%d", node->node) : xstrdup("-"));
	set_cell(line, &column, xstrdup(mode_name(node->mode)));
	set_use(line, &column, node);
	set_cell(line, &column, xstrdup(node->gate ? node->gate : "-"));
	for (int i = 0; i < names->nr; i++)
		set_cell(line, &column, counter_cell(node, names->name[i], sample->seconds > 0));
}

static char *join(const struct names *names)
{
	char *all = xstrdup("");

	for (int i = 0; i < names->nr; i++) {
		char *more = xasprintf("%s %s", all, names->name[i]);

		free(all);
		all = more;
	}
	return all;
}

/* A heading comes first, each so many lines, and when the columns change. */
static bool needs_heading(struct table_state *state, const struct names *names)
{
	char *heading = join(names);
	bool needed = !state->lines || state->lines >= LINES_PER_HEADING ||
		      strcmp(heading, state->heading) != 0;

	free(state->heading);
	state->heading = heading;
	if (needed)
		state->lines = 0;
	return needed;
}

/**
 * stat_table() - print nodes as lines of a table
 * @state: what was printed before; its heading is to be freed
 * @sample: the nodes, with rates if there are some
 */
void stat_table(struct table_state *state, const struct sample *sample)
{
	struct names names = counter_names(sample);
	struct libscols_table *table = new_table();

	add_columns(table, &names, state, sample->seconds > 0);
	(void)scols_table_enable_noheadings(table, !needs_heading(state, &names));
	for (int i = 0; i < sample->nr; i++)
		fill_line(add_line(table), sample, &sample->node[i], &names, state->times);
	state->lines += sample->nr;
	(void)scols_print_table(table);
	scols_unref_table(table);
	free(names.name);
}

/* ---- processes and cgroups ------------------------------------------------ */

/* Those of a user are only of nodes that are plugged. */
static void fill_user(struct libscols_line *line, const struct user *user,
		      const struct sample *sample, bool times, bool procs)
{
	size_t column = 0;

	if (times)
		set_cell(line, &column, clock_text(sample->time));
	if (procs)
		set_cell(line, &column, xasprintf("%ld", user->pid));
	set_cell(line, &column, xstrdup(user->name));
	set_cell(line, &column, short_size(user->total));
	for (int i = 0; i < sample->nr; i++)
		if (sample->node[i].plugged)
			set_cell(line, &column, short_size(user->bytes[i]));
}

/**
 * stat_users_table() - print processes or cgroups as a table
 * @users: the processes, or the cgroups
 * @sample: the nodes
 * @times: with a column of the time
 */
void stat_users_table(const struct users *users, const struct sample *sample, bool times)
{
	struct libscols_table *table = new_table();
	bool procs = users->nr && users->user[0].pid;

	if (times)
		add_column(table, "TIME", false);
	if (procs)
		add_column(table, "PID", true);
	add_column(table, procs ? "COMMAND" : "CGROUP", false);
	add_column(table, "TOTAL", true);
	for (int i = 0; i < sample->nr; i++)
		if (sample->node[i].plugged)
			add_column(table, sample->node[i].devices, true);
	for (int i = 0; i < users->nr; i++)
		fill_user(add_line(table), &users->user[i], sample, times, procs);
	(void)scols_print_table(table);
	scols_unref_table(table);
}
