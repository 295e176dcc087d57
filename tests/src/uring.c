// SPDX-License-Identifier: GPL-2.0
/* io_uring, as far as it writes to user memory: one read at a time. */
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memscript.h"

struct ring {
	int fd;
	struct io_uring_params p;
	char *rings;		/* both, in one mapping */
	size_t rings_len;
	struct io_uring_sqe *sqe;
};

static void *ring_map(const struct ring *r, size_t len, off_t what)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, what);
}

static void ring_close(struct ring *r)
{
	if (r->sqe && r->sqe != MAP_FAILED)
		(void)munmap(r->sqe, r->p.sq_entries * sizeof(*r->sqe));
	if (r->rings && r->rings != MAP_FAILED)
		(void)munmap(r->rings, r->rings_len);
	close(r->fd);
}

static int ring_open(struct ring *r)
{
	size_t sq, cq;

	memset(r, 0, sizeof(*r));
	r->fd = (int)syscall(SYS_io_uring_setup, 1, &r->p);
	if (r->fd < 0)
		return errno;
	sq = r->p.sq_off.array + r->p.sq_entries * sizeof(__u32);
	cq = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->rings_len = sq > cq ? sq : cq;
	r->rings = ring_map(r, r->rings_len, IORING_OFF_SQ_RING);
	r->sqe = ring_map(r, r->p.sq_entries * sizeof(*r->sqe), IORING_OFF_SQES);
	if (r->rings != MAP_FAILED && r->sqe != MAP_FAILED)
		return 0;
	ring_close(r);
	return ENOMEM;
}

static __u32 *ring_word(const struct ring *r, __u32 offset)
{
	return (__u32 *)(void *)(r->rings + offset);
}

/* Runs the one request that is in the ring; bytes, or a negative errno. */
static int ring_run(struct ring *r)
{
	const struct io_uring_cqe *cqes = (void *)(r->rings + r->p.cq_off.cqes);
	__u32 *head = ring_word(r, r->p.cq_off.head);
	int res;

	*ring_word(r, r->p.sq_off.array) = 0;
	__atomic_add_fetch(ring_word(r, r->p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0)
		return -errno;
	res = cqes[*head & *ring_word(r, r->p.cq_off.ring_mask)].res;
	__atomic_add_fetch(head, 1, __ATOMIC_RELEASE);
	return res;
}

/* Reads all of @w from the file @fd. */
static int ring_read(struct ring *r, __u8 opcode, int fd, const struct window *w)
{
	size_t done = 0;

	while (done < w->len) {
		int res;

		memset(r->sqe, 0, sizeof(*r->sqe));
		r->sqe->opcode = opcode;
		r->sqe->fd = fd;
		r->sqe->addr = (uintptr_t)(w->base + done);
		r->sqe->len = (__u32)(w->len - done);
		r->sqe->off = done;
		res = ring_run(r);
		if (res <= 0)
			return res ? -res : EIO;
		done += (size_t)res;
	}
	return 0;
}

static int file_with(const char *from, size_t len)
{
	int fd = memfd_create("memscript", MFD_CLOEXEC);

	if (fd < 0 || write(fd, from, len) == (ssize_t)len)
		return fd;
	close(fd);
	errno = EIO;
	return -1;
}

static int read_with(const struct window *w, const char *from, __u8 opcode)
{
	struct iovec iov = { .iov_base = w->base, .iov_len = w->len };
	struct ring r;
	int fd, ret;

	fd = file_with(from, w->len);
	if (fd < 0)
		return errno;
	ret = ring_open(&r);
	if (!ret) {
		if (opcode == IORING_OP_READ_FIXED &&
		    syscall(SYS_io_uring_register, r.fd,
			    IORING_REGISTER_BUFFERS, &iov, 1) < 0)
			ret = errno;
		else
			ret = ring_read(&r, opcode, fd, w);
		ring_close(&r);
	}
	close(fd);
	return ret;
}

int uring_read(const struct window *w, const char *from)
{
	return read_with(w, from, IORING_OP_READ);
}

int uring_read_fixed(const struct window *w, const char *from)
{
	return read_with(w, from, IORING_OP_READ_FIXED);
}
