#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/support/power.h"

/* 0: the power stays. */
static unsigned fault_at;
static unsigned calls;

ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

static void
count_call(void)
{
	if (fault_at != 0 && ++calls == fault_at)
		(void)raise(SIGKILL);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (fault_at != 0 && calls + 1 == fault_at)
		(void)__real_write(fd, p, n / 2);
	count_call();
	return __real_write(fd, p, n);
}

int
__wrap_fsync(int fd)
{
	count_call();
	return __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	count_call();
	return __real_rename(from, to);
}

bool
power_cut_at(unsigned call, void (*live)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		fault_at = call;
		live();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status);
}
