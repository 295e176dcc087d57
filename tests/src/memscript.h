/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memscript - run a short script of memory operations in one process and say
 * where every page ended up.
 *
 * A script is a list of statements, "VERB [ARG...]", separated by newlines or
 * semicolons. They are executed in order; the first one that fails ends the
 * run. See verbs.c for the list.
 */
#ifndef MEMSCRIPT_H
#define MEMSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_WORDS	24
#define MAX_AREAS	16
#define MAX_NODES	64
#define MAX_CHILDREN	8
#define NAME_LEN	16

#define PAGE_SHIFT	12
#define PAGE_SIZE	((size_t)1 << PAGE_SHIFT)
#define HUGE_SIZE	((size_t)2 << 20)

/*
 * What a verb returns: 0, or the errno of the operation it stands for (then
 * "expect ERRNO" may allow it), or one of these.
 */
#define CHECK_FAILED	(-1)	/* an assertion of the script does not hold */
#define BAD_USAGE	(-2)	/* the script itself is wrong */

enum area_kind {
	AREA_ANON,
	AREA_SHARED,
	AREA_HUGETLB,
};

/* One mapping. It stands between two inaccessible guards, so it never merges. */
struct area {
	char name[NAME_LEN];
	char *base;
	size_t len;
	enum area_kind kind;
};

/* The part of the current area that statements work on. */
struct window {
	char *base;
	size_t len;
	size_t offset;		/* of base in the area */
	const struct area *area;
};

struct statement {
	int line;		/* counted from 1, for messages */
	int nr_words;
	char *word[MAX_WORDS + 1];
};

struct script {
	struct statement *st;
	int nr;
	int pc;

	struct area area[MAX_AREAS];
	int nr_areas;
	int current;		/* index of the current area, -1: none */
	size_t win_off;
	size_t win_len;		/* 0: up to the end of the area */

	pid_t child[MAX_CHILDREN];	/* started with "fork bg" */
	int nr_children;

	char why[512];		/* reason for the last failure */
};

struct verb {
	const char *name;
	const char *args;	/* for the help text */
	int min, max;		/* number of arguments */
	int (*run)(struct script *s, char **arg);
	const char *help;
};

/* script.c */
int script_parse(struct script *s, int nr_texts, char **text);
int script_run(struct script *s);
int script_statement(struct script *s, char **word, int nr_words);
const struct verb *verb_find(const char *name);
void verb_help(void);

