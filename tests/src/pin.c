// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs that hold or use pages from inside the kernel: a long-term pin
 * (io_uring fixed buffers), a short-term reference (vmsplice) and direct I/O.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memscript.h"

#define PIPE_BYTES	(1 << 20)

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
	static const char *const kind[] = { "long", "short", NULL };
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
	default:
		return because(s, BAD_USAGE, "pin is long or short");
	}
	if (ret)
		(void)verb_unpin(s, arg);
	return ret;
}

/* direct PATH: reads from a block device straight into the pages. */
int verb_direct(struct script *s, char **arg)
{
	int fd = open(arg[0], O_RDONLY | O_DIRECT | O_CLOEXEC);
	struct window w;
	ssize_t got;
	int err;

	if (fd < 0)
		return because(s, errno, "cannot open %s for direct I/O", arg[0]);
	if (!window_get(s, &w))
		return no_area(s);
	got = pread(fd, w.base, w.len, 0);
	err = errno;
	close(fd);
	if (got < 0)
		return because(s, err, "direct read");
	if (got != (ssize_t)w.len)
		return because(s, CHECK_FAILED, "read %zd bytes only", got);
	return 0;
}
