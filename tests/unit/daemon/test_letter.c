/*
 * A letter of our own to a mail server on the loopback that answers as each row
 * says (RFC 5321 4.2): taken, refused for good, or to be tried again.
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

#include "daemon/letter.h"

#define TURNS	 2000 /* of the loop, 5 ms each at most: only a dead test waits */
#define REPLIES	 8
#define TEXT_MAX ((size_t)1 << 18)

static struct event_base *base;

/* The other end: one reply for the connection and for each line; while there is
 * DATA, for the end of it. An empty reply closes. */
static struct {
	int listener;
	int fd;
	struct event *events[2];
	const char *const *replies;
	bool data;
	char *got;
	size_t n;
	size_t seen; /* bytes of got that were lines */
} server;

static struct {
	unsigned calls;
	enum letter_outcome outcome;
	char why[300];
} told;

static void
reply(void)
{
	const char *text = *server.replies++;

	if (text == NULL || text[0] == '\0') {
		event_free(server.events[1]);
		server.events[1] = NULL;
		(void)close(server.fd);
		return;
	}
	assert_int_equal(send(server.fd, text, strlen(text), 0), strlen(text));
	server.data = strncmp(text, "354", 3) == 0;
}

static bool
take_line(void)
{
	const char *end = server.data ? "\r\n.\r\n" : "\r\n";
	/* The line end before the dot may be that of DATA. */
	size_t from = server.data && server.seen >= 2 ? server.seen - 2
						      : server.seen;
	char *at = strstr(server.got + from, end);

	if (at == NULL)
		return false;
	server.seen = (size_t)(at - server.got) + strlen(end);
	reply();
	return server.events[1] != NULL;
}

static void
on_bytes(evutil_socket_t fd, short what, void *arg)
{
	ssize_t n = recv((int)fd, server.got + server.n,
	    TEXT_MAX - 1 - server.n, 0);

	(void)what;
	(void)arg;
	if (n <= 0) {
		(void)event_del(server.events[1]);
		return;
	}
	server.n += (size_t)n;
	server.got[server.n] = '\0';
	while (take_line())
		;
}

static void
on_connection(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	server.fd = accept((int)fd, NULL, NULL);
	assert_true(server.fd >= 0);
	server.events[1] = event_new(base, server.fd, EV_READ | EV_PERSIST,
	    on_bytes, NULL);
	assert_int_equal(event_add(server.events[1], NULL), 0);
	reply();
}

static int
setup(void **state)
{
	(void)state;
	base = event_base_new();
	server.got = malloc(TEXT_MAX);
	return base == NULL || server.got == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(server.got);
	event_base_free(base);
	return 0;
}

static struct address
listen_somewhere(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);
	struct address a;

	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(server.listener >= 0);
	assert_int_equal(bind(server.listener, (struct sockaddr *)&in, n), 0);
	assert_int_equal(listen(server.listener, 1), 0);
	assert_int_equal(getsockname(server.listener, (struct sockaddr *)&in,
			     &n),
	    0);
	assert_int_equal(address_parse(&a, span_text("127.0.0.1")), 0);
	a.port = ntohs(in.sin_port);
	server.events[0] = event_new(base, server.listener,
	    EV_READ | EV_PERSIST, on_connection, NULL);
	assert_int_equal(event_add(server.events[0], NULL), 0);
	return a;
}

static void
on_done(void *arg, enum letter_outcome outcome, const char *why)
{
	struct letter **l = arg;

	told.calls++;
	told.outcome = outcome;
	(void)snprintf(told.why, sizeof(told.why), "%s", why);
	letter_free(*l);
	*l = NULL;
}

