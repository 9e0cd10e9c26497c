/*
 * danegate show system, request system: what the router image alone can do, by
 * a script of that image. Knows how to call it, nothing of slots or flash.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

#define SYSTEM_SCRIPT "/usr/lib/danegate/system"

/* Runs it to its end with a verb and perhaps a word. Its exit code. */
static int
system_script(const char *verb, char *word)
{
	static char script[] = SYSTEM_SCRIPT;
	char own[32];
	char *argv[] = { script, own, word, NULL };
	int status = 0;
	pid_t pid;

	if (access(script, X_OK) != 0) {
		(void)fputs("this is of the router image, and here is none\n",
		    stderr);
		return CLI_FAILED;
	}
	(void)snprintf(own, sizeof(own), "%s", verb);
	if (posix_spawn(&pid, script, NULL, NULL, argv, environ) != 0) {
		perror(script);
		return CLI_FAILED;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CLI_FAILED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
}

/* For root, and without further words. */
static int
system_request(const char *verb, int argc, char **argv)
{
	if (argc > 0) {
		(void)cli_complain(argv[0], "nothing more");
		return CLI_USAGE;
	}
	if (geteuid() == 0)
		return system_script(verb, NULL);
	(void)fputs("only root may do this\n", stderr);
	return CLI_FAILED;
}

static int
system_show(const char *verb, int argc, char **argv)
{
	if (argc == 0)
		return system_script(verb, NULL);
	(void)cli_complain(argv[0], "nothing more");
	return CLI_USAGE;
}

int
system_slots_run(int argc, char **argv)
{
	return system_show("slots", argc, argv);
}

int
system_host_key_run(int argc, char **argv)
{
	return system_show("host-key", argc, argv);
}

int
system_update_run(int argc, char **argv)
{
	if (argc != 1) {
		(void)cli_complain("request system update",
		    "URL, medium or serial");
		return CLI_USAGE;
	}
	if (geteuid() == 0)
		return system_script("update", argv[0]);
	(void)fputs("only root may do this\n", stderr);
	return CLI_FAILED;
}

int
system_rollback_run(int argc, char **argv)
{
	return system_request("rollback", argc, argv);
}

int
system_factory_reset_run(int argc, char **argv)
{
	return system_request("factory-reset", argc, argv);
}

int
system_reboot_run(int argc, char **argv)
{
	return system_request("reboot", argc, argv);
}
