/* with: session/support/fake_net.c session/support/fake_tls.c */
/* with: session/support/fake_route.c */
/* link: -Wl,--wrap=log_end */
/*
 * Who is let in: sessions are admitted up to a number, a number for each
 * client, and a sum of memory; whoever comes then gets 421 and the end
 * (RFC 5321 3.8), and room that is given back is there for the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "session/session.h"
#include "session/support/fake.h"

#define CLIENTS 400

struct fixture {
	struct event_base *base;
	struct settings settings;
	struct proxy *proxy;
	int far[CLIENTS];
	size_t nfar;
};

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.base = event_base_new();
	assert_non_null(f.base);
	fake_reset(f.base);
	settings_default(&f.settings);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	proxy_free(f->proxy);
	for (size_t i = 0; i < f->nfar; i++)
		(void)close(f->far[i]);
	settings_free(&f->settings);
	event_base_free(f->base);
	return 0;
}

static void
begin(struct fixture *f)
{
	assert_int_equal(proxy_new(&f->proxy, f->base, &f->settings, NULL,
			     NULL),
	    0);
}

/* One more client; what it is told instead of being let in, or "". */
static const char *
come(struct fixture *f, const char *from)
{
	static char said[200];
	struct address client, server;
	size_t before = proxy_sessions(f->proxy);
	ssize_t n;
	int fds[2];

	assert_true(f->nfar < CLIENTS);
	assert_int_equal(address_parse_port(&client, span_text(from), 0), 0);
	client.port = (uint16_t)(1024 + f->nfar);
	assert_int_equal(address_parse_port(&server, span_text("192.0.2.25"),
			     25),
	    0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	f->far[f->nfar++] = fds[1];
	proxy_accept(f->proxy, fds[0], &client, &server);
	n = recv(fds[1], said, sizeof(said) - 1, MSG_DONTWAIT);
	said[n > 0 ? n : 0] = '\0';
	assert_int_equal(proxy_sessions(f->proxy),
	    before + (said[0] == '\0' ? 1 : 0));
	return said;
}

static bool
says(const char *said, const char *words)
{
	return strstr(said, words) != NULL;
}

static void
test_all_together(void **state)
{
	struct fixture *f = *state;

	f->settings.max_sessions = 3;
	begin(f);
	assert_string_equal(come(f, "10.0.0.1"), "");
	assert_string_equal(come(f, "10.0.0.2"), "");
	assert_string_equal(come(f, "10.0.0.3"), "");
	assert_true(says(come(f, "10.0.0.4"), "421 4.3.2 danegate: overload"));
	session_free(f->proxy->sessions.first);
	assert_string_equal(come(f, "10.0.0.4"), "");
}

/* The ports of one client do not matter, others are not touched, and IPv6
 * addresses count each by itself. */
static void
test_of_one_client(void **state)
{
	struct fixture *f = *state;

	f->settings.max_sessions_per_client = 2;
	begin(f);
	assert_string_equal(come(f, "10.0.0.1"), "");
	assert_string_equal(come(f, "10.0.0.1"), "");
	assert_true(says(come(f, "10.0.0.1"), "421 4.7.0 danegate: overload"));
	assert_string_equal(come(f, "10.0.0.2"), "");
	assert_string_equal(come(f, "2001:db8::1"), "");
	assert_string_equal(come(f, "2001:db8::2"), "");
	session_free(f->proxy->sessions.first);
	assert_string_equal(come(f, "10.0.0.1"), "");
	assert_true(says(come(f, "10.0.0.1"), "421 4.7.0 danegate: overload"));
}

static void
test_no_limit_of_one_client(void **state)
{
	struct fixture *f = *state;

	f->settings.max_sessions_per_client = 0;
	begin(f);
	for (int i = 0; i < 150; i++)
		assert_string_equal(come(f, "10.0.0.1"), "");
}

/* New limits hold for the next client; who is in stays. */
static void
test_reload(void **state)
{
	struct fixture *f = *state;
	struct settings next;

	begin(f);
	assert_string_equal(come(f, "10.0.0.1"), "");
	assert_string_equal(come(f, "10.0.0.1"), "");
	settings_default(&next);
	next.max_sessions = 1;
	proxy_reconfigure(f->proxy, &next, NULL);
	assert_int_equal(proxy_sessions(f->proxy), 2);
	assert_true(says(come(f, "10.0.0.2"), "421 4.3.2 danegate: overload"));
}

/* What all may cost together, with room left to the DNS cache; the default has
 * room for as many as there may be, and for larger buffers beside them. */
static void
test_memory(void **state)
{
	struct fixture *f = *state;
	size_t n = 0;

	begin(f);
	assert_true(
	    f->proxy->room.limit / SESSION_MEMORY >= f->settings.max_sessions);
	assert_int_equal(f->proxy->bulks.limit, 3 * sizeof(struct bulk));
	assert_true(f->proxy->room.limit + f->proxy->bulks.limit <=
	    f->settings.memory_limit / 8 * 7);
	proxy_free(f->proxy);
	f->settings.memory_limit = 1U << 20;
	begin(f);
	while (n < 200 && come(f, "10.0.0.1")[0] == '\0')
		n++;
	assert_int_equal(n, (1U << 20) / 8 * 7 / SESSION_MEMORY);
	assert_true(says(come(f, "10.0.0.2"),
	    "421 4.3.2 danegate: overload: no memory"));
	session_free(f->proxy->sessions.first);
	assert_string_equal(come(f, "10.0.0.2"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_together, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_of_one_client, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_no_limit_of_one_client,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
