/*
 * What is read of the kernel's clock: adjtimex(2) with an answer of the test's,
 * and the file of a real-time clock.
 */
/* link: -Wl,--wrap=adjtimex */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/clock_kernel.h"

int __wrap_adjtimex(struct timex *t);

static int answer;
static int status_bits;

int
__wrap_adjtimex(struct timex *t)
{
	/* Nothing may be set by asking. */
	assert_int_equal(t->modes, 0);
	t->status = status_bits;
	return answer;
}

static void
test_synchronized(void **state)
{
	(void)state;
	answer = TIME_OK;
	status_bits = STA_PLL;
	assert_true(clock_kernel_is_synchronized());
	/* A leap second that is near changes nothing. */
	answer = TIME_INS;
	assert_true(clock_kernel_is_synchronized());
	status_bits = STA_PLL | STA_UNSYNC;
	assert_false(clock_kernel_is_synchronized());
	answer = TIME_ERROR;
	status_bits = STA_PLL;
	assert_false(clock_kernel_is_synchronized());
	answer = -1;
	status_bits = STA_UNSYNC;
	assert_false(clock_kernel_is_synchronized());
}

static bool
says(const char *text)
{
	char path[] = "/tmp/dg-rtc-XXXXXX";
	int fd = mkstemp(path);
	bool yes;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "%s", text) >= 0);
	assert_int_equal(close(fd), 0);
	yes = clock_kernel_is_from_rtc(path);
	assert_int_equal(unlink(path), 0);
	return yes;
}

static void
test_from_rtc(void **state)
{
	(void)state;
	assert_true(says("1\n"));
	assert_false(says("0\n"));
	assert_false(says(""));
	assert_false(clock_kernel_is_from_rtc("/nowhere/hctosys"));
}

static void
test_wall(void **state)
{
	(void)state;
	assert_true(clock_kernel_wall() >= clock_floor());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_synchronized),
		cmocka_unit_test(test_from_rtc),
		cmocka_unit_test(test_wall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
