// SPDX-License-Identifier: GPL-2.0
/* Verbs that deal with processes, files and the shell that runs us. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memscript.h"

#define POLL_NS		20000000L

int verb_print(struct script *s, char **arg)
{
	(void)s;
	for (; *arg; arg++)
		(void)printf("%s%c", *arg, arg[1] ? ' ' : '\n');
	(void)fflush(stdout);
	return 0;
}

int verb_cat(struct script *s, char **arg)
{
	FILE *f = fopen(arg[0], "re");
	char buf[256];

	if (!f)
		return because(s, errno, "cannot open %s", arg[0]);
	while (fgets(buf, sizeof(buf), f))
		(void)fputs(buf, stdout);
	(void)fclose(f);
	(void)fflush(stdout);
	return 0;
}

/* The words, with single blanks between them; "self" stands for our pid. */
static size_t join_text(char *text, size_t size, char **word)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; word[i] && used < size; i++) {
		const char *blank = i ? " " : "";
		int len = strcmp(word[i], "self")
			? snprintf(text + used, size - used, "%s%s", blank, word[i])
			: snprintf(text + used, size - used, "%s%d", blank, getpid());

		used += (size_t)len;
	}
	return used < size ? used : size - 1;
}

/*
 * Writes the rest of the statement to an existing file, in one write(2). What
 * waits there for a lock may be sent back by anything that wants the task, as an
 * io_uring of ours that is done.
 */
int verb_write(struct script *s, char **arg)
{
	char text[256];
	size_t len = join_text(text, sizeof(text), arg + 1);
	int fd = open(arg[0], O_WRONLY | O_CLOEXEC);
	ssize_t ret;
	int err;

	if (fd < 0)
		return because(s, errno, "cannot open %s", arg[0]);
	do {
		ret = write(fd, text, len);
	} while (ret < 0 && errno == EINTR);
	err = errno;
	close(fd);
	return ret < 0 ? because(s, err, "write") : 0;
}

