// SPDX-License-Identifier: GPL-2.0
/* The verb that writes the pattern by other ways than a store. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memscript.h"

/* What is written at a time: where it comes from takes memory, too. */
#define CHUNK	((size_t)64 << 10)

typedef int poke_fn(const struct window *w, const char *from);

/* What a call that should have moved @want bytes returned, as an errno */
static int moved(ssize_t got, size_t want)
{
	if (got < 0)
		return errno;
	return (size_t)got == want ? 0 : EIO;
}

static int poke_store(const struct window *w, const char *from)
{
	memcpy(w->base, from, w->len);
	return 0;
}

static int poke_procmem(const struct window *w, const char *from)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return errno;
	ret = moved(pwrite(fd, from, w->len, (off_t)(uintptr_t)w->base), w->len);
	close(fd);
	return ret;
}

static int poke_vmwrite(const struct window *w, const char *from)
{
	struct iovec local = { (char *)(uintptr_t)from, w->len };
	struct iovec remote = { w->base, w->len };

	return moved(process_vm_writev(getpid(), &local, 1, &remote, 1, 0),
		     w->len);
}

static int poke_pipe(const struct window *w, const char *from)
{
	int end[2], ret;

	if (pipe2(end, O_CLOEXEC))
		return errno;
	ret = fcntl(end[1], F_SETPIPE_SZ, CHUNK) < 0 ? errno :
	      moved(write(end[1], from, w->len), w->len);
	if (!ret)
		ret = moved(read(end[0], w->base, w->len), w->len);
	close(end[0]);
	close(end[1]);
	return ret;
}

static int poke_words(pid_t pid, const struct window *w, const char *from)
{
	for (size_t off = 0; off < w->len; off += sizeof(long)) {
		long word;

		memcpy(&word, from + off, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, pid, w->base + off, word))
			return errno;
	}
	return 0;
}

static int trace_and_poke(pid_t pid, const struct window *w, const char *from)
{
	int status, ret;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) ||
	    waitpid(pid, &status, __WALL) != pid)
		return errno;
	ret = poke_words(pid, w, from);
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? errno : ret;
}

/* By a child that traces us; it must not share the pages, see verb_madvise(). */
static int poke_ptrace(const struct window *w, const char *from)
{
	int status;
	pid_t pid;

	if (madvise(w->area->base, w->area->len, MADV_DONTFORK))
		return errno;
	pid = fork();
	if (pid < 0)
		return errno;
	if (!pid)
		_exit(trace_and_poke(getppid(), w, from));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    madvise(w->area->base, w->area->len, MADV_DOFORK))
		return ECHILD;
	return WEXITSTATUS(status);
}

static struct window chunk_at(const struct window *w, size_t off)
{
	struct window chunk = *w;

	chunk.base += off;
	chunk.offset += off;
	chunk.len = w->len - off < CHUNK ? w->len - off : CHUNK;
	return chunk;
}

/* Write what pattern_fill() would. */
static int poke_by(poke_fn *poke, const struct window *w, uint64_t seed)
{
	char *from = aligned_alloc(PAGE_SIZE, CHUNK);
	int ret = from ? 0 : ENOMEM;

	for (size_t off = 0; off < w->len && !ret; off += CHUNK) {
		struct window to = chunk_at(w, off), source = to;

		source.base = from;
		pattern_fill(&source, seed);
		ret = poke(&to, from);
	}
	free(from);
	return ret;
}

/* poke HOW SEED */
int verb_poke(struct script *s, char **arg)
{
	static const char *const word[] = {
		"store", "procmem", "vmwrite", "pipe", "ptrace", "uring",
		"fixed", NULL
	};
	static poke_fn *const poke[] = {
		poke_store, poke_procmem, poke_vmwrite, poke_pipe, poke_ptrace,
		uring_read, uring_read_fixed
	};
	int how = word_index(word, arg[0]), ret;
	struct window w;
	long seed;

	if (how < 0 || !parse_count(arg[1], &seed))
		return because(s, BAD_USAGE, "want a way to write and a seed");
	if (!window_get(s, &w))
		return no_area(s);
	ret = poke_by(poke[how], &w, (uint64_t)seed);
	return ret ? because(s, ret, "poke %s", arg[0]) : 0;
}
