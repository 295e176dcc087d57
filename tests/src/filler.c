// SPDX-License-Identifier: GPL-2.0
/*
 * filler KIND=SIZE... [-- COMMAND [ARG...]]
 *
 * Starts one process per KIND, each of which takes SIZE bytes of it (or "max":
 * until it is killed or refused). When all have what they want or are dead,
 * says so, runs COMMAND while they hold it, and ends with COMMAND's status.
 * The fillers are the first choice of the OOM killer; being killed is no
 * failure of theirs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filler.h"

#define MAX_FILLERS	16

struct filler {
	const struct leak *leak;
	size_t bytes;
	pid_t pid;
	int done;		/* read end of a pipe: how much it took */
};

static int usage(FILE *out)
{
	(void)fprintf(out, "usage: filler KIND=SIZE... [-- COMMAND [ARG...]]\n"
		"SIZE: bytes, with K, M, G, or 'max'. KIND:\n");
	for (size_t i = 0; i < nr_leaks; i++)
		(void)fprintf(out, "  %-11s %s\n", leaks[i].name, leaks[i].help);
	return out == stdout ? 0 : 2;
}

static bool parse_bytes(const char *text, size_t *bytes)
{
	static const char unit[] = "KMG";
	const char *found;
	char *end;

	*bytes = SIZE_MAX / 4;
	if (!strcmp(text, "max"))
		return true;
	*bytes = strtoull(text, &end, 10);
	if (end == text)
		return false;
	found = *end ? strchr(unit, *end) : NULL;
	if (found) {
		*bytes <<= 10 * (found - unit + 1);
		end++;
	}
	return *end == '\0';
}

static bool parse_filler(const char *text, struct filler *f)
{
	const char *size = strchr(text, '=');

	if (!size)
		return false;
	for (size_t i = 0; i < nr_leaks; i++)
		if (strlen(leaks[i].name) == (size_t)(size - text) &&
		    !strncmp(leaks[i].name, text, (size_t)(size - text)))
			f->leak = &leaks[i];
	return f->leak && parse_bytes(size + 1, &f->bytes);
}

static void choose_me(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		(void)fprintf(stderr, "filler: cannot set oom_score_adj\n");
	if (fd >= 0)
		close(fd);
}

static void fill_and_hold(const struct filler *f, int report)
{
	struct rlimit many = { 65536, 65536 };
	size_t got;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_NOFILE, &many);
	(void)mlockall(MCL_CURRENT);	/* do not read our own code over and over */
	choose_me();
	got = f->leak->take(f->bytes);
	if (write(report, &got, sizeof(got)) != (ssize_t)sizeof(got))
		_exit(1);
	for (;;)
		(void)pause();
}

static bool start(struct filler *f)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return false;
	(void)fflush(stdout);
	f->pid = fork();
	if (f->pid < 0)
		return false;
	if (!f->pid)
		fill_and_hold(f, fd[1]);
	close(fd[1]);
	f->done = fd[0];
	return true;
}

/* End of file without a report means that it was killed. */
static void await(const struct filler *f)
{
	size_t got;

	if (read(f->done, &got, sizeof(got)) == (ssize_t)sizeof(got))
		(void)printf("%s: holds %zu MiB\n", f->leak->name, got >> 20);
	else
		(void)printf("%s: killed\n", f->leak->name);
	(void)fflush(stdout);
}

static int run_command(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return 1;
	if (!pid) {
		execvp(argv[0], argv);
		(void)fprintf(stderr, "filler: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void release(const struct filler *f, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		(void)kill(f[i].pid, SIGKILL);
		(void)waitpid(f[i].pid, NULL, 0);
	}
}

static bool parse_all(char **argv, struct filler *f, size_t *nr)
{
	for (; *argv && strcmp(*argv, "--") != 0; argv++, (*nr)++)
		if (*nr == MAX_FILLERS || !parse_filler(*argv, &f[*nr])) {
			(void)fprintf(stderr, "filler: '%s' is not KIND=SIZE\n",
				      *argv);
			return false;
		}
	return true;
}

int main(int argc, char **argv)
{
	static struct filler f[MAX_FILLERS];
	size_t nr = 0, started = 0;
	int ret = 0;

	if (argc > 1 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (!parse_all(argv + 1, f, &nr) || !nr)
		return usage(stderr);
	while (started < nr && start(&f[started]))
		started++;
	for (size_t i = 0; i < started; i++)
		await(&f[i]);
	if (started < nr) {
		(void)fprintf(stderr, "filler: cannot start a process: %s\n",
			      strerror(errno));
		ret = 1;
	} else if (argv[nr + 1] && argv[nr + 2]) {
		ret = run_command(&argv[nr + 2]);
	}
	release(f, started);
	return ret;
}
