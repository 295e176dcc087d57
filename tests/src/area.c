// SPDX-License-Identifier: GPL-2.0
/* Verbs that make, choose and change mappings. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memscript.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif

/* Fills @w from the current area and slice; false if there is no area. */
bool window_get(struct script *s, struct window *w)
{
	const struct area *a;

	if (s->current < 0)
		return false;
	a = &s->area[s->current];
	w->area = a;
	w->offset = s->win_off;
	w->base = a->base + s->win_off;
	w->len = s->win_len ? s->win_len : a->len - s->win_off;
	return true;
}

int no_area(struct script *s)
{
	return because(s, BAD_USAGE, "no mapping yet: begin with 'map SIZE'");
}

struct map_request {
	size_t len;
	int flags;
	int fd;
	enum area_kind kind;
	bool grow;
	const char *name;
};

/* Takes the word(s) at @arg into @m; returns how many it used, 0 for none. */
static int map_option(struct map_request *m, char **arg)
{
	static const char *const plain[] = {
		"anon", "shm", "hugetlb", "populate", "noreserve", "grow", NULL
	};

	switch (word_index(plain, arg[0])) {
	case 0:
		return 1;
	case 1:
		m->flags = (m->flags & ~MAP_PRIVATE) | MAP_SHARED;
		m->kind = AREA_SHARED;
		return 1;
	case 2:
		m->flags |= MAP_HUGETLB;
		m->kind = AREA_HUGETLB;
		return 1;
	case 3:
		m->flags |= MAP_POPULATE;
		return 1;
	case 4:
		m->flags |= MAP_NORESERVE;
		return 1;
	case 5:
		m->grow = true;
		return 1;
	default:
		return 0;
	}
}

static int open_file(const char *path, size_t len, bool shared)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 && !shared)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || (st.st_size < (off_t)len && ftruncate(fd, (off_t)len))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* "as NAME", "file PATH" (private) and "sharedfile PATH". */
static int map_option2(struct map_request *m, char **arg)
{
	bool shared = !strcmp(arg[0], "sharedfile");

	if (!arg[1])
		return 0;
	if (!strcmp(arg[0], "as")) {
		m->name = arg[1];
		return 2;
	}
	if (!shared && strcmp(arg[0], "file") != 0)
		return 0;
	m->fd = open_file(arg[1], m->len, shared);
	m->flags &= ~MAP_ANONYMOUS;
	if (shared) {
		m->flags = (m->flags & ~MAP_PRIVATE) | MAP_SHARED;
		m->kind = AREA_SHARED;
	}
	return m->fd < 0 ? -1 : 2;
}

