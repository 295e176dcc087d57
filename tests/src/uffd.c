// SPDX-License-Identifier: GPL-2.0
/* The verb that changes mappings by userfaultfd. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memscript.h"

/* Newer than the headers of Debian 12 */
#ifndef UFFDIO_MOVE
#define UFFD_FEATURE_MOVE	(1 << 16)
struct uffdio_move {
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 mode;
	__s64 move;
};
#define UFFDIO_MOVE		_IOWR(UFFDIO, 0x05, struct uffdio_move)
#endif

/* It stands for the memory of the process that opened it. */
static int uffd = -1;
static pid_t uffd_owner;

static int uffd_open(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_MOVE,
	};

	if (uffd >= 0 && uffd_owner == getpid())
		return 0;
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	uffd_owner = getpid();
	if (uffd < 0 || !ioctl(uffd, UFFDIO_API, &api))
		return uffd < 0 ? errno : 0;
	close(uffd);
	uffd = -1;
	return EOPNOTSUPP;
}

static struct uffdio_range range_of(const struct window *w)
{
	return (struct uffdio_range){
		.start = (uintptr_t)w->base, .len = w->len
	};
}

static int watch(const struct window *w, __u64 mode)
{
	struct uffdio_register reg = { .range = range_of(w), .mode = mode };

	return ioctl(uffd, UFFDIO_REGISTER, &reg) ? errno : 0;
}

static int unwatch(const struct window *w)
{
	struct uffdio_range range = range_of(w);

	return ioctl(uffd, UFFDIO_UNREGISTER, &range) ? errno : 0;
}

static int protect(const struct window *w, bool on)
{
	struct uffdio_writeprotect wp = {
		.range = range_of(w),
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(uffd, UFFDIO_WRITEPROTECT, &wp) ? errno : 0;
}

static int move_pages_to(const struct window *to, const struct window *from)
{
	size_t done = 0;

	while (done < from->len) {
		struct uffdio_move move = {
			.dst = (uintptr_t)(to->base + done),
			.src = (uintptr_t)(from->base + done),
			.len = from->len - done,
		};

		if (ioctl(uffd, UFFDIO_MOVE, &move) && errno != EAGAIN)
			return errno;
		if (move.move > 0)
			done += (size_t)move.move;
	}
	return 0;
}

/* To the same place in another mapping, which is watched meanwhile */
static int move_window(const struct window *w, const struct area *area)
{
	struct window to = *w;
	int ret;

	to.base = area->base + w->offset;
	ret = watch(&to, UFFDIO_REGISTER_MODE_MISSING);
	if (ret)
		return ret;
	ret = move_pages_to(&to, w);
	return unwatch(&to) ? EIO : ret;
}

/* uffd wp|unwp|move NAME */
int verb_uffd(struct script *s, char **arg)
{
	static const char *const word[] = { "wp", "unwp", "move", NULL };
	const struct area *area = arg[1] ? area_named(s, arg[1]) : NULL;
	int what = word_index(word, arg[0]);
	struct window w;
	int ret;

	if (!window_get(s, &w))
		return no_area(s);
	if (what < 0 || (what == 2) != !!area ||
	    (area && w.offset + w.len > area->len))
		return because(s, BAD_USAGE, "want wp, unwp or move NAME");
	ret = uffd_open();
	if (ret)
		return because(s, ret, "userfaultfd");
	if (what == 2)
		return move_window(&w, area);
	ret = watch(&w, UFFDIO_REGISTER_MODE_WP);
	if (!ret)
		ret = protect(&w, !what);
	return ret || !what ? ret : unwatch(&w);
}
