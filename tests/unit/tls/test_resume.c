/* with: tls/support/server.c tls/support/link.c */
/* link: -Wl,--wrap=hello_read */
/*
 * Resumption against another implementation: RFC 8446 2.2 and 4.6.1, RFC 5077,
 * RFC 5246 7.3; and what must not be resumed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tls/hello.h"
#include "tls/support/link.h"

#define HOUR 3600

/* A server that binds no more, as far as it can be seen. */
static bool blind;

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
void __real_hello_read(struct hello *h, const uint8_t *p, size_t n);
void __wrap_hello_read(struct hello *h, const uint8_t *p, size_t n);

void
__wrap_hello_read(struct hello *h, const uint8_t *p, size_t n)
{
	__real_hello_read(h, p, n);
	if (blind)
		h->extended = false;
}
/* NOLINTEND(readability-identifier-naming) */

static struct tls_binding
binding(const char *what)
{
	const struct span parts[] = { span_text("test"), span_text(what) };
	struct tls_binding b;

	assert_int_equal(tls_binding_make(&b, parts, 2), 0);
	return b;
}

/* A connection that asks for a ticket of that binding, opened. */
static void
open_again(struct link *l, const char *sni, const char *what)
{
	struct tls_binding b = binding(what);

	assert_int_equal(link_connect(l, sni, ROOM, ROOM), 0);
	assert_int_equal(tls_conn_resume(l->conn, &b), 0);
	if (link_until_not(l, TLS_STATE_HANDSHAKE) != TLS_STATE_OPEN)
		fail_msg("%s", tls_conn_error(l->conn));
}

/* Judged and found good; the line there and back brings TLS 1.3's tickets. */
static void
keep(struct link *l, const char *what, uint32_t seconds)
{
	struct tls_binding b = binding(what);

	tls_conn_keep(l->conn, &b, seconds);
	exchange(l);
}

static struct tls_counts
counts(const struct link *l)
{
	struct tls_counts c;

	tls_context_counts(l->context, &c);
	return c;
}

/* Orderly, as a session of mail ends. */
static void
finish(struct link *l)
{
	tls_conn_close(l->conn);
	(void)tls_conn_run(l->conn);
	(void)link_turn(l, false);
	link_disconnect(l);
}

static void
expect_full_chain(const struct link *l, const char *name)
{
	struct span chain[TLS_CHAIN_MAX];

	assert_int_equal(tls_conn_chain(l->conn, chain, TLS_CHAIN_MAX), 3);
	expect_cert(chain, 0, name);
	expect_cert(chain, 1, "intermediate");
	expect_cert(chain, 2, "root");
}

static void
check_resumes(const char *const options[])
{
	struct link *l = &the_link;

	link_start(l, "ecdsa", "chain", options);
	open_again(l, "mx.example.org", "a");
	assert_false(tls_conn_resumed(l->conn));
	expect_full_chain(l, "ecdsa");
	keep(l, "a", HOUR);
	finish(l);
	assert_true(counts(l).tickets > 0);
	/* Once more, and from what that one brought. */
	for (int i = 0; i < 3; i++) {
		open_again(l, "mx.example.org", "a");
		assert_true(tls_conn_resumed(l->conn));
		expect_full_chain(l, "ecdsa");
		keep(l, "a", HOUR);
		expect_full_chain(l, "ecdsa");
		finish(l);
	}
	assert_int_equal(counts(l).full, 1);
	assert_int_equal(counts(l).resumed, 3);
	link_stop(l);
}

static void
test_resumes(void **state)
{
	(void)state;
	/* RFC 5077; RFC 5246's session ids; RFC 8446; the same without state
	 * at the client; another group than the first offered. */
	check_resumes(OPTIONS("-tls1_2", "-rev", "-naccept", "9"));
	check_resumes(
	    OPTIONS("-tls1_2", "-rev", "-naccept", "9", "-no_ticket"));
	check_resumes(OPTIONS("-tls1_3", "-rev", "-naccept", "9"));
	check_resumes(
	    OPTIONS("-tls1_3", "-rev", "-naccept", "9", "-no_ticket"));
	check_resumes(
	    OPTIONS("-tls1_3", "-rev", "-naccept", "9", "-groups", "P-256"));
}

