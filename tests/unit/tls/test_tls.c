/* with: tls/support/server.c tls/support/link.c */
/*
 * The TLS engine against another implementation on loopback: RFC 5246 and 8446
 * handshakes, chains, ends, alerts, small buffers and short memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tls/support/link.h"

static void
check_version(const char *option, const char *name, const char *version)
{
	struct link *l = &the_link;
	struct span chain[TLS_CHAIN_MAX];

	link_start(l, name, "chain", OPTIONS(option, "-rev"));
	assert_int_equal(link_connect(l, "mx.example.org", ROOM, ROOM), 0);
	assert_string_equal(tls_conn_version(l->conn), "none");
	assert_int_equal(tls_conn_chain(l->conn, chain, TLS_CHAIN_MAX), 0);
	assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
	    TLS_STATE_OPEN);
	assert_string_equal(tls_conn_version(l->conn), version);
	assert_int_equal(strncmp(tls_conn_cipher(l->conn), "TLS_", 4), 0);
	assert_null(strchr(tls_conn_cipher(l->conn), '-'));
	assert_int_equal(tls_conn_chain(l->conn, chain, 2), 2);
	assert_int_equal(tls_conn_chain(l->conn, chain, TLS_CHAIN_MAX), 3);
	expect_cert(chain, 0, name);
	expect_cert(chain, 1, "intermediate");
	expect_cert(chain, 2, "root");
	exchange(l);
	assert_string_equal(tls_conn_error(l->conn), "no error");
	link_disconnect(l);
	link_stop(l);
}

static void
test_versions_and_keys(void **state)
{
	(void)state;
	check_version("-tls1_2", "ecdsa", "TLSv1.2");
	check_version("-tls1_2", "rsa", "TLSv1.2");
	check_version("-tls1_3", "ecdsa", "TLSv1.3");
	check_version("-tls1_3", "rsa", "TLSv1.3");
}

/* RFC 8996: what is older than 1.2 is not spoken. */
static void
test_old_version(void **state)
{
	struct link *l = &the_link;

	(void)state;
	link_start(l, "rsa", "chain",
	    OPTIONS("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"));
	assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
	assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
	    TLS_STATE_FAILED);
	assert_non_null(strstr(tls_conn_error(l->conn), "version"));
	link_disconnect(l);
	link_stop(l);
}

/* RFC 8446 4.2.7, RFC 8422 5.1.1: what the key exchange came to be. */
static void
test_groups(void **state)
{
	static const char *const groups[][2] = { { "X25519", "x25519" },
		{ "P-256", "secp256r1" }, { "P-384", "secp384r1" },
		{ "P-521", "secp521r1" } };
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;

	(void)state;
	for (size_t v = 0; v < DG_ARRAY_LEN(versions); v++)
		for (size_t g = 0; g < DG_ARRAY_LEN(groups); g++) {
			link_start(l, "rsa", "chain",
			    OPTIONS(versions[v], "-groups", groups[g][0]));
			assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
			assert_string_equal(tls_conn_group(l->conn), "none");
			assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
			    TLS_STATE_OPEN);
			assert_string_equal(tls_conn_group(l->conn),
			    groups[g][1]);
			link_disconnect(l);
			link_stop(l);
		}
	link_start(l, "rsa", "chain",
	    OPTIONS("-tls1_2", "-cipher", "AES128-GCM-SHA256"));
	link_open(l, NULL);
	assert_string_equal(tls_conn_group(l->conn), "none");
	assert_int_equal(tls_conn_grade(l->conn), TLS_GRADE_INSUFFICIENT);
	link_disconnect(l);
	link_stop(l);
}

/* Buffers of one byte everywhere: nothing is lost and nothing doubled. */
static void
test_trickle(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(versions); i++) {
		link_start(l, "ecdsa", "chain", OPTIONS(versions[i], "-rev"));
		assert_int_equal(link_connect(l, NULL, 1, 1), 0);
		assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
		    TLS_STATE_OPEN);
		exchange(l);
		exchange(l);
		link_disconnect(l);
		link_stop(l);
	}
}

#define LINE 1000
#define BULK (300 * LINE)
#define LINE_BYTE(i) \
	((char)((i) % LINE == LINE - 1 ? '\n' : 'a' + (i) / LINE % 26))

