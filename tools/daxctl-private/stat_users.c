// SPDX-License-Identifier: GPL-2.0
/* Processes or cgroups with memory on nodes, as a list. */
#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "text.h"

/**
 * users_add() - a new one, that has nothing
 * @users: the list
 * @sample: the nodes
 *
 * Return: it; valid until the next one is added
 */
struct user *users_add(struct users *users, const struct sample *sample)
{
	struct user *user;

	users->user = xrealloc(users->user, (size_t)users->nr + 1, sizeof(*user));
	user = &users->user[users->nr++];
	*user = (struct user){ .bytes = xcalloc((size_t)sample->nr + 1, sizeof(*user->bytes)) };
	return user;
}

void users_drop_last(struct users *users)
{
	struct user *user = &users->user[--users->nr];

	free(user->name);
	free(user->bytes);
}

/**
 * users_name() - give it its name
 * @user: who
 * @name: may be anything
 */
void users_name(struct user *user, const char *name)
{
	free(user->name);
	user->name = utf8_text(name);
}

/**
 * users_count() - memory on a node
 * @user: whose it is
 * @sample: the nodes
 * @node: the node; others than those of the sample do not count
 * @bytes: how much
 */
void users_count(struct user *user, const struct sample *sample, int node, uint64_t bytes)
{
	for (int i = 0; i < sample->nr; i++) {
		if (!sample->node[i].plugged || sample->node[i].node != node)
			continue;
		user->bytes[i] += bytes;
		user->total += bytes;
		return;
	}
}

static int by_use(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	if (x->total != y->total)
		return x->total < y->total ? 1 : -1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return strcmp(x->name, y->name);
}

/**
 * users_sort() - who has most comes first
 * @users: the list
 */
void users_sort(struct users *users)
{
	if (users->nr)
		qsort(users->user, (size_t)users->nr, sizeof(*users->user), by_use);
}

void users_free(struct users *users)
{
	while (users->nr)
		users_drop_last(users);
	free(users->user);
	users->user = NULL;
}
