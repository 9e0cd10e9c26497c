/*
 * The log to another machine: messages as RFC 5424 6 has them, over UDP (RFC
 * 5426) and TCP (RFC 6587 3.4.1), bounded; and `block` events at their rate.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/blocks.h"
#include "daemon/remote.h"

#define TURNS 2000 /* of the loop, 5 ms each at most: only a dead test waits */

static struct event_base *base;
static struct settings settings;

static int
setup(void **state)
{
	(void)state;
	/* Not to the console of the tests. */
	log_open(LOG_TO_SYSLOG, LOG_LEVEL_WARNING);
	settings_default(&settings);
	base = event_base_new();
	return base == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	event_base_free(base);
	return 0;
}

static void
test_format(void **state)
{
	static const struct {
		struct remote_message m;
		const char *text;
	} rows[] = {
		{ { LOG_LEVEL_WARNING, 1800000000, "router", 77,
		      "block domain=a.example count=2" },
		    "<20>1 2027-01-15T08:00:00Z router danegated 77 block - "
		    "block domain=a.example count=2" },
		/* NILVALUE where nothing is known (RFC 5424 6). */
		{ { LOG_LEVEL_ERROR, 0, "", 1, "" },
		    "<19>1 - - danegated 1 - - " },
		{ { LOG_LEVEL_DEBUG, 0, "h", 1,
		      "a-word-of-more-than-thirty-two-characters x=1" },
		    "<23>1 - h danegated 1 a-word-of-more-than-thirty-two-c - "
		    "a-word-of-more-than-thirty-two-characters x=1" },
	};
	char text[REMOTE_MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		size_t n = remote_format(text, sizeof(text), &rows[i].m);

		assert_string_equal(text, rows[i].text);
		assert_int_equal(n, strlen(text));
	}
	assert_int_equal(remote_format(text, 10, &rows[0].m), 9);
}

/* A socket of the loopback; its port is in the settings. */
static int
server(int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(address_parse(&settings.remote,
			     span_text("127.0.0.1")),
	    0);
	settings.remote.port = ntohs(a.sin_port);
	return fd;
}

static void
warn(struct remote *r, const char *event, const char *text)
{
	char line[LOG_LINE_MAX];

	(void)snprintf(line, sizeof(line), "%s text=%s", event, text);
	remote_take(r, LOG_LEVEL_WARNING, line);
}

/* Turns the loop until so many bytes have come. */
static size_t
receive(int fd, char *text, size_t size, size_t wanted)
{
	const struct timeval tv = { .tv_usec = 5000 };
	size_t n = 0;

	for (unsigned i = 0; i < TURNS && n < wanted; i++) {
		ssize_t got;

		(void)event_base_loopexit(base, &tv);
		(void)event_base_loop(base, EVLOOP_ONCE);
		got = recv(fd, text + n, size - n - 1, 0);
		n += got > 0 ? (size_t)got : 0;
	}
	text[n] = '\0';
	return n;
}

static void
test_udp(void **state)
{
	int fd = server(SOCK_DGRAM);
	struct remote *r;
	char text[4096];

	(void)state;
	assert_int_equal(remote_new(&r, base, &settings), 0);
	warn(r, "decision", "one of many");
	warn(r, "tls-failed", "x");
	assert_true(receive(fd, text, sizeof(text), 1) > 0);
	/* A datagram is one message, and decisions are not for people. */
	assert_memory_equal(text, "<20>1 20", 8);
	assert_non_null(strstr(text, " tls-failed - tls-failed text=x"));
	assert_null(strstr(text, "decision"));
	settings.remote_level = LOG_LEVEL_INFO;
	remote_settings(r, &settings);
	warn(r, "decision", "all of them");
	assert_true(receive(fd, text, sizeof(text), 1) > 0);
	assert_non_null(strstr(text, " decision - decision text="));
	/* What is not in the log is not sent either. */
	settings.log_level = LOG_LEVEL_ERROR;
	remote_settings(r, &settings);
	warn(r, "tls-failed", "not logged");
	settings.log_level = LOG_LEVEL_INFO;
	remote_settings(r, &settings);
	warn(r, "tls-failed", "logged");
	assert_true(receive(fd, text, sizeof(text), 1) > 0);
	assert_non_null(strstr(text, "text=logged"));
	remote_free(r);
	(void)close(fd);
}

static void
test_tcp(void **state)
{
	int fd = server(SOCK_STREAM);
	struct remote *r;
	char text[4096];
	int connection;
	char *end;
	size_t n;

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	settings.remote_transport = REMOTE_TCP;
	assert_int_equal(remote_new(&r, base, &settings), 0);
	warn(r, "one", "first");
	connection = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	assert_true(connection >= 0);
	warn(r, "two", "second");
	n = receive(connection, text, sizeof(text), 120);
	/* Each is as long as the number before it says. */
	for (size_t at = 0; at < n;) {
		unsigned long length = strtoul(text + at, &end, 10);

		assert_int_equal(*end, ' ');
		assert_memory_equal(end + 1, "<20>1 ", 6);
		at = (size_t)(end + 1 - text) + length;
		assert_true(at <= n);
	}
	assert_non_null(strstr(text, "one text=first"));
	assert_non_null(strstr(text, "two text=second"));
	remote_free(r);
	(void)close(connection);
	(void)close(fd);
}

