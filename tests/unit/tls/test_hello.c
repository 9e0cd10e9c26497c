/*
 * What is read from a server's hello as it passes: RFC 8446 4.1.3, 4.1.4, 5.1;
 * RFC 5246 7.4; RFC 8422 5.4; RFC 7627 5.1. However it is cut, and nothing of
 * what is encrypted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "tls/hello.h"

#define STREAM_MAX 4096

static uint8_t stream[STREAM_MAX];
static size_t nstream;

static void
set_up(void)
{
	nstream = 0;
}

static void
add(const void *p, size_t n)
{
	assert_true(nstream + n <= sizeof(stream));
	memcpy(stream + nstream, p, n);
	nstream += n;
}

static void
add_record(uint8_t type, const void *p, size_t n)
{
	const uint8_t header[] = { type, 3, 3, (uint8_t)(n >> 8), (uint8_t)n };

	add(header, sizeof(header));
	add(p, n);
}

/* A handshake message in a record of its own. */
static void
add_message(uint8_t type, const void *p, size_t n)
{
	uint8_t message[STREAM_MAX] = { type, 0, (uint8_t)(n >> 8),
		(uint8_t)n };

	assert_true(n + 4 <= sizeof(message));
	memcpy(message + 4, p, n);
	add_record(22, message, n + 4);
}

/* With a session id of so many bytes, and these extensions. */
static void
add_hello(uint8_t id, const void *extensions, size_t n)
{
	uint8_t hello[STREAM_MAX] = { 3, 3 };
	size_t at = 34;

	hello[at] = id;
	at += 1U + id;
	hello[at] = 0xc0;
	hello[at + 1] = 0x2b;
	at += 3;
	hello[at++] = (uint8_t)(n >> 8);
	hello[at++] = (uint8_t)n;
	memcpy(hello + at, extensions, n);
	add_message(2, hello, at + n);
}

#define HELLO(id, ...)                                         \
	do {                                                   \
		const uint8_t extensions[] = { __VA_ARGS__ };  \
		add_hello(id, extensions, sizeof(extensions)); \
	} while (0)
#define MESSAGE(type, ...)                              \
	do {                                            \
		const uint8_t body[] = { __VA_ARGS__ }; \
		add_message(type, body, sizeof(body));  \
	} while (0)

#define EMS	 0, 23, 0, 0
#define MODERN	 0, 43, 0, 2, 3, 4
#define SHARE(g) 0, 51, 0, 6, 0, g, 0, 2, 7, 7
#define RETRY(g) 0, 51, 0, 2, 0, g
#define CURVE(g) 3, 0, g, 1, 4, 8, 8

/* The same in whatever pieces it comes. */
static void
expect(const char *group, bool extended)
{
	for (size_t piece = 1; piece <= nstream; piece += piece / 2 + 1) {
		struct hello h = { 0 };

		for (size_t at = 0; at < nstream; at += piece) {
			size_t n = nstream - at < piece ? nstream - at : piece;
			uint8_t *copy = malloc(n);

			/* Of its own, so that an overread is seen. */
			assert_non_null(copy);
			memcpy(copy, stream + at, n);
			hello_read(&h, copy, n);
			free(copy);
		}
		assert_string_equal(hello_group_text(h.group), group);
		assert_int_equal(h.extended, extended);
	}
	set_up();
}

static void
test_tls_1_3(void **state)
{
	(void)state;
	HELLO(32, MODERN, SHARE(29));
	expect("x25519", false);
	HELLO(32, SHARE(23), MODERN);
	/* Encrypted: whatever it looks like. */
	MESSAGE(2, 0);
	MESSAGE(12, CURVE(24));
	expect("secp256r1", false);
	/* RFC 8446 4.1.4: asked for another group, and got it. */
	HELLO(32, MODERN, RETRY(24));
	add_record(20, "\1", 1);
	HELLO(32, MODERN, SHARE(24));
	expect("secp384r1", false);
	/* Alone with a cookie it names no group. */
	HELLO(32, MODERN, 0, 44, 0, 3, 0, 1, 9);
	add_record(20, "\1", 1);
	HELLO(32, MODERN, SHARE(25));
	expect("secp521r1", false);
	HELLO(0, MODERN, SHARE(99));
	expect("none", false);
}