/* More than all buffers together, both ways at once. */
static void
test_bulk(void **state)
{
	struct link *l = &the_link;
	size_t sent = 0, got = 0;

	(void)state;
	link_start(l, "ecdsa", "chain", OPTIONS("-rev"));
	link_open(l, NULL);
	while (got < BULK) {
		struct span s;

		while (sent < BULK && buf_room(&l->app_out) > 0) {
			char c = LINE_BYTE(sent);

			assert_int_equal(buf_put(&l->app_out, &c, 1), 0);
			sent++;
		}
		if (link_turn(l, true) != TLS_STATE_OPEN)
			fail_msg("%s", tls_conn_error(l->conn));
		s = buf_peek(&l->app_in);
		for (size_t i = 0; i < s.n; i++, got++)
			assert_int_equal(s.p[i], LINE_BYTE(got));
		buf_clear(&l->app_in);
	}
	link_disconnect(l);
	link_stop(l);
}

#define LONG_LINE 12000 /* three times what comes in one turn */

/* Memory is given back at every turn, in the middle of records too, and all that
 * comes is what was sent. When nothing is under way, most of it goes. */
static void
test_rest(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;

	(void)state;
	for (size_t v = 0; v < DG_ARRAY_LEN(versions); v++) {
		size_t sent = 0, got = 0, idle = 0;
		bool wanted = false; /* again, by a long record */

		link_start(l, "ecdsa", "chain", OPTIONS(versions[v], "-rev"));
		link_open(l, NULL);
		assert_true(tls_given_back() >= 8192);
		while (got < LONG_LINE) {
			struct span s;

			while (sent < LONG_LINE && buf_room(&l->app_out) > 0) {
				char c = sent == LONG_LINE - 1
				    ? '\n'
				    : (char)('a' + sent % 23);

				assert_int_equal(buf_put(&l->app_out, &c, 1),
				    0);
				sent++;
			}
			if (link_turn(l, true) != TLS_STATE_OPEN)
				fail_msg("%s", tls_conn_error(l->conn));
			wanted |= tls_given_back() == 0;
			idle = tls_conn_rest(l->conn);
			s = buf_peek(&l->app_in);
			for (size_t i = 0; i < s.n && got < LONG_LINE - 1;
			     i++, got++)
				assert_int_equal(s.p[i],
				    'a' + (LONG_LINE - 2 - got) % 23);
			if (s.n > 0 && s.p[s.n - 1] == '\n')
				got = LONG_LINE;
			buf_clear(&l->app_in);
		}
		assert_true(wanted);
		assert_true(idle >= 8192);
		exchange(l);
		link_disconnect(l);
		assert_int_equal(tls_given_back(), 0);
		link_stop(l);
	}
}

/* RFC 8446 6.1: only close_notify ends the data. */
static void
test_close_and_truncation(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(versions); i++) {
		link_start(l, "ecdsa", "chain", OPTIONS(versions[i], "-rev"));
		link_open(l, NULL);
		exchange(l);
		/* With this line the server ends in order. */
		assert_int_equal(buf_put(&l->app_out, "CLOSE\n", 6), 0);
		assert_int_equal(link_until_not(l, TLS_STATE_OPEN),
		    TLS_STATE_CLOSED);
		tls_conn_close(l->conn);
		assert_int_equal(tls_conn_run(l->conn), TLS_STATE_CLOSED);
		assert_true(buf_peek(&l->wire_out).n > 0);
		link_disconnect(l);
		link_stop(l);

		link_start(l, "ecdsa", "chain", OPTIONS(versions[i], "-rev"));
		link_open(l, NULL);
		exchange(l);
		tls_conn_eof(l->conn);
		assert_int_equal(link_until_not(l, TLS_STATE_OPEN),
		    TLS_STATE_FAILED);
		assert_non_null(
		    strstr(tls_conn_error(l->conn), "without close_notify"));
		link_disconnect(l);
		link_stop(l);
	}
}

/* What was received before a truncation is handed out before it is told. */
static void
test_data_before_truncation(void **state)
{
	struct link *l = &the_link;

	(void)state;
	link_start(l, "ecdsa", "chain", OPTIONS("-rev"));
	assert_int_equal(link_connect(l, NULL, ROOM, 4), 0);
	assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
	    TLS_STATE_OPEN);
	assert_int_equal(buf_put(&l->app_out, "12345678\n", 9), 0);
	while (buf_room(&l->app_in) > 0)
		assert_int_equal(link_turn(l, true), TLS_STATE_OPEN);
	tls_conn_eof(l->conn);
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_OPEN);
	assert_memory_equal(buf_peek(&l->app_in).p, "8765", 4);
	buf_clear(&l->app_in);
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_OPEN);
	assert_memory_equal(buf_peek(&l->app_in).p, "4321", 4);
	buf_clear(&l->app_in);
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_FAILED);
	assert_memory_equal(buf_peek(&l->app_in).p, "\n", 1);
	link_disconnect(l);
	link_stop(l);
}