/* Nobody judged the server, so nothing of it is kept. */
static void
test_not_kept_unasked(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(versions); i++) {
		link_start(l, "ecdsa", "chain",
		    OPTIONS(versions[i], "-rev", "-naccept", "9"));
		open_again(l, NULL, "a");
		exchange(l);
		finish(l);
		assert_int_equal(counts(l).tickets, 0);
		open_again(l, NULL, "a");
		assert_false(tls_conn_resumed(l->conn));
		finish(l);
		link_stop(l);
	}
}

/* Another binding, none left, turned off, time over: a full handshake. */
static void
test_full_again(void **state)
{
	struct link *l = &the_link;

	(void)state;
	link_start(l, "ecdsa", "chain",
	    OPTIONS("-tls1_2", "-rev", "-naccept", "20"));
	open_again(l, NULL, "a");
	keep(l, "a", HOUR);
	finish(l);
	open_again(l, NULL, "b");
	assert_false(tls_conn_resumed(l->conn));
	finish(l);
	/* A ticket serves once (RFC 8446 C.4). */
	assert_int_equal(counts(l).tickets, 1);
	open_again(l, NULL, "a");
	assert_true(tls_conn_resumed(l->conn));
	finish(l);
	assert_int_equal(counts(l).tickets, 0);
	open_again(l, NULL, "a");
	assert_false(tls_conn_resumed(l->conn));
	/* No time at all. */
	keep(l, "a", 0);
	finish(l);
	assert_int_equal(counts(l).tickets, 0);
	open_again(l, NULL, "a");
	keep(l, "a", HOUR);
	finish(l);
	tls_context_set_resumption(l->context, false);
	assert_int_equal(counts(l).tickets, 0);
	assert_int_equal(tls_context_tickets_budget(l->context)->used, 0);
	open_again(l, NULL, "a");
	assert_false(tls_conn_resumed(l->conn));
	keep(l, "a", HOUR);
	finish(l);
	assert_int_equal(counts(l).tickets, 0);
	link_stop(l);
}

/* A server that has forgotten, or is another one: it shows its chain, and that
 * one is seen. */
static void
test_server_declines(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(versions); i++) {
		link_start(l, "ecdsa", "chain",
		    OPTIONS(versions[i], "-rev", "-naccept", "9"));
		open_again(l, NULL, "a");
		keep(l, "a", HOUR);
		finish(l);
		server_stop(&l->server);
		server_start(&l->server, "rsa", "chain",
		    OPTIONS(versions[i], "-rev", "-naccept", "9"));
		open_again(l, NULL, "a");
		assert_false(tls_conn_resumed(l->conn));
		expect_full_chain(l, "rsa");
		exchange(l);
		finish(l);
		assert_int_equal(counts(l).full, 2);
		assert_int_equal(counts(l).resumed, 0);
		link_stop(l);
	}
}

/*
 * RFC 7627 5.3: a session whose secret is not bound to its handshake is good for
 * mail, but is not taken up again; and one that was bound is not taken up by a
 * server that binds no more.
 */
static void
test_extended_master_secret(void **state)
{
	/* By ticket, and by session id. */
	static const char *const kinds[] = { "-rev", "-no_ticket" };
	struct link *l = &the_link;
	struct tls_binding b = binding("a");

	(void)state;
	server_configure();
	for (size_t i = 0; i < DG_ARRAY_LEN(kinds); i++) {
		link_start(l, "ecdsa", "chain",
		    OPTIONS("-tls1_2", kinds[i], "-rev", "-naccept", "9",
			"-ssl_config", "no-ems"));
		open_again(l, NULL, "a");
		keep(l, "a", HOUR);
		finish(l);
		assert_int_equal(counts(l).tickets, 0);
		link_stop(l);
		link_start(l, "ecdsa", "chain",
		    OPTIONS("-tls1_2", kinds[i], "-rev", "-naccept", "9"));
		open_again(l, NULL, "a");
		keep(l, "a", HOUR);
		finish(l);
		assert_int_equal(counts(l).tickets, 1);
		assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
		assert_int_equal(tls_conn_resume(l->conn, &b), 0);
		blind = true;
		assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
		    TLS_STATE_FAILED);
		blind = false;
		assert_non_null(
		    strstr(tls_conn_error(l->conn), "extended master secret"));
		link_disconnect(l);
		link_stop(l);
	}
	/* TLS 1.3 knows no other. */
	link_start(l, "ecdsa", "chain",
	    OPTIONS("-tls1_3", "-rev", "-naccept", "9", "-ssl_config",
		"no-ems"));
	open_again(l, NULL, "a");
	keep(l, "a", HOUR);
	assert_true(counts(l).tickets > 0);
	finish(l);
	link_stop(l);
}

