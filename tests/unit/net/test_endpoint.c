/* Endpoints over a socket pair: bytes, back-pressure, ends and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "net/endpoint.h"
#include "net/sockaddr.h"

#define TURNS_MAX 2000

struct fixture {
	struct event_base *base;
	struct endpoint *endpoint;
	struct buf in, out;
	uint8_t in_mem[8], out_mem[64];
	int peer;
	unsigned calls;
	bool inside; /* an owner's call is under way */
};

static void
on_event(void *arg)
{
	struct fixture *f = arg;

	assert_false(f->inside);
	f->calls++;
}

static int
setup(void **state)
{
	static struct fixture f;
	int fds[2];

	memset(&f, 0, sizeof(f));
	assert_int_equal(socketpair(AF_UNIX,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			     fds),
	    0);
	f.base = event_base_new();
	assert_non_null(f.base);
	buf_init(&f.in, f.in_mem, sizeof(f.in_mem));
	buf_init(&f.out, f.out_mem, sizeof(f.out_mem));
	f.peer = fds[1];
	assert_int_equal(endpoint_new(&f.endpoint, f.base, fds[0], false, &f.in,
			     &f.out, on_event, &f),
	    0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	endpoint_free(f->endpoint);
	event_base_free(f->base);
	if (f->peer >= 0)
		(void)close(f->peer);
	return 0;
}

static void
turn(struct fixture *f)
{
	assert_true(event_base_loop(f->base, EVLOOP_NONBLOCK) >= 0);
}

static void
update(struct fixture *f)
{
	f->inside = true;
	endpoint_update(f->endpoint);
	f->inside = false;
}

/* A full buffer leaves the rest in the kernel until there is room again. */
static void
test_reads_no_more_than_there_is_room(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write(f->peer, "0123456789ab", 12), 12);
	turn(f);
	turn(f);
	assert_true(span_equal(buf_peek(&f->in), span_text("01234567")));
	assert_int_equal(f->calls, 1);
	buf_clear(&f->in);
	update(f);
	turn(f);
	assert_true(span_equal(buf_peek(&f->in), span_text("89ab")));
}

static void
test_reads_only_when_wanted(void **state)
{
	struct fixture *f = *state;

	endpoint_want_read(f->endpoint, false);
	assert_int_equal(write(f->peer, "x", 1), 1);
	turn(f);
	turn(f);
	assert_int_equal(f->calls, 0);
	endpoint_want_read(f->endpoint, true);
	turn(f);
	assert_int_equal(buf_peek(&f->in).n, 1);
}

/* All bytes arrive, in order, through a peer that reads slowly. */
static void
test_writes_all_in_order(void **state)
{
	struct fixture *f = *state;
	unsigned sent = 0, got = 0;

	for (int i = 0; i < TURNS_MAX; i++) {
		uint8_t piece[48];
		ssize_t n;

		while (buf_room(&f->out) > 0) {
			uint8_t c = (uint8_t)sent++;

			assert_int_equal(buf_put(&f->out, &c, 1), 0);
		}
		update(f);
		turn(f);
		n = read(f->peer, piece, sizeof(piece));
		for (ssize_t k = 0; k < n; k++)
			assert_int_equal(piece[k], (uint8_t)got++);
	}
	assert_true(got > 256);
}

static void
test_end_is_told_after_the_bytes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write(f->peer, "bye", 3), 3);
	(void)close(f->peer);
	f->peer = -1;
	for (int i = 0; i < 4 && !endpoint_eof(f->endpoint); i++)
		turn(f);
	assert_true(span_equal(buf_peek(&f->in), span_text("bye")));
	assert_true(endpoint_eof(f->endpoint));
	assert_int_equal(endpoint_error(f->endpoint), 0);
}

/* Writing to a peer that is gone is an error of the endpoint, no signal. */
static void
test_broken_peer_is_an_error(void **state)
{
	struct fixture *f = *state;

	(void)close(f->peer);
	f->peer = -1;
	assert_int_equal(buf_put(&f->out, "x", 1), 0);
	update(f);
	turn(f);
	assert_true(endpoint_error(f->endpoint) != 0);
	assert_true(f->calls > 0);
}

static void
test_sockaddr_round_trip(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(texts); i++) {
		struct sockaddr_storage ss;
		struct address a, b;
		socklen_t len;

		assert_int_equal(address_parse_port(&a, span_text(texts[i]),
				     2525),
		    0);
		assert_int_equal(sockaddr_from_address(&ss, &len, &a), 0);
		assert_int_equal(sockaddr_to_address(&b, &ss, len), 0);
		assert_true(address_same_host(&a, &b));
		assert_int_equal(b.port, 2525);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_reads_no_more_than_there_is_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reads_only_when_wanted,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_writes_all_in_order, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_end_is_told_after_the_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_peer_is_an_error,
		    setup, teardown),
		cmocka_unit_test(test_sockaddr_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