/* We close: the server sees an orderly end behind all data. */
static void
test_we_close(void **state)
{
	struct link *l = &the_link;

	(void)state;
	link_start(l, "ecdsa", "chain", OPTIONS("-tls1_2"));
	link_open(l, NULL);
	assert_int_equal(buf_put(&l->app_out, "QUIT\n", 5), 0);
	tls_conn_close(l->conn);
	do {
		(void)link_turn(l, false);
	} while (buf_peek(&l->wire_out).n > 0 || buf_peek(&l->app_out).n > 0);
	server_expect(&l->server, "QUIT");
	/* What a truncation is reported by is another word. */
	server_expect(&l->server, "CONNECTION CLOSED");
	link_disconnect(l);
	link_stop(l);
}

static void
expect_failure(const char *const options[], const char *sni, const char *words)
{
	struct link *l = &the_link;
	enum tls_state state;

	link_start(l, "ecdsa", "chain", options);
	assert_int_equal(link_connect(l, sni, ROOM, ROOM), 0);
	state = link_until_not(l, TLS_STATE_HANDSHAKE);
	/* With TLS 1.3 the server speaks last. */
	if (state == TLS_STATE_OPEN)
		state = link_until_not(l, TLS_STATE_OPEN);
	assert_int_equal(state, TLS_STATE_FAILED);
	if (strstr(tls_conn_error(l->conn), words) == NULL)
		fail_msg("%s", tls_conn_error(l->conn));
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_FAILED);
	link_disconnect(l);
	link_stop(l);
}

static void
test_alerts_in_words(void **state)
{
	(void)state;
	expect_failure(OPTIONS("-tls1_2", "-Verify", "1"), NULL,
	    "server sent alert 40 (handshake_failure) in the handshake");
	expect_failure(OPTIONS("-tls1_3", "-Verify", "1"), NULL,
	    "server sent alert 116 (certificate_required) in session");
	expect_failure(OPTIONS("-servername", "other.example.org",
			   "-servername_fatal"),
	    "mx.example.org", "(unrecognized_name)");
}

/* RFC 6066 3: no name, no extension; with a name the server must see it. */
static void
test_sni(void **state)
{
	struct link *l = &the_link;

	(void)state;
	link_start(l, "ecdsa", "chain", OPTIONS("-tlsextdebug"));
	link_open(l, "MX.Example.org.");
	server_expect(&l->server, "TLS client extension \"server name\"");
	link_disconnect(l);
	link_stop(l);
	link_start(l, "ecdsa", "chain",
	    OPTIONS("-servername", "mx.example.org", "-servername_fatal"));
	link_open(l, NULL);
	link_disconnect(l);
	link_stop(l);
}

static void
test_no_tls_at_all(void **state)
{
	struct link *l = &the_link;

	(void)state;
	link_start(l, "ecdsa", "chain", OPTIONS("-rev", "-naccept", "2"));
	assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
	assert_int_equal(buf_put(&l->wire_in, "500 what?\r\n", 11), 0);
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_FAILED);
	assert_non_null(strstr(tls_conn_error(l->conn), "no TLS record"));
	link_disconnect(l);
	assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
	tls_conn_eof(l->conn);
	assert_int_equal(tls_conn_run(l->conn), TLS_STATE_FAILED);
	assert_non_null(strstr(tls_conn_error(l->conn), "in the handshake"));
	link_disconnect(l);
	link_stop(l);
}

/*
 * RFC 5246 7.4.1.1: a server that asks for renegotiation gets a warning, not
 * more. That answer must not be mixed up with data that waits behind it, even
 * where the socket takes nothing at that moment.
 */
static void
test_renegotiation_is_declined(void **state)
{
	struct link *l = &the_link;
	static const char mail[] = "MAIL FROM:<a@example.org>\n";

	(void)state;
	link_start(l, "ecdsa", "chain", OPTIONS("-tls1_2"));
	assert_int_equal(link_connect(l, NULL, 7, ROOM), 0);
	assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
	    TLS_STATE_OPEN);
	while (buf_peek(&l->wire_out).n > 0)
		(void)link_turn(l, false);
	l->hold_output = true;
	assert_int_equal(write(l->server.in, "r\n", 2), 2);
	/* The answer, as much as there is room for. */
	while (buf_peek(&l->wire_out).n == 0)
		assert_int_equal(link_turn(l, true), TLS_STATE_OPEN);
	assert_int_equal(buf_put(&l->app_out, mail, sizeof(mail) - 1), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(link_turn(l, false), TLS_STATE_OPEN);
	assert_int_equal(buf_peek(&l->app_out).n, sizeof(mail) - 1);
	l->hold_output = false;
	/* This server takes the answer for an end, in order or not. */
	(void)link_until_not(l, TLS_STATE_OPEN);
	server_expect(&l->server, "no renegotiation");
	link_disconnect(l);
	link_stop(l);
}