/* Reserves @len bytes at a huge page boundary, with a guard on either side. */
static char *reserve(size_t len)
{
	size_t room = len + 3 * HUGE_SIZE;
	char *p = mmap(NULL, room, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t skip;

	if (p == MAP_FAILED)
		return NULL;
	skip = 2 * HUGE_SIZE - (uintptr_t)p % HUGE_SIZE;
	return p + skip;
}

/* Maps only the last page; faults below it make the mapping grow downwards. */
static void *map_growing(char *base, size_t len)
{
	char *top = base + len - PAGE_SIZE;

	if (munmap(base, len - PAGE_SIZE))
		return MAP_FAILED;
	return mmap(top, PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN,
		    -1, 0);
}

static int map_new(struct script *s, const struct map_request *m)
{
	struct area *a = &s->area[s->nr_areas];
	char *base = reserve(m->len);
	void *p;

	if (!base)
		return errno;
	if (m->grow)
		p = map_growing(base, m->len);
	else
		p = mmap(base, m->len, PROT_READ | PROT_WRITE,
			 m->flags | MAP_FIXED, m->fd, 0);
	if (p == MAP_FAILED)
		return because(s, errno, "mmap of %zu bytes", m->len);
	(void)snprintf(a->name, sizeof(a->name), "%s", m->name ? m->name : "");
	a->base = base;
	a->len = m->len;
	a->kind = m->kind;
	s->current = s->nr_areas++;
	s->win_off = 0;
	s->win_len = 0;
	return 0;
}

int verb_map(struct script *s, char **arg)
{
	struct map_request m = { .fd = -1, .flags = MAP_PRIVATE | MAP_ANONYMOUS };
	int ret;

	if (s->nr_areas == MAX_AREAS)
		return because(s, BAD_USAGE, "more than %d mappings", MAX_AREAS);
	if (!parse_size(*arg++, &m.len) || !m.len || m.len % PAGE_SIZE)
		return because(s, BAD_USAGE, "the size must be whole pages");
	while (*arg) {
		int used = map_option(&m, arg);

		if (!used)
			used = map_option2(&m, arg);
		if (used < 0)
			return because(s, errno, "cannot open %s", arg[1]);
		if (!used)
			return because(s, BAD_USAGE, "what is '%s'?", *arg);
		arg += used;
	}
	ret = map_new(s, &m);
	if (m.fd >= 0)
		close(m.fd);
	return ret;
}

int verb_use(struct script *s, char **arg)
{
	for (int i = 0; i < s->nr_areas; i++) {
		if (strcmp(s->area[i].name, arg[0]) != 0)
			continue;
		s->current = i;
		s->win_off = 0;
		s->win_len = 0;
		return 0;
	}
	return because(s, BAD_USAGE, "no mapping is named '%s'", arg[0]);
}

int verb_slice(struct script *s, char **arg)
{
	size_t off, len;

	if (s->current < 0)
		return no_area(s);
	if (!parse_size(arg[0], &off) || !parse_size(arg[1], &len) ||
	    off % PAGE_SIZE || len % PAGE_SIZE || !len ||
	    off + len > s->area[s->current].len)
		return because(s, BAD_USAGE, "not whole pages of the mapping");
	s->win_off = off;
	s->win_len = len;
	return 0;
}

int verb_whole(struct script *s, char **arg)
{
	(void)arg;
	s->win_off = 0;
	s->win_len = 0;
	return 0;
}

int verb_munmap(struct script *s, char **arg)
{
	struct window w;

	(void)arg;
	if (!window_get(s, &w))
		return no_area(s);
	if (munmap(w.base, w.len))
		return because(s, errno, "munmap");
	if (w.len == w.area->len)
		s->current = -1;
	return 0;
}

/* Always to a new place, so that page tables are moved. */
int verb_mremap(struct script *s, char **arg)
{
	struct area *a;
	char *base;
	size_t len;
	void *p;

	if (s->current < 0)
		return no_area(s);
	a = &s->area[s->current];
	if (!parse_size(arg[0], &len) || !len || len % PAGE_SIZE)
		return because(s, BAD_USAGE, "the size must be whole pages");
	base = reserve(len);
	if (!base)
		return errno;
	p = mremap(a->base, a->len, len, MREMAP_MAYMOVE | MREMAP_FIXED, base);
	if (p == MAP_FAILED)
		return because(s, errno, "mremap");
	a->base = base;
	a->len = len;
	return verb_whole(s, NULL);
}

int verb_mprotect(struct script *s, char **arg)
{
	static const char *const word[] = { "none", "r", "rw", NULL };
	static const int prot[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	int i = word_index(word, arg[0]);
	struct window w;

	if (i < 0)
		return because(s, BAD_USAGE, "protection is none, r or rw");
	if (!window_get(s, &w))
		return no_area(s);
	return mprotect(w.base, w.len, prot[i]) ? errno : 0;
}

/*
 * A child of ours gives the advice; its errno is its exit status.  It must not
 * share the pages, or they are not ours alone.
 */
static int advise_from_child(const struct window *w, int advice)
{
	struct iovec range = { w->base, w->len };
	int status, pidfd;
	pid_t pid;

	if (madvise(w->base, w->len, MADV_DONTFORK))
		return errno;
	pid = fork();
	if (pid < 0)
		return errno;
	if (!pid) {
		pidfd = (int)syscall(SYS_pidfd_open, getppid(), 0);
		if (pidfd < 0 ||
		    syscall(SYS_process_madvise, pidfd, &range, 1, advice, 0) < 0)
			_exit(errno);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    madvise(w->base, w->len, MADV_DOFORK))
		return ECHILD;
	return WEXITSTATUS(status);
}

int verb_madvise(struct script *s, char **arg)
{
	static const char *const word[] = {
		"hugepage", "nohugepage", "collapse", "cold", "pageout", "free",
		"dontneed", "mergeable", "unmergeable", "willneed",
		"populate_read", "populate_write", "soft_offline", "hwpoison",
		"dontfork", NULL
	};
	static const int advice[] = {
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLLAPSE, MADV_COLD,
		MADV_PAGEOUT, MADV_FREE, MADV_DONTNEED, MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_WILLNEED, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE, MADV_SOFT_OFFLINE, MADV_HWPOISON,
		MADV_DONTFORK
	};
	int i = word_index(word, arg[0]);
	struct window w;

	if (i < 0)
		return because(s, BAD_USAGE, "unknown advice '%s'", arg[0]);
	if (!window_get(s, &w))
		return no_area(s);
	if (arg[1])
		return strcmp(arg[1], "remote") ?
		       because(s, BAD_USAGE, "what is '%s'?", arg[1]) :
		       advise_from_child(&w, advice[i]);
	return madvise(w.base, w.len, advice[i]) ? errno : 0;
}

int verb_mlock(struct script *s, char **arg)
{
	struct window w;

	(void)arg;
	if (!window_get(s, &w))
		return no_area(s);
	return mlock(w.base, w.len) ? errno : 0;
}

int verb_munlock(struct script *s, char **arg)
{
	struct window w;

	(void)arg;
	if (!window_get(s, &w))
		return no_area(s);
	return munlock(w.base, w.len) ? errno : 0;
}
