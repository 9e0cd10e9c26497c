/* link: -Wl,--wrap=clock_settime -Wl,--wrap=open -Wl,--wrap=log_open */
/*
 * set date, up to the call that sets the clock, which is the test's: the machine
 * keeps its own. docs/commands.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/log.h"
#include "cli/cli.h"

int __wrap_clock_settime(clockid_t clock, const struct timespec *at);
int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
void __wrap_log_open(enum log_destination to, enum log_level level);

static time_t set_to;
static int refusal;
static unsigned rtc_opened;

int
__wrap_clock_settime(clockid_t clock, const struct timespec *at)
{
	assert_int_equal(clock, CLOCK_REALTIME);
	if (refusal != 0) {
		errno = refusal;
		return -1;
	}
	set_to = at->tv_sec;
	return 0;
}

int
__wrap_open(const char *path, int flags, ...)
{
	if (strcmp(path, "/dev/rtc0") == 0) {
		rtc_opened++;
		errno = ENOENT;
		return -1;
	}
	return __real_open(path, flags);
}

/* The line goes to stderr, not to the machine's log. */
void
__wrap_log_open(enum log_destination to, enum log_level level)
{
	assert_int_equal(to, LOG_TO_SYSLOG);
	(void)level;
}

static int
set_date(const char *date, const char *clock)
{
	char words[3][32] = { "", "", "-c" };
	char config[] = "/nonexistent/danegate.conf";
	char *argv[] = { words[0], words[1], words[2], config };

	set_to = 0;
	rtc_opened = 0;
	(void)snprintf(words[0], sizeof(words[0]), "%s", date);
	(void)snprintf(words[1], sizeof(words[1]), "%s", clock);
	return set_date_run(4, argv);
}

static void
test_sets_the_clock(void **state)
{
	(void)state;
	assert_int_equal(set_date("2026-01-31", "12:00"), CLI_FINE);
	assert_int_equal(set_to, 1769860800);
	/* And the one with the battery, if there were one. */
	assert_int_equal(rtc_opened, 1);
	assert_int_equal(set_date("2028-02-29", "23:59:59"), CLI_FINE);
	assert_int_equal(set_to, 1835481599);
}

static void
test_refused(void **state)
{
	(void)state;
	refusal = EPERM;
	assert_int_equal(set_date("2026-01-31", "12:00"), CLI_FAILED);
	assert_int_equal(rtc_opened, 0);
	refusal = 0;
	assert_int_equal(set_date("2026-02-30", "12:00"), CLI_USAGE);
	assert_int_equal(set_date("2026-01-31", "25:00"), CLI_USAGE);
	assert_int_equal(set_to, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets_the_clock),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
