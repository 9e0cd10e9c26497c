/* What a key must be to be worked with: RFC 8017 3.1, RFC 3279 2.3.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dane/pubkey.h"

#define MODULUS_BYTES 128
#define EXPONENT_MAX  64

static const uint8_t rsa[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

/* Puts a header before the n bytes that end at end; returns where it begins. */
static uint8_t *
wrap(uint8_t *begin, uint8_t tag, const uint8_t *end)
{
	uint8_t header[DER_HEADER_MAX];
	size_t n = der_write_header(header, tag, (size_t)(end - begin));

	begin -= n;
	memcpy(begin, header, n);
	return begin;
}

/* The fault of an RSA key of 1024 bits with these bytes as its exponent. */
static const char *
fault_of(const uint8_t *exponent, size_t n)
{
	uint8_t room[512];
	uint8_t *end = room + sizeof(room), *at = end - n;
	struct pubkey key;
	const char *fault;

	memcpy(at, exponent, n);
	at = wrap(at, DER_INTEGER, end);
	at -= MODULUS_BYTES;
	memset(at, 0xc5, MODULUS_BYTES);
	*--at = 0;
	at = wrap(at, DER_INTEGER, at + 1 + MODULUS_BYTES);
	at = wrap(at, DER_SEQUENCE, end);
	*--at = 0; /* no bit of the last byte is unused */
	at = wrap(at, DER_BIT_STRING, end);
	at -= sizeof(rsa);
	memcpy(at, rsa, sizeof(rsa));
	at = wrap(at, DER_SEQUENCE, end);
	assert_int_equal(pubkey_parse(&key, span_of(at, (size_t)(end - at))),
	    0);
	assert_int_equal(key.kind, PUBKEY_LIBRARY);
	fault = pubkey_fault(&key);
	pubkey_clear(&key);
	return fault;
}

static void
test_exponent_that_costs_time(void **state)
{
	uint8_t e[EXPONENT_MAX] = { 0x7f };

	(void)state;
	assert_null(fault_of((const uint8_t[]){ 3 }, 1));
	assert_null(fault_of((const uint8_t[]){ 1, 0, 1 }, 3));
	e[7] = 1;
	assert_null(fault_of(e, 8));
	e[7] = 0;
	e[8] = 1;
	assert_string_equal(fault_of(e, 9),
	    "has a key with too long an exponent");
	e[8] = 0;
	e[EXPONENT_MAX - 1] = 1;
	assert_string_equal(fault_of(e, EXPONENT_MAX),
	    "has a key with too long an exponent");
	/* Zeros before it are worked through like any other bytes. */
	memset(e, 0, sizeof(e));
	e[EXPONENT_MAX - 1] = 3;
	assert_string_equal(fault_of(e, EXPONENT_MAX),
	    "has a key with too long an exponent");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exponent_that_costs_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