/* Nobody takes anything: the queue is bounded, and what was lost is counted and
 * told. */
static void
test_queue_is_bounded(void **state)
{
	int fd = server(SOCK_STREAM);
	struct remote *r;
	char line[LOG_VALUE_MAX];
	static char text[2 * REMOTE_QUEUE];
	int connection;
	uint64_t dropped;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	settings.remote_transport = REMOTE_TCP;
	/* Not listening: refused, and tried again after a while. */
	assert_int_equal(remote_new(&r, base, &settings), 0);
	for (unsigned i = 0; i < 100; i++)
		warn(r, "many", line);
	dropped = remote_dropped(r);
	assert_in_range(dropped, 30, 80);
	assert_true(remote_bytes() < 20000);
	assert_int_equal(listen(fd, 1), 0);
	/* Another server in the configuration: what waits goes there at once. */
	settings.remote.bytes[3] = 2;
	remote_settings(r, &settings);
	settings.remote.bytes[3] = 1;
	remote_settings(r, &settings);
	connection = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	assert_true(connection >= 0);
	assert_true(receive(connection, text, sizeof(text), 10000) >= 10000);
	warn(r, "after", "that");
	(void)receive(connection, text, sizeof(text), 200);
	(void)snprintf(line, sizeof(line), "log-dropped count=%llu",
	    (unsigned long long)dropped);
	assert_non_null(strstr(text, line));
	assert_non_null(strstr(text, "after text=that"));
	remote_free(r);
	(void)close(connection);
	(void)close(fd);
}

/* Block events */

static char lines[BLOCKS_MAX * 8][128];
static size_t nlines;

static void
keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	assert_int_equal(level, LOG_LEVEL_WARNING);
	assert_true(nlines < DG_ARRAY_LEN(lines));
	(void)snprintf(lines[nlines++], sizeof(lines[0]), "%.120s", line);
}

static void
hold(struct blocks *b, const char *domain, enum reason reason, uint64_t now)
{
	struct name name;

	assert_int_equal(name_parse(&name, span_text(domain)), 0);
	blocks_note(b, &name, reason, now);
}

static void
test_block_events(void **state)
{
	struct blocks *b;

	(void)state;
	nlines = 0;
	log_tap(keep, NULL, LOG_LEVEL_WARNING);
	assert_int_equal(blocks_new(&b, base), 0);
	for (uint64_t now = 0; now < BLOCKS_MS; now += 1000)
		hold(b, "a.example", REASON_TLSA_MISMATCH, now);
	hold(b, "a.example", REASON_DOWNGRADE, 2000);
	/* One at once, and one a minute for each reason. */
	assert_int_equal(nlines, 2);
	assert_string_equal(lines[0],
	    "block domain=a.example reason=tlsa-mismatch count=1");
	assert_string_equal(lines[1],
	    "block domain=a.example reason=downgrade count=1");
	blocks_look(b, BLOCKS_MS);
	assert_int_equal(nlines, 3);
	assert_string_equal(lines[2],
	    "block domain=a.example reason=tlsa-mismatch count=59");
	/* A minute without one: the next is told at once. */
	blocks_look(b, 2 * BLOCKS_MS);
	blocks_look(b, 3 * BLOCKS_MS);
	assert_int_equal(nlines, 3);
	hold(b, "a.example", REASON_TLSA_MISMATCH, 3 * BLOCKS_MS);
	assert_int_equal(nlines, 4);
	hold(b, "a.example", REASON_TLSA_MISMATCH, 3 * BLOCKS_MS + 1);
	blocks_free(b);
	assert_int_equal(nlines, 5);
	log_tap(NULL, NULL, LOG_LEVEL_WARNING);
}

/* However many domains there are, so many lines a minute, and one more. */
static void
test_block_events_are_bounded(void **state)
{
	struct blocks *b;
	char domain[32];

	(void)state;
	nlines = 0;
	log_tap(keep, NULL, LOG_LEVEL_WARNING);
	assert_int_equal(blocks_new(&b, base), 0);
	for (unsigned i = 0; i < 10 * BLOCKS_MAX; i++) {
		(void)snprintf(domain, sizeof(domain), "n%u.example", i);
		hold(b, domain, REASON_DNS_FAILED, i);
	}
	assert_int_equal(nlines, BLOCKS_MAX + 1);
	assert_string_equal(lines[BLOCKS_MAX],
	    "block domain=(others) reason=dns-failed count=1");
	blocks_look(b, 2 * BLOCKS_MS);
	assert_int_equal(nlines, BLOCKS_MAX + 2);
	assert_string_equal(lines[BLOCKS_MAX + 1],
	    "block domain=(others) reason=dns-failed count=575");
	blocks_free(b);
	log_tap(NULL, NULL, LOG_LEVEL_WARNING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_format),
		TEST(test_udp),
		TEST(test_tcp),
		TEST(test_queue_is_bounded),
		TEST(test_block_events),
		TEST(test_block_events_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
