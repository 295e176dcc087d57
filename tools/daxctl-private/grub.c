// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "grub.h"
#include "message.h"
#include "sysfs.h"
#include "text.h"

#define GRUB_DIR	"/etc/default/grub.d"
#define GRUB_CONFIG	"/boot/grub/grub.cfg"
#define VARIABLE	"GRUB_CMDLINE_LINUX"
#define BEFORE		VARIABLE "=\"$" VARIABLE " "

/**
 * grub_text() - what the file says
 * @cmdline: words for the kernel; none has a $, a \ or a quote, which shell and GRUB would eat
 *
 * Return: the text, to be freed
 */
char *grub_text(const char *cmdline)
{
	return xasprintf("# Written by daxctl-private reserve, which replaces it.\n"
			 BEFORE "%s\"\n", cmdline);
}

/**
 * grub_cmdline() - the words that the file has now
 *
 * Return: the words, to be freed; NULL if there is no file, or none of ours
 */
char *grub_cmdline(void)
{
	char *text = sysfs_read(GRUB_FILE), *at = text ? strstr(text, BEFORE) : NULL;
	char *cmdline = NULL;

	if (at) {
		at += strlen(BEFORE);
		at[strcspn(at, "\"\n")] = '\0';
		cmdline = xstrdup(at);
	}
	free(text);
	return cmdline;
}

static int sync_dir(void)
{
	int fd = open(GRUB_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = fsync(fd) ? -errno : 0;
	close(fd);
	return ret;
}

/* The file that is written first has a name that update-grub does not read. */
static int replace_file(const char *text)
{
	int ret = file_replace(GRUB_FILE, text);

	return ret ? ret : sync_dir();
}

/**
 * grub_write() - write the file, as a whole or not at all
 * @text: what it says
 *
 * Return: 0 or a negative error number; an error was told
 */
int grub_write(const char *text)
{
	int ret;

	if (!sysfs_exists("/etc/default/grub") && !sysfs_exists(GRUB_DIR))
		return complain(GRUB_FILE, ENOENT, "give the words to your boot loader yourself",
				"there is no GRUB of Debian");
	if (mkdir(GRUB_DIR, 0755) && errno != EEXIST)
		return complain(GRUB_DIR, errno, "run it as root", "cannot make the directory");
	ret = file_check_kind(GRUB_FILE, "move it away");
	if (ret)
		return ret;
	ret = replace_file(text);
	if (ret)
		return complain(GRUB_FILE, ret, "run it as root", "cannot write the file");
	return 0;
}

/**
 * grub_remove() - take the file away
 * @removed: whether there was one
 *
 * Return: 0 or a negative error number; an error was told
 */
int grub_remove(bool *removed)
{
	*removed = !unlink(GRUB_FILE);
	if (*removed)
		return sync_dir();
	if (errno == ENOENT)
		return 0;
	return complain(GRUB_FILE, errno, "run it as root", "cannot remove the file");
}

/* Those who have become root by su may not have /usr/sbin in their PATH. */
static int spawn_update(pid_t *pid, const posix_spawn_file_actions_t *actions)
{
	char name[] = "update-grub", *argv[] = { name, NULL };
	int err = posix_spawnp(pid, name, actions, NULL, argv, environ);

	if (err == ENOENT)
		err = posix_spawn(pid, "/usr/sbin/update-grub", actions, NULL, argv, environ);
	return err;
}

static int run_update(int *status)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int err;

	if (posix_spawn_file_actions_init(&actions))
		out_of_memory();
	/* stdout has nothing but the result */
	err = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (!err)
		err = spawn_update(&pid, &actions);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return err;
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

/* Files that come later may set the variable anew. Where there is none to look at, all is well. */
static bool config_has(const char *cmdline)
{
	char *text = sysfs_read(GRUB_CONFIG);
	bool has = !text || strstr(text, cmdline);

	free(text);
	if (!has)
		(void)complain(GRUB_CONFIG, 0,
			       "is " VARIABLE " set anew in another file of " GRUB_DIR "?",
			       "update-grub has left the words out");
	return has;
}

/**
 * grub_update() - have GRUB read the file
 * @cmdline: the words that it has; NULL: it is gone
 *
 * Return: whether it did; an error was told
 */
bool grub_update(const char *cmdline)
{
	int status = 0, err = run_update(&status);

	if (err)
		(void)complain("update-grub", err, "try grub-mkconfig -o /boot/grub/grub.cfg",
			       "cannot be started");
	else if (status)
		(void)complain("update-grub", 0, "its messages are above", "failed");
	return !err && !status && (!cmdline || config_has(cmdline));
}
