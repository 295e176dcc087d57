// SPDX-License-Identifier: GPL-2.0
/*
 * Load a kernel to be started next by kexec, or with no argument none. The kernel
 * that runs logs where the parts of it will go.
 *
 * usage: kexecload [KERNEL [COMMAND-LINE]]
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef KEXEC_FILE_DEBUG
#define KEXEC_FILE_DEBUG	0x00000008
#endif

static void kexec_file_load(int fd, const char *line, unsigned long flags)
{
	if (syscall(SYS_kexec_file_load, fd, -1, strlen(line) + 1, line,
		    flags | KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_DEBUG))
		err(1, "kexec_file_load");
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 2) {
		kexec_file_load(-1, "", KEXEC_FILE_UNLOAD);
		return 0;
	}
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", argv[1]);
	kexec_file_load(fd, argc > 2 ? argv[2] : "", 0);
	return 0;
}