/* why.c: reasons and words */
int because(struct script *s, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
bool parse_size(const char *text, size_t *size);
bool parse_count(const char *text, long *count);
int parse_errno(const char *name);
int parse_signal(const char *name);
const char *errno_name(int err);
/* Index of @text in the NULL-terminated @words, or -1. */
int word_index(const char *const *words, const char *text);

/* memscript.c */
unsigned int timeout_seconds(void);
void start_timeout(void);

/* area.c */
bool window_get(struct script *s, struct window *w);
int no_area(struct script *s);

/* look.c: what /proc/kpageflags has on a page frame */
uint64_t page_flags(uint64_t pfn);

/* pattern.c */
/* As @w, but in memory of its own: free its base. */
struct window window_copy(const struct window *w);
void pattern_fill(const struct window *w, uint64_t seed);
size_t pattern_check(const struct window *w, uint64_t seed, size_t *first_bad);

/* nodes.c: node lists and the raw policy calls */
struct nodes {
	unsigned long bits[MAX_NODES / (8 * sizeof(unsigned long))];
};
bool nodes_parse(const char *text, struct nodes *n);
void nodes_print(const struct nodes *n, char *buf, size_t size);
bool nodes_equal(const struct nodes *a, const struct nodes *b);
long sys_mbind(void *addr, size_t len, int mode, const struct nodes *n,
	       unsigned int flags);
long sys_set_mempolicy(int mode, const struct nodes *n);
long sys_get_mempolicy(int *mode, struct nodes *n, void *addr,
		       unsigned long flags);
long sys_set_home_node(void *addr, size_t len, unsigned long node);
long sys_migrate_pages(pid_t pid, const struct nodes *from,
		       const struct nodes *to);
long sys_move_pages(pid_t pid, unsigned long count, void **pages,
		    const int *nodes, int *status, int flags);

/* place.c: the oracle for "where is this page" */
struct placement {
	size_t node[MAX_NODES];
	size_t absent;
	size_t swapped;
	size_t zero;		/* the shared zero page */
	size_t total;
};
int place_scan(struct script *s, const struct window *w, struct placement *p);
void place_print(const struct placement *p, char *buf, size_t size);
/* PFN of each page of @w, 0 where none is mapped. Free it. */
uint64_t *place_pfns(const struct window *w);
void **page_addresses(const struct window *w, size_t *count);
size_t place_soft_dirty(const struct window *w);

/* look.c */
const struct area *area_named(const struct script *s, const char *name);

/* uring.c: write @from over @w; errno or 0 */
int uring_read(const struct window *w, const char *from);
int uring_read_fixed(const struct window *w, const char *from);

/* verbs-*.c */
int verb_map(struct script *s, char **arg);
int verb_use(struct script *s, char **arg);
int verb_slice(struct script *s, char **arg);
int verb_whole(struct script *s, char **arg);
int verb_munmap(struct script *s, char **arg);
int verb_mremap(struct script *s, char **arg);
int verb_mprotect(struct script *s, char **arg);
int verb_madvise(struct script *s, char **arg);
int verb_mlock(struct script *s, char **arg);
int verb_munlock(struct script *s, char **arg);

int verb_fill(struct script *s, char **arg);
int verb_verify(struct script *s, char **arg);
int verb_touch(struct script *s, char **arg);
int verb_read(struct script *s, char **arg);
int verb_zeroed(struct script *s, char **arg);
int verb_churn(struct script *s, char **arg);
int verb_stamp(struct script *s, char **arg);
int verb_poke(struct script *s, char **arg);
int verb_uffd(struct script *s, char **arg);

int verb_bind(struct script *s, char **arg);
int verb_policy(struct script *s, char **arg);
int verb_home(struct script *s, char **arg);
int verb_policy_is(struct script *s, char **arg);
int verb_task_policy_is(struct script *s, char **arg);
int verb_tells(struct script *s, char **arg);

int verb_move(struct script *s, char **arg);
int verb_query(struct script *s, char **arg);
int verb_migrate(struct script *s, char **arg);

int verb_where(struct script *s, char **arg);
int verb_on(struct script *s, char **arg);
int verb_kflags(struct script *s, char **arg);
int verb_frame(struct script *s, char **arg);
int verb_same(struct script *s, char **arg);
int verb_smaps(struct script *s, char **arg);
int verb_used(struct script *s, char **arg);
int verb_idle(struct script *s, char **arg);
int verb_softdirty(struct script *s, char **arg);
int verb_zero_node(struct script *s, char **arg);
int verb_reclaim(struct script *s, char **arg);
int verb_readonly(struct script *s, char **arg);
int verb_dumped(struct script *s, char **arg);

int verb_print(struct script *s, char **arg);
int verb_cat(struct script *s, char **arg);
int verb_signal(struct script *s, char **arg);
int verb_wait(struct script *s, char **arg);
int verb_run(struct script *s, char **arg);
int verb_write(struct script *s, char **arg);
int verb_pin(struct script *s, char **arg);
int verb_unpin(struct script *s, char **arg);
int verb_pinned(struct script *s, char **arg);
int verb_direct(struct script *s, char **arg);

int verb_fork(struct script *s, char **arg);
int verb_end(struct script *s, char **arg);
int verb_join(struct script *s, char **arg);
int verb_exec(struct script *s, char **arg);
int verb_expect(struct script *s, char **arg);
int verb_try(struct script *s, char **arg);
int verb_until(struct script *s, char **arg);
int verb_faults(struct script *s, char **arg);

#endif
