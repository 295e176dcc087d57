// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs that hold or use pages from inside the kernel: a long-term pin
 * (io_uring fixed buffers, or for reading only the kernel's own test), a
 * short-term reference (vmsplice) and direct I/O.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memscript.h"

#define PIPE_BYTES	(1 << 20)

/* mm/gup_test.h */
#define GUP_TEST	"/sys/kernel/debug/gup_test"
struct pin_longterm_test {
	__u64 addr;
	__u64 size;
	__u32 flags;
};
#define PIN_LONGTERM_TEST_START	_IOW('g', 7, struct pin_longterm_test)
#define PIN_LONGTERM_TEST_READ	_IOW('g', 9, __u64)

static int held[2] = { -1, -1 };

static int pin_long(struct script *s, const struct window *w)
{
	struct io_uring_params params = { 0 };
	struct iovec iov = { .iov_base = w->base, .iov_len = w->len };
	long fd = syscall(SYS_io_uring_setup, 1, &params);

	if (fd < 0)
		return because(s, errno, "io_uring_setup");
	held[0] = (int)fd;
	if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &iov, 1) < 0)
		return because(s, errno, "long-term pin");
	return 0;
}

static int pin_short(struct script *s, const struct window *w)
{
	struct iovec iov = { .iov_base = w->base, .iov_len = w->len };

	if (w->len > PIPE_BYTES)
		return because(s, BAD_USAGE, "a pipe holds 1M: use 'slice'");
	if (pipe2(held, O_CLOEXEC | O_NONBLOCK) ||
	    fcntl(held[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
		return because(s, errno, "pipe");
	if (vmsplice(held[1], &iov, 1, 0) != (ssize_t)w->len)
		return because(s, errno, "vmsplice");
	return 0;
}

static int pin_read(struct script *s, const struct window *w)
{
	struct pin_longterm_test pin = {
		.addr = (uintptr_t)w->base, .size = w->len
	};

	held[0] = open(GUP_TEST, O_RDWR | O_CLOEXEC);
	if (held[0] < 0)
		return because(s, errno, "cannot open " GUP_TEST);
	return ioctl(held[0], PIN_LONGTERM_TEST_START, &pin) ? errno : 0;
}

/* What the kernel finds in the pages that it has pinned */
int verb_pinned(struct script *s, char **arg)
{
	struct window w, copy;
	size_t bad, first = 0;
	__u64 to;
	long seed;
	int err;

	if (!parse_count(arg[0], &seed) || held[0] < 0)
		return because(s, BAD_USAGE, "want a seed, after 'pin read'");
	if (!window_get(s, &w))
		return no_area(s);
	copy = window_copy(&w);
	to = (uintptr_t)copy.base;
	err = ioctl(held[0], PIN_LONGTERM_TEST_READ, &to) ? errno : 0;
	bad = pattern_check(&copy, (uint64_t)seed, &first);
	free(copy.base);
	if (err)
		return because(s, err, "reading what is pinned");
	return bad ? because(s, CHECK_FAILED, "%zu pinned pages have other content",
			     bad) : 0;
}

int verb_unpin(struct script *s, char **arg)
{
	(void)s;
	(void)arg;
	for (int i = 0; i < 2; i++) {
		if (held[i] >= 0)
			close(held[i]);
		held[i] = -1;
	}
	return 0;
}

int verb_pin(struct script *s, char **arg)
{
	static const char *const kind[] = { "long", "short", "read", NULL };
	struct window w;
	int ret;

	if (held[0] >= 0)
		return because(s, BAD_USAGE, "a pin is held: 'unpin' first");
	if (!window_get(s, &w))
		return no_area(s);
	switch (word_index(kind, arg[0])) {
	case 0:
		ret = pin_long(s, &w);
		break;
	case 1:
		ret = pin_short(s, &w);
		break;
	case 2:
		ret = pin_read(s, &w);
		break;
	default:
		return because(s, BAD_USAGE, "pin is long, short or read");
	}
	if (ret)
		(void)verb_unpin(s, arg);
	return ret;
}

/* direct PATH [write]: straight between a block device and the pages */
int verb_direct(struct script *s, char **arg)
{
	bool out = arg[1] && !strcmp(arg[1], "write");
	struct window w;
	ssize_t done;
	int fd, err;

	if (arg[1] && !out)
		return because(s, BAD_USAGE, "what is '%s'?", arg[1]);
	if (!window_get(s, &w))
		return no_area(s);
	fd = open(arg[0], (out ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return because(s, errno, "cannot open %s for direct I/O", arg[0]);
	done = out ? pwrite(fd, w.base, w.len, 0) : pread(fd, w.base, w.len, 0);
	err = errno;
	close(fd);
	if (done < 0)
		return because(s, err, "direct I/O");
	if (done != (ssize_t)w.len)
		return because(s, CHECK_FAILED, "%zd bytes only", done);
	return 0;
}
