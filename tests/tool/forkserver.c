// SPDX-License-Identifier: GPL-2.0
/*
 * Runs daxctl-private's main(), called tool_main() here, in a child for each command
 * line that it reads: that takes a fifth of starting the program with the sanitizers.
 *
 * A command line is a number of bytes on a line of its own, and then the arguments,
 * each with a zero byte at its end. The answer is a line: wait status, bytes on stdout,
 * bytes on stderr; and then these.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS	64
#define SECONDS		60

int tool_main(int argc, char **argv);

static int split(char *bytes, size_t len, char **argv)
{
	int argc = 0;

	for (char *arg = bytes; arg < bytes + len && argc < MAX_ARGS; arg += strlen(arg) + 1)
		argv[argc++] = arg;
	argv[argc] = NULL;
	return argc;
}

static void copy(FILE *from, long len)
{
	char buffer[4096];
	size_t got;

	(void)fseek(from, 0, SEEK_SET);
	while (len > 0 && (got = fread(buffer, 1, sizeof(buffer), from))) {
		(void)fwrite(buffer, 1, got, stdout);
		len -= (long)got;
	}
}

static long length(FILE *file)
{
	struct stat st;

	return fstat(fileno(file), &st) ? 0 : (long)st.st_size;
}

static void run(char *bytes, size_t len)
{
	FILE *out = tmpfile(), *err = tmpfile();
	char *argv[MAX_ARGS + 1];
	int status;
	pid_t pid;

	if (!out || !err)
		errx(1, "no temporary file");
	pid = fork();
	if (!pid) {
		(void)alarm(SECONDS);
		(void)freopen("/dev/null", "r", stdin);
		(void)dup2(fileno(out), STDOUT_FILENO);
		(void)dup2(fileno(err), STDERR_FILENO);
		exit(tool_main(split(bytes, len, argv), argv));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		errx(1, "no child");
	(void)printf("%d %ld %ld\n", status, length(out), length(err));
	copy(out, length(out));
	copy(err, length(err));
	(void)fflush(stdout);
	(void)fclose(out);
	(void)fclose(err);
}

int main(void)
{
	size_t len;
	char *bytes;

	while (scanf("%zu", &len) == 1 && getchar() == '\n') {
		bytes = malloc(len + 1);
		if (!bytes || fread(bytes, 1, len, stdin) != len)
			errx(1, "a short command line");
		bytes[len] = '\0';
		run(bytes, len);
		free(bytes);
	}
	return 0;
}