/* A server that changed its version can break the handshake; the next time
 * there is no ticket any more. */
static void
test_version_changes(void **state)
{
	struct link *l = &the_link;
	struct tls_binding b = binding("a");

	(void)state;
	link_start(l, "ecdsa", "chain",
	    OPTIONS("-tls1_3", "-rev", "-naccept", "9", "-num_tickets", "1"));
	open_again(l, NULL, "a");
	keep(l, "a", HOUR);
	finish(l);
	assert_int_equal(counts(l).tickets, 1);
	server_stop(&l->server);
	server_start(&l->server, "ecdsa", "chain",
	    OPTIONS("-tls1_2", "-rev", "-naccept", "9"));
	assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
	assert_int_equal(tls_conn_resume(l->conn, &b), 0);
	assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
	    TLS_STATE_FAILED);
	assert_false(tls_conn_resumed(l->conn));
	link_disconnect(l);
	open_again(l, NULL, "a");
	assert_false(tls_conn_resumed(l->conn));
	expect_full_chain(l, "ecdsa");
	finish(l);
	link_stop(l);
}

/* Bytes one by one: a ticket in the middle of other things is no trouble. */
static void
test_trickle(void **state)
{
	struct link *l = &the_link;
	struct tls_binding b = binding("a");

	(void)state;
	link_start(l, "ecdsa", "chain",
	    OPTIONS("-tls1_3", "-rev", "-naccept", "9"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(link_connect(l, NULL, 1, 1), 0);
		assert_int_equal(tls_conn_resume(l->conn, &b), 0);
		assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
		    TLS_STATE_OPEN);
		assert_int_equal(tls_conn_resumed(l->conn), i > 0);
		exchange(l);
		keep(l, "a", HOUR);
		finish(l);
	}
	link_stop(l);
}

#define NARROW 1000 /* bytes that wire_out holds */

/*
 * A ticket comes (RFC 8446 4.6.1) while a record waits because wire_out is full,
 * n bytes of data, and the end behind them if they are to be the last.
 */
static void
ticket_behind_output(struct link *l, size_t n, bool last)
{
	struct tls_binding b = binding("a");

	/* Without -rev the server says how it ended. */
	link_start(l, "ecdsa", "chain",
	    OPTIONS("-tls1_3", "-num_tickets", "1", last ? NULL : "-rev"));
	assert_int_equal(link_connect(l, NULL, NARROW, ROOM), 0);
	assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
	    TLS_STATE_OPEN);
	while (buf_peek(&l->wire_out).n > 0)
		(void)link_turn(l, false);
	tls_conn_keep(l->conn, &b, HOUR);
	assert_int_equal(counts(l).tickets, 0);
	l->hold_output = true;
	for (size_t i = 0; i < n; i++) {
		char c = i % 500 == 499 ? '\n' : (char)('a' + i / 500);

		assert_int_equal(buf_put(&l->app_out, &c, 1), 0);
	}
	if (last)
		tls_conn_close(l->conn);
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_OPEN);
	assert_int_equal(buf_room(&l->wire_out), 0);
	/* The ticket is in wire_in, and then inside the library. */
	while (buf_peek(&l->wire_in).n == 0)
		assert_int_equal(link_turn(l, false), TLS_STATE_OPEN);
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_OPEN);
	assert_int_equal(buf_peek(&l->wire_in).n, 0);
	assert_int_equal(counts(l).tickets, 0);
	l->hold_output = false;
}

