/* What is left after privileges_drop(), as the kernel tells it. Each case runs
 * in a child, since there is no way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/privileges.h"

/* The number behind key in /proc/self/status, or -1. */
static long long
status_value(const char *key, int base)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long long value = -1;

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoll(line + strlen(key), NULL, base);
	(void)fclose(f);
	return value;
}

/* Exit code of the child: 0, or the number of the check that failed. */
static int
drop_and_look(void)
{
	const char *step;

	if (privileges_drop_step("nobody", &step) != 0)
		return 1;
	if (getuid() == 0 || geteuid() == 0 || getgid() == 0)
		return 2;
	if (getgroups(0, NULL) != 0)
		return 3;
	if (status_value("NoNewPrivs:", 10) != 1)
		return 4;
	if (status_value("CapEff:", 16) != 1LL << 12) /* CAP_NET_ADMIN */
		return 5;
	if (status_value("CapPrm:", 16) != 1LL << 12)
		return 6;
	if (status_value("CapBnd:", 16) != 0)
		return 7;
	if (setuid(0) == 0)
		return 8;
	return 0;
}

static int
in_child(int (*work)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(work());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_only_net_admin_is_left(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(drop_and_look), 0);
}

static void
test_refuses_unknown_user_and_root(void **state)
{
	const char *step;

	(void)state;
	assert_int_equal(privileges_drop_step("no-such-user", &step),
	    DG_ENOTFOUND);
	assert_string_equal(step, "unknown user");
	assert_int_equal(privileges_drop_step("root", &step), DG_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_net_admin_is_left),
		cmocka_unit_test(test_refuses_unknown_user_and_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