/* Until it has ended, and the server has read all there is. */
static void
send_letter(const char *const *replies, struct span text, size_t nto)
{
	const struct timeval tv = { .tv_usec = 5000 };
	struct letter_plan plan = {
		.server = listen_somewhere(),
		.helo = "gate.office.example",
		.from = "reports@office.example",
		.to = { "a@example.nl", "b@example.nl" },
		.nto = nto,
		.text = text,
	};
	struct letter *l;

	memset(&told, 0, sizeof(told));
	server.replies = replies;
	server.n = 0;
	server.seen = 0;
	server.data = false;
	server.got[0] = '\0';
	assert_int_equal(letter_new(&l, base, &plan, on_done, &l), 0);
	for (unsigned i = 0; i < TURNS && told.calls == 0; i++) {
		assert_int_equal(event_base_loopexit(base, &tv), 0);
		(void)event_base_loop(base, EVLOOP_ONCE);
	}
	for (unsigned i = 0; i < 20; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(told.calls, 1);
	assert_null(l);
	if (server.events[1] != NULL) {
		event_free(server.events[1]);
		server.events[1] = NULL;
		(void)close(server.fd);
	}
	event_free(server.events[0]);
	(void)close(server.listener);
}

#define BANNER "220 mail.office.example\r\n"
#define OK     "250 ok\r\n"
#define GO     "354 go on\r\n"

static void
test_taken(void **state)
{
	static const char *const replies[] = { BANNER,
		"250-mail.office.example\r\n250 SIZE\r\n", OK, OK, OK, GO, OK,
		"" };

	(void)state;
	send_letter(replies, span_text("Subject: x\r\n\r\ntext\r\n"), 2);
	assert_int_equal(told.outcome, LETTER_TAKEN);
	assert_string_equal(server.got,
	    "EHLO gate.office.example\r\n"
	    "MAIL FROM:<reports@office.example>\r\n"
	    "RCPT TO:<a@example.nl>\r\nRCPT TO:<b@example.nl>\r\n"
	    "DATA\r\nSubject: x\r\n\r\ntext\r\n.\r\nQUIT\r\n");
}

/* More than any buffer on the way holds. */
static void
test_large(void **state)
{
	static const char *const replies[] = { BANNER, OK, OK, OK, GO, OK, "" };
	const size_t n = 100000;
	char *text = malloc(n);
	const char *data;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = i % 80 == 78 ? '\r'
		    : i % 80 == 79     ? '\n'
				       : (char)('a' + i / 80 % 26);
	send_letter(replies, span_of(text, n), 1);
	assert_int_equal(told.outcome, LETTER_TAKEN);
	data = strstr(server.got, "DATA\r\n");
	assert_non_null(data);
	assert_memory_equal(data + 6, text, n);
	assert_string_equal(data + 6 + n, ".\r\nQUIT\r\n");
	free(text);
}

static void
test_not_taken(void **state)
{
	static const struct {
		const char *replies[REPLIES];
		size_t nto;
		enum letter_outcome outcome;
		const char *why;
	} rows[] = {
		{ { "421 busy\r\n" }, 1, LETTER_FAILED, "421 busy" },
		{ { "554 no\r\n" }, 1, LETTER_REFUSED, "554 no" },
		{ { "hello\r\n" }, 1, LETTER_FAILED, "no SMTP reply" },
		{ { BANNER, "500 what\r\n" }, 1, LETTER_REFUSED, "500 what" },
		{ { BANNER, OK, "452 full\r\n" }, 1, LETTER_FAILED,
		    "452 full" },
		{ { BANNER, OK, OK, "550 whom\r\n" }, 1, LETTER_REFUSED,
		    "550 whom" },
		{ { BANNER, OK, OK, "550 whom\r\n", "451 later\r\n" }, 2,
		    LETTER_FAILED, "451 later" },
		{ { BANNER, OK, OK, OK, "451 no data\r\n" }, 1, LETTER_FAILED,
		    "451 no data" },
		{ { BANNER, OK, OK, OK, OK }, 1, LETTER_FAILED, "250 ok" },
		{ { BANNER, OK, OK, OK, GO, "451 later\r\n" }, 1, LETTER_FAILED,
		    "451 later" },
		{ { BANNER, OK, OK, OK, GO, "552 no\r\n" }, 1, LETTER_REFUSED,
		    "552 no" },
		{ { "" }, 1, LETTER_FAILED, NULL },
		{ { BANNER, OK, OK, OK, GO, "" }, 1, LETTER_FAILED, NULL },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		send_letter(rows[i].replies, span_text("x\r\n"), rows[i].nto);
		if (told.outcome != rows[i].outcome ||
		    (rows[i].why != NULL && strcmp(told.why, rows[i].why) != 0))
			fail_msg("row %zu: %d %s", i, (int)told.outcome,
			    told.why);
		assert_true(told.why[0] != '\0');
	}
}

/* One of two is enough, and the other is left out. */
static void
test_some_mailboxes(void **state)
{
	static const char *const first[] = { BANNER, OK, OK, "550 whom\r\n", OK,
		GO, OK, "" };
	static const char *const second[] = { BANNER, OK, OK, OK,
		"550 whom\r\n", GO, OK, "" };

	(void)state;
	send_letter(first, span_text("x\r\n"), 2);
	assert_int_equal(told.outcome, LETTER_TAKEN);
	send_letter(second, span_text("x\r\n"), 2);
	assert_int_equal(told.outcome, LETTER_TAKEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_not_taken),
		cmocka_unit_test(test_some_mailboxes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
