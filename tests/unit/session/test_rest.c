/* with: session/support/fake_net.c session/support/fake_tls.c */
/* with: session/support/fake_route.c */
/* link: -Wl,--wrap=log_end */
/*
 * Sessions in which nothing happens give the memory of empty buffers back, after
 * two turns of the sweep, and lose nothing.
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

struct fixture {
	struct event_base *base;
	struct settings settings;
	struct proxy *proxy;
	struct session *session;
	int far;
};

/* One session, whose memory is full of what has been. */
static int
setup(void **state)
{
	static struct fixture f;
	struct address client = { 0 }, server = { 0 };
	int fds[2];

	f.base = event_base_new();
	assert_non_null(f.base);
	fake_reset(f.base);
	settings_default(&f.settings);
	assert_int_equal(proxy_new(&f.proxy, f.base, &f.settings, NULL, NULL),
	    0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	f.far = fds[1];
	proxy_accept(f.proxy, fds[0], &client, &server);
	f.session = f.proxy->sessions.first;
	assert_non_null(f.session);
	memset(&f.session->memory, 0xaa, sizeof(f.session->memory));
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	proxy_free(f->proxy);
	(void)close(f->far);
	settings_free(&f->settings);
	event_base_free(f->base);
	return 0;
}

static void
turn(struct fixture *f)
{
	event_active(&f->proxy->sweep, EV_TIMEOUT, 0);
	assert_int_equal(event_base_loop(f->base, EVLOOP_NONBLOCK), 0);
}

static size_t
zeros(const struct session *s)
{
	const uint8_t *p = (const uint8_t *)&s->memory;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(s->memory); i++)
		n += p[i] == 0;
	return n;
}

static void
test_after_two_turns(void **state)
{
	struct fixture *f = *state;

	turn(f);
	assert_int_equal(zeros(f->session), 0);
	turn(f);
	assert_true(zeros(f->session) >= sizeof(f->session->memory) - 2 * 4096);
	/* Once: what comes later is not touched while it is quiet. */
	memset(&f->session->memory, 0xaa, sizeof(f->session->memory));
	turn(f);
	assert_int_equal(zeros(f->session), 0);
}

static void
test_not_while_it_runs(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++) {
		turn(f);
		session_run(f->session);
	}
	assert_int_equal(zeros(f->session), 0);
}

/* A single byte in any of the buffers keeps them all. */
static void
test_not_what_is_held(void **state)
{
	struct fixture *f = *state;
	struct session *s = f->session;
	struct buf *const bufs[] = { &s->down_in, &s->down_out,
		&s->upstream.wire_in, &s->upstream.wire_out,
		&s->upstream.app_in, &s->upstream.app_out };

	for (size_t i = 0; i < DG_ARRAY_LEN(bufs); i++) {
		s->quiet = 0;
		assert_int_equal(buf_put(bufs[i], "x", 1), 0);
		turn(f);
		turn(f);
		assert_int_equal(zeros(s), 0);
		assert_int_equal(buf_peek(bufs[i]).p[0], 'x');
		buf_clear(bufs[i]);
	}
}

/* The session has the larger buffers, and took what filled its own. */
static void
lend(struct fixture *f)
{
	size_t room;

	(void)buf_tail(&f->session->down_in, &room);
	buf_commit(&f->session->down_in, room);
	bulk_lend(f->session);
	assert_non_null(f->session->bulk);
	buf_clear(&f->session->down_in);
}

/* A message that has come to a stop holds none of the larger buffers. */
static void
test_bulk_comes_back(void **state)
{
	struct fixture *f = *state;

	lend(f);
	turn(f);
	turn(f);
	assert_null(f->session->bulk);
	assert_int_equal(f->proxy->bulks.used, 0);
}

/* Nor does one whose server is lost, whatever was on its way there. */
static void
test_bulk_comes_back_from_a_lost_server(void **state)
{
	struct fixture *f = *state;
	size_t room;

	lend(f);
	(void)buf_tail(&f->session->upstream.wire_out, &room);
	buf_commit(&f->session->upstream.wire_out, room);
	turn(f);
	turn(f);
	assert_non_null(f->session->bulk);
	upstream_abort(&f->session->upstream);
	f->session->quiet = 0;
	turn(f);
	turn(f);
	assert_null(f->session->bulk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_after_two_turns, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_not_while_it_runs, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_not_what_is_held, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_bulk_comes_back, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_bulk_comes_back_from_a_lost_server, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
