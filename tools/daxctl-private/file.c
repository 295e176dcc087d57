// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "message.h"
#include "text.h"

static int fill(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return fchmod(fd, 0644) || fsync(fd) ? -errno : 0;
}

/**
 * file_check_kind() - may a file take the place of this one?
 * @path: the file, which need not be there
 * @remedy: what to do if it is a directory, a fifo or a device
 *
 * What is there for root may be /dev/null, and who reads a fifo may wait for ever.
 * What cannot be looked at cannot be written, either.
 *
 * Return: 0 if it is a regular file or nothing; a negative error number otherwise,
 * which was told
 */
int file_check_kind(const char *path, const char *remedy)
{
	struct stat st;

	if (lstat(path, &st) || S_ISREG(st.st_mode))
		return 0;
	if (S_ISLNK(st.st_mode))
		return complain(path, EINVAL, "give the path of the file itself",
				"it is a symbolic link");
	return complain(path, EINVAL, remedy, "it is no regular file");
}

/**
 * file_replace() - write a file, as a whole or not at all
 * @path: the file
 * @text: what it says
 *
 * Whoever reads it meanwhile, or after a crash, has the old one or the new one. The
 * new one is PATH.XXXXXX until it is whole.
 *
 * Return: 0 or a negative error number
 */
int file_replace(const char *path, const char *text)
{
	char *temporary = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), ret;

	if (fd < 0) {
		ret = -errno;
		free(temporary);
		return ret;
	}
	ret = fill(fd, text);
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(temporary, path))
		ret = -errno;
	if (ret)
		(void)unlink(temporary);
	free(temporary);
	return ret;
}