/* The session goes on, each byte goes out once, and the ticket is kept. */
static void
test_ticket_while_output_is_full(void **state)
{
	struct link *l = &the_link;
	const size_t n = 2000;
	size_t got = 0;

	(void)state;
	ticket_behind_output(l, n, false);
	while (got < n) {
		struct span s;

		if (link_turn(l, true) != TLS_STATE_OPEN)
			fail_msg("%s", tls_conn_error(l->conn));
		s = buf_peek(&l->app_in);
		/* Reversed, a line of one letter is the same. */
		for (size_t i = 0; i < s.n; i++, got++)
			assert_int_equal(s.p[i],
			    got % 500 == 499 ? '\n' : 'a' + (int)got / 500);
		buf_clear(&l->app_in);
	}
	assert_int_equal(counts(l).tickets, 1);
	/* Nothing came twice: the next line is the next answer. */
	exchange(l);
	finish(l);
	link_stop(l);

	/* Not data but the end is what waits: 22 bytes belong to a record. */
	ticket_behind_output(l, NARROW - 30, true);
	while (buf_peek(&l->wire_out).n > 0 || counts(l).tickets == 0)
		assert_int_equal(link_turn(l, false), TLS_STATE_OPEN);
	/* A truncation it would tell in another word. */
	server_expect(&l->server, "CONNECTION CLOSED");
	link_disconnect(l);
	link_stop(l);
}

/* More tickets than there is room for: the oldest give way, and the budget of
 * its own holds. */
static void
test_bounded(void **state)
{
	struct link *l = &the_link;
	char what[] = "a";
	size_t used;

	(void)state;
	assert_int_equal(tls_context_new(&l->context, 256 * 1024), 0);
	server_start(&l->server, "ecdsa", "chain",
	    OPTIONS("-tls1_3", "-rev", "-naccept", "99"));
	for (int i = 0; i < 12; i++, what[0]++) {
		open_again(l, NULL, what);
		keep(l, what, HOUR);
		finish(l);
		used = tls_context_tickets_budget(l->context)->used;
		assert_true(used <= 16 * 1024);
	}
	assert_true(counts(l).tickets > 2 && counts(l).tickets < 12);
	open_again(l, NULL, "a");
	assert_false(tls_conn_resumed(l->conn));
	finish(l);
	what[0]--;
	/* All of one binding: no more than four. */
	for (int i = 0; i < 3; i++) {
		open_again(l, NULL, "never kept before");
		keep(l, "z", HOUR);
		finish(l);
	}
	assert_true(counts(l).tickets <= 16);
	open_again(l, NULL, "z");
	assert_true(tls_conn_resumed(l->conn));
	finish(l);
	link_stop(l);
}

/* RFC 6698 has no say here, but a digest of things has: no two lists alike. */
static void
test_binding(void **state)
{
	const struct span one[] = { span_text("ab"), span_text("c") };
	const struct span two[] = { span_text("a"), span_text("bc") };
	const struct span three[] = { span_text("ab"), span_text("c"),
		span_text("") };
	struct tls_binding a, b, c, again;

	(void)state;
	assert_int_equal(tls_binding_make(&a, one, 2), 0);
	assert_int_equal(tls_binding_make(&b, two, 2), 0);
	assert_int_equal(tls_binding_make(&c, three, 3), 0);
	assert_int_equal(tls_binding_make(&again, one, 2), 0);
	assert_memory_equal(&a, &again, sizeof(a));
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &c, sizeof(a));
	assert_memory_not_equal(&b, &c, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumes),
		cmocka_unit_test(test_not_kept_unasked),
		cmocka_unit_test(test_full_again),
		cmocka_unit_test(test_server_declines),
		cmocka_unit_test(test_extended_master_secret),
		cmocka_unit_test(test_version_changes),
		cmocka_unit_test(test_trickle),
		cmocka_unit_test(test_ticket_while_output_is_full),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_binding),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
