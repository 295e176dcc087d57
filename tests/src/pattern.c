// SPDX-License-Identifier: GPL-2.0
/* Content that can be checked: every word is a function of seed and offset. */
#include <stdlib.h>

#include "memscript.h"

#define WORDS_PER_PAGE	(PAGE_SIZE / sizeof(uint64_t))

/* A bijective mixer, so that no two words of one seed are the same. */
static uint64_t word_at(uint64_t seed, uint64_t index)
{
	uint64_t x = index ^ (seed << 48);

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 32;
	return x;
}

struct window window_copy(const struct window *w)
{
	struct window copy = *w;

	copy.base = aligned_alloc(PAGE_SIZE, w->len);
	if (!copy.base)
		die("out of memory");
	return copy;
}

void pattern_fill(const struct window *w, uint64_t seed)
{
	volatile uint64_t *word = (volatile uint64_t *)(void *)w->base;
	uint64_t first = w->offset / sizeof(*word);

	for (size_t i = 0; i < w->len / sizeof(*word); i++)
		word[i] = word_at(seed, first + i);
}

static bool page_good(const volatile uint64_t *word, uint64_t seed,
		      uint64_t first)
{
	for (size_t i = 0; i < WORDS_PER_PAGE; i++)
		if (word[i] != word_at(seed, first + i))
			return false;
	return true;
}

/* Number of pages that do not hold what pattern_fill() wrote. */
size_t pattern_check(const struct window *w, uint64_t seed, size_t *first_bad)
{
	const volatile uint64_t *word = (volatile uint64_t *)(void *)w->base;
	uint64_t first = w->offset / sizeof(*word);
	size_t bad = 0;

	for (size_t page = 0; page < w->len / PAGE_SIZE; page++) {
		size_t i = page * WORDS_PER_PAGE;

		if (page_good(word + i, seed, first + i))
			continue;
		if (!bad++)
			*first_bad = page;
	}
	return bad;
}
