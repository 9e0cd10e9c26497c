/*
 * danegate set date: the system's clock, and the one with the battery if there
 * is one. No part of the configuration. The daemon looks at the clock each time
 * it needs it, so nobody has to tell it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/dns.h"
#include "cli/set_date.h"

#define RTC_DEVICE    "/dev/rtc0"
#define DATE_WORD_MAX 64

int
set_date_parse(int64_t *out, const char *text)
{
	static const char *const ends[] = { "", "Z", ":00Z" };

	for (size_t i = 0; i < DG_ARRAY_LEN(ends); i++) {
		char whole[DATE_WORD_MAX];
		int n = snprintf(whole, sizeof(whole), "%s%s", text, ends[i]);

		if (n > 0 && (size_t)n < sizeof(whole) &&
		    dns_time_parse(out, span_text(whole)) == 0)
			return 0;
	}
	return DG_ESYNTAX;
}

/* A clock that is not there cannot be set: said nowhere. */
static void
set_rtc(time_t seconds)
{
	struct rtc_time rtc = { 0 };
	struct tm tm;
	int fd;

	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	rtc.tm_sec = tm.tm_sec;
	rtc.tm_min = tm.tm_min;
	rtc.tm_hour = tm.tm_hour;
	rtc.tm_mday = tm.tm_mday;
	rtc.tm_mon = tm.tm_mon;
	rtc.tm_year = tm.tm_year;
	fd = open(RTC_DEVICE, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (ioctl(fd, RTC_SET_TIME, &rtc) != 0)
		(void)fprintf(stderr, "%s: %s\n", RTC_DEVICE, strerror(errno));
	(void)close(fd);
}

static void
audit(int64_t before, int64_t now)
{
	struct log_line l;

	log_open(LOG_TO_SYSLOG, LOG_LEVEL_INFO);
	log_begin(&l, LOG_LEVEL_INFO, "date-set");
	log_user(&l, getuid());
	log_number(&l, "before", (uint64_t)before);
	log_number(&l, "now", (uint64_t)now);
	log_end(&l);
}

/* What a running daemon makes of it; without one there is nothing to say. */
static void
say_belief(const char *config)
{
	char path[SETTINGS_PATH_MAX];
	char known[8] = "";
	uint8_t *answer;
	size_t n;

	cli_socket_path(path, config);
	if (client_ask(&answer, &n, path, "show status") != 0)
		return;
	if (client_member(known, sizeof(known), span_of(answer, n),
		"clock_believed"))
		(void)printf("danegated %s the clock\n",
		    strcmp(known, "true") == 0 ? "believes"
					       : "does not believe");
	free(answer);
}

int
set_date_run(int argc, char **argv)
{
	struct timespec at = { 0 };
	const char *config = CLI_CONFIG;
	char text[DATE_WORD_MAX] = "";
	int64_t before = (int64_t)time(NULL);
	int64_t now;
	size_t n = 0;

	for (int i = 0; i < argc && n < sizeof(text); i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			config = argv[++i];
		else
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s", n > 0 ? " " : "", argv[i]);
	}
	if (n == 0 || n >= sizeof(text) || set_date_parse(&now, text) != 0) {
		(void)fputs("expected a time in UTC, such as 2026-01-31 "
			    "12:00:00\n",
		    stderr);
		return CLI_USAGE;
	}
	at.tv_sec = (time_t)now;
	if (clock_settime(CLOCK_REALTIME, &at) != 0) {
		(void)fprintf(stderr, "the clock cannot be set: %s%s\n",
		    strerror(errno),
		    errno == EPERM ? "; root may, with the capability "
				     "CAP_SYS_TIME"
				   : "");
		return CLI_FAILED;
	}
	set_rtc(at.tv_sec);
	audit(before, now);
	say_belief(config);
	return CLI_FINE;
}
