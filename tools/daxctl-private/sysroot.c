// SPDX-License-Identifier: GPL-2.0
/*
 * Another machine, captured in a directory. The libraries know only /sys and
 * /proc, so the directory becomes the root of this process: to a user without
 * rights in a name space where that is allowed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "message.h"
#include "sysroot.h"

/**
 * sysroot_descriptors() - where the files that are open have names
 *
 * Return: a descriptor of /proc/self/fd of this machine, whatever the root directory
 * is; -1 if there is none
 */
int sysroot_descriptors(void)
{
	static int descriptors = -1;

	if (descriptors < 0)
		descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return descriptors;
}

/**
 * sysroot_enter() - make DIR the root directory of the process
 * @dir: has at least the directory "sys"
 *
 * Return: 0 or a negative error number; an error was told
 */
int sysroot_enter(const char *dir)
{
	(void)sysroot_descriptors();
	if (chdir(dir))
		return complain(dir, errno, NULL, "cannot enter the directory");
	if (access("sys", X_OK))
		return complain(dir, errno, "it should be what 'report' packed", "there is no captured machine");
	if (chroot(".") && (errno != EPERM || unshare(CLONE_NEWUSER) || chroot(".")))
		return complain(dir, errno, "run it as root, or allow user name spaces",
				"cannot make it the root directory");
	return 0;
}