/* Makes FILE, which tells a waiting shell how far we are. */
int verb_signal(struct script *s, char **arg)
{
	int fd = open(arg[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return because(s, errno, "cannot make %s", arg[0]);
	close(fd);
	return 0;
}

/* For half of its time at most: a script that waits in vain should say so. */
int verb_wait(struct script *s, char **arg)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct timespec now;
	long end;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + timeout_seconds() / 2;
	while (access(arg[0], F_OK)) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end)
			return because(s, CHECK_FAILED, "%s did not appear in time", arg[0]);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/* Runs a program as a child, with our policy and cgroup. */
int verb_run(struct script *s, char **arg)
{
	int status;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		return because(s, errno, "fork");
	if (!pid) {
		execvp(arg[0], arg);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return because(s, errno, "waitpid");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return because(s, CHECK_FAILED, "%s ended with wait status 0x%x", arg[0],
		       (unsigned int)status);
}

/* Does @status mean what "end [SIGNAL|STATUS]" asks for? */
static int check_child(struct script *s, int status, const char *want)
{
	int sig = want ? parse_signal(want) : 0;
	long code = 0;

	if (sig && WIFSIGNALED(status) && WTERMSIG(status) == sig)
		return 0;
	if (!sig && want && !parse_count(want, &code))
		return because(s, BAD_USAGE, "'%s' is no signal or status", want);
	if (!sig && WIFEXITED(status) && WEXITSTATUS(status) == code)
		return 0;
	if (WIFSIGNALED(status))
		return because(s, CHECK_FAILED, "the child died of signal %s",
			       sigabbrev_np(WTERMSIG(status)));
	return because(s, CHECK_FAILED, "the child exited with %d",
		       WEXITSTATUS(status));
}

/* The statement that ends the block which begins after statement @pc. */
static int find_end(const struct script *s, int pc)
{
	int depth = 1;

	for (int i = pc + 1; i < s->nr; i++) {
		if (!strcmp(s->st[i].word[0], "fork"))
			depth++;
		else if (!strcmp(s->st[i].word[0], "end") && !--depth)
			return i;
	}
	return -1;
}

int verb_fork(struct script *s, char **arg)
{
	bool bg = arg[0] && !strcmp(arg[0], "bg");
	int end = find_end(s, s->pc);
	int status;
	pid_t pid;

	if (end < 0 || (arg[0] && !bg))
		return because(s, BAD_USAGE, "want 'fork [bg]' ... 'end'");
	if (bg && s->nr_children == MAX_CHILDREN)
		return because(s, BAD_USAGE, "too many children");
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		return because(s, errno, "fork");
	if (!pid) {
		s->nr_children = 0;
		start_timeout();	/* alarms are not inherited */
		return 0;	/* the child goes on into the block */
	}
	s->pc = end;
	if (bg) {
		s->child[s->nr_children++] = pid;
		return 0;
	}
	if (waitpid(pid, &status, 0) != pid)
		return because(s, errno, "waitpid");
	return check_child(s, status, s->st[end].word[1]);
}

/* Only a child comes here: the parent jumps over the end of the block. */
int verb_end(struct script *s, char **arg)
{
	(void)s;
	(void)arg;
	(void)fflush(stdout);
	_exit(0);
}

/* Waits for all children of "fork bg"; each must succeed. */
int verb_join(struct script *s, char **arg)
{
	int ret = 0;

	while (s->nr_children && !ret) {
		pid_t pid = s->child[--s->nr_children];
		int status;

		if (waitpid(pid, &status, 0) != pid)
			return because(s, errno, "waitpid");
		ret = check_child(s, status, arg[0]);
	}
	return ret;
}

static char *join_words(const struct statement *st)
{
	size_t len = 1;
	char *text;

	for (int i = 0; i < st->nr_words; i++)
		len += strlen(st->word[i]) + 1;
	text = calloc(1, len);
	if (!text)
		die("out of memory");
	for (int i = 0; i < st->nr_words; i++) {
		strcat(text, st->word[i]); /* NOLINT(clang-analyzer-security.*): sized above */
		strcat(text, " "); /* NOLINT(clang-analyzer-security.*): sized above */
	}
	return text;
}

/* The rest of the script runs after execve() of ourselves. */
int verb_exec(struct script *s, char **arg)
{
	int rest = s->nr - s->pc - 1;
	char **argv = calloc((size_t)rest + 2, sizeof(*argv));
	int err;

	(void)arg;
	if (!argv)
		die("out of memory");
	argv[0] = "memscript";
	for (int i = 0; i < rest; i++)
		argv[i + 1] = join_words(&s->st[s->pc + 1 + i]);
	(void)fflush(stdout);
	execv("/proc/self/exe", argv);
	err = errno;
	for (int i = 1; i <= rest; i++)
		free(argv[i]);
	free(argv);
	return because(s, err, "execv");
}

/* until SECONDS STATEMENT: repeats a check that may become true. */
int verb_until(struct script *s, char **arg)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct timespec now;
	long seconds, end;
	int nr = 0, ret;

	if (!parse_count(*arg++, &seconds))
		return because(s, BAD_USAGE, "want 'until SECONDS STATEMENT'");
	while (arg[nr])
		nr++;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;
	for (;;) {
		ret = script_statement(s, arg, nr);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (ret != CHECK_FAILED || now.tv_sec > end)
			return ret;
		(void)nanosleep(&pause, NULL);
	}
}

/* try STATEMENT: the operation may fail, a check may not. */
int verb_try(struct script *s, char **arg)
{
	int nr = 0, ret;

	while (arg[nr])
		nr++;
	ret = script_statement(s, arg, nr);
	return ret > 0 ? 0 : ret;
}

/* expect ERRNO STATEMENT: the operation must fail, and in this way. */
int verb_expect(struct script *s, char **arg)
{
	int want = parse_errno(arg[0]);
	int nr = 0, ret;

	if (!want)
		return because(s, BAD_USAGE, "'%s' is no errno", arg[0]);
	while (arg[nr + 1])
		nr++;
	ret = script_statement(s, arg + 1, nr);
	if (ret == want)
		return 0;
	if (ret < 0)
		return ret;
	return because(s, CHECK_FAILED, "expected %s, got %s", arg[0],
		       ret ? errno_name(ret) : "success");
}