static void
test_tls_1_2(void **state)
{
	uint8_t chain[2000] = { 0 };

	(void)state;
	HELLO(32, EMS);
	/* Longer than what is kept of a message. */
	add_message(11, chain, sizeof(chain));
	MESSAGE(12, CURVE(23));
	expect("secp256r1", true);
	HELLO(0, 0xff, 1, 0, 1, 0, EMS, 0, 11, 0, 2, 1, 0);
	add_message(11, chain, sizeof(chain));
	/* Its signature may make it long too. */
	memcpy(chain, ((const uint8_t[]){ CURVE(29) }), 7);
	add_message(12, chain, 900);
	expect("x25519", true);
	HELLO(32, 0xff, 1, 0, 1, 0);
	MESSAGE(12, CURVE(25));
	expect("secp521r1", false);
	/* Resumed: what comes behind ChangeCipherSpec is encrypted. */
	HELLO(32, EMS);
	add_record(20, "\1", 1);
	HELLO(32, 0xff, 1, 0, 1, 0);
	MESSAGE(12, CURVE(25));
	expect("none", true);
	/* DHE: no named curve, but the length of a prime. */
	HELLO(32, EMS);
	MESSAGE(12, 3, 0, 0xff, 0xff, 0xff);
	expect("none", true);
	MESSAGE(12, 1, 0, 29, 0xff, 0xff);
	expect("none", false);
	/* Without any extensions at all. */
	add_message(2, chain + 100, 38);
	MESSAGE(14);
	expect("none", false);
}

/* Several messages in one record, and one over several. */
static void
test_cuts(void **state)
{
	uint8_t all[STREAM_MAX];
	size_t n = 0;

	(void)state;
	HELLO(32, EMS);
	MESSAGE(12, CURVE(23));
	for (size_t at = 0; at < nstream;) {
		size_t length = (size_t)(stream[at + 3] << 8 | stream[at + 4]);

		memcpy(all + n, stream + at + 5, length);
		n += length;
		at += 5 + length;
	}
	set_up();
	add_record(22, all, n);
	expect("secp256r1", true);
	for (size_t at = 0; at < n; at += 3)
		add_record(22, all + at, n - at < 3 ? n - at : 3);
	expect("secp256r1", true);
}

/* What is no hello: nothing is known, and nothing is read past its end. */
static void
test_nonsense(void **state)
{
	uint8_t noise[600] = { 0 };

	(void)state;
	add("220 mx.example.org ESMTP\r\n", 26);
	expect("none", false);
	for (size_t n = 0; n < 60; n++) {
		HELLO(0, MODERN, SHARE(29));
		/* Of the message the first n bytes. */
		stream[3] = 0;
		stream[4] = (uint8_t)(n + 4);
		stream[7] = 0;
		stream[8] = (uint8_t)n;
		if (n < nstream - 9) {
			nstream = 9 + n;
			expect("none", false);
		}
		set_up();
	}
	/* Lengths that say too much. */
	HELLO(200, MODERN, SHARE(29));
	stream[9 + 34] = 255;
	expect("none", false);
	HELLO(0, 0, 51, 1, 6, 0, 29, 0, 2, 7, 7, EMS);
	expect("none", false);
	/* So long that it is not looked at; then nothing is. */
	add_message(2, noise, sizeof(noise));
	HELLO(0, MODERN, SHARE(29));
	expect("none", false);
	MESSAGE(12, 3, 0);
	expect("none", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls_1_3),
		cmocka_unit_test(test_tls_1_2),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
