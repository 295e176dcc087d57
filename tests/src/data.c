// SPDX-License-Identifier: GPL-2.0
/* Verbs that write and check content. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "memscript.h"

static int seed_and_window(struct script *s, char **arg, long *seed,
			   struct window *w)
{
	if (!parse_count(arg[0], seed))
		return because(s, BAD_USAGE, "the seed must be a number");
	return window_get(s, w) ? 0 : no_area(s);
}

/* From the last page down, so that a growing mapping grows. */
static void write_pages(const struct window *w)
{
	for (size_t off = w->len; off; off -= PAGE_SIZE)
		*(volatile char *)(w->base + off - PAGE_SIZE) = 1;
}

int verb_touch(struct script *s, char **arg)
{
	struct window w;

	(void)arg;
	if (!window_get(s, &w))
		return no_area(s);
	write_pages(&w);
	return 0;
}

int verb_read(struct script *s, char **arg)
{
	struct window w;

	(void)arg;
	if (!window_get(s, &w))
		return no_area(s);
	for (size_t off = 0; off < w.len; off += PAGE_SIZE)
		(void)*(volatile char *)(w.base + off);
	return 0;
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* Uses the pages without changing them, so that services see them in use. */
int verb_churn(struct script *s, char **arg)
{
	pthread_t thread;
	struct window w;
	long seconds;
	time_t end;

	if (!parse_count(arg[0], &seconds))
		return because(s, BAD_USAGE, "the seconds must be a number");
	if (arg[1] && strcmp(arg[1], "threaded") != 0)
		return because(s, BAD_USAGE, "what is '%s'?", arg[1]);
	if (!window_get(s, &w))
		return no_area(s);
	end = time(NULL) + seconds;
	if (arg[1] && pthread_create(&thread, NULL, sleep_on, NULL))
		return because(s, EAGAIN, "no thread");
	while (time(NULL) <= end)
		for (size_t off = 0; off < w.len; off += PAGE_SIZE) {
			volatile char *p = w.base + off;

			*p = *p;
		}
	if (arg[1] && (pthread_cancel(thread) || pthread_join(thread, NULL)))
		return because(s, EAGAIN, "the thread does not end");
	return 0;
}

/* The number of each page must be @was; the next one takes its place. */
static size_t next_number(const struct window *w, uint64_t was)
{
	size_t lost = 0;

	for (size_t off = 0; off < w->len; off += PAGE_SIZE) {
		/* not always the same word of the page */
		volatile uint64_t *p = (volatile uint64_t *)(void *)(w->base + off);
		size_t words = PAGE_SIZE / sizeof(*p);

		lost += p[was % words] != was;
		p[(was + 1) % words] = was + 1;
	}
	return lost;
}

/* stamp FILE */
int verb_stamp(struct script *s, char **arg)
{
	uint64_t round = 0;
	struct window w;
	size_t lost;

	if (!window_get(s, &w))
		return no_area(s);
	do {
		lost = next_number(&w, round++);
	} while (!lost && access(arg[0], F_OK));
	return lost ? because(s, CHECK_FAILED, "%zu pages lost number %llu",
			      lost, (unsigned long long)round - 1) : 0;
}

int verb_fill(struct script *s, char **arg)
{
	struct window w;
	long seed;
	int ret = seed_and_window(s, arg, &seed, &w);

	if (ret)
		return ret;
	pattern_fill(&w, (uint64_t)seed);
	return 0;
}

int verb_verify(struct script *s, char **arg)
{
	struct window w = { 0 };
	size_t first = 0, bad;
	long seed;
	int ret = seed_and_window(s, arg, &seed, &w);

	if (ret)
		return ret;
	bad = pattern_check(&w, (uint64_t)seed, &first);
	if (!bad)
		return 0;
	return because(s, CHECK_FAILED,
		       "%zu of %zu pages do not hold the content of seed %ld, the first is page %zu",
		       bad, w.len / PAGE_SIZE, seed, first);
}

/* Fresh memory must be all zero: nothing of another process may show. */
int verb_zeroed(struct script *s, char **arg)
{
	const volatile uint64_t *word;
	struct window w = { 0 };

	(void)arg;
	if (!window_get(s, &w))
		return no_area(s);
	word = (volatile uint64_t *)(void *)w.base;
	for (size_t i = 0; i < w.len / sizeof(*word); i++)
		if (word[i])
			return because(s, CHECK_FAILED,
				       "old content 0x%llx at offset 0x%zx",
				       (unsigned long long)word[i],
				       i * sizeof(*word));
	return 0;
}