/* A chain with a certificate that cannot be parsed, in its place. */
static void
test_odd_chain(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;
	struct span chain[TLS_CHAIN_MAX];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(versions); i++) {
		/* The leaf is signed with Ed25519, by a key of that kind. */
		link_start(l, "signed-strangely", "strange-chain",
		    OPTIONS(versions[i], "-rev"));
		link_open(l, NULL);
		assert_int_equal(tls_conn_chain(l->conn, chain, TLS_CHAIN_MAX),
		    3);
		expect_cert(chain, 0, "signed-strangely");
		expect_cert(chain, 1, "strange");
		expect_cert(chain, 2, "root");
		exchange(l);
		link_disconnect(l);
		link_stop(l);

		link_start(l, "critical", "chain",
		    OPTIONS(versions[i], "-rev"));
		link_open(l, NULL);
		assert_int_equal(tls_conn_chain(l->conn, chain, TLS_CHAIN_MAX),
		    3);
		expect_cert(chain, 0, "critical");
		link_disconnect(l);
		link_stop(l);
	}
}

static void
expect_state(enum tls_state expected, const char *key,
    const char *const options[])
{
	struct link *l = &the_link;

	link_start(l, key, "chain", options);
	assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
	assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE), expected);
	link_disconnect(l);
	link_stop(l);
}

/* A leaf whose key we cannot use is no server to us; the next certificate of
 * the chain must not be taken for it. */
static void
test_leaf_of_strange_kind(void **state)
{
	(void)state;
	expect_state(TLS_STATE_FAILED, "ed25519", OPTIONS("-rev"));
}

/* RFC 8017 3.1, RFC 5246 7.4.3: numbers that only cost time. */
static void
test_costly_servers(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	static const struct {
		const char *group;
		enum tls_state expected;
	} groups[] = { { "ffdhe4096", TLS_STATE_OPEN },
		{ "ffdhe6144", TLS_STATE_FAILED } };
	char path[PATH_SIZE];

	(void)state;
	for (size_t v = 0; v < DG_ARRAY_LEN(versions); v++) {
		expect_state(TLS_STATE_OPEN, "long-63", OPTIONS(versions[v]));
		expect_state(TLS_STATE_FAILED, "long-64", OPTIONS(versions[v]));
	}
	for (size_t g = 0; g < DG_ARRAY_LEN(groups); g++) {
		certificates_path(path, groups[g].group, ".pem");
		expect_state(groups[g].expected, "rsa",
		    OPTIONS("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256",
			"-dhparam", path));
	}
}

/* Every limit ends in a connection or in an orderly refusal, and nothing stays
 * booked. */
static void
test_short_memory(void **state)
{
	struct link *l = &the_link;
	bool refused_new = false, refused_later = false, opened = false;

	(void)state;
	server_start(&l->server, "rsa", "chain",
	    OPTIONS("-rev", "-naccept", "10000"));
	for (size_t limit = 512; !opened; limit += limit / 32 + 64) {
		enum tls_state end;

		assert_true(limit < MEMORY);
		assert_int_equal(tls_context_new(&l->context, limit), 0);
		if (link_connect(l, NULL, ROOM, ROOM) < 0) {
			refused_new = true;
			assert_int_equal(tls_context_budget(l->context)->used,
			    0);
			tls_context_free(l->context);
			continue;
		}
		end = link_until_not(l, TLS_STATE_HANDSHAKE);
		opened = end == TLS_STATE_OPEN;
		if (end == TLS_STATE_FAILED) {
			refused_later = true;
			assert_non_null(strstr(tls_conn_error(l->conn),
			    "out of memory for TLS"));
		}
		assert_true(tls_context_budget(l->context)->used <= limit);
		link_disconnect(l);
		tls_context_free(l->context);
	}
	server_stop(&l->server);
	assert_true(refused_new);
	assert_true(refused_later);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions_and_keys),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_old_version),
		cmocka_unit_test(test_trickle),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_close_and_truncation),
		cmocka_unit_test(test_data_before_truncation),
		cmocka_unit_test(test_we_close),
		cmocka_unit_test(test_alerts_in_words),
		cmocka_unit_test(test_sni),
		cmocka_unit_test(test_no_tls_at_all),
		cmocka_unit_test(test_renegotiation_is_declined),
		cmocka_unit_test(test_odd_chain),
		cmocka_unit_test(test_leaf_of_strange_kind),
		cmocka_unit_test(test_costly_servers),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
