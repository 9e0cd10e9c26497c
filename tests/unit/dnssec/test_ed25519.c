/* The Ed25519 door: RFC 8032 section 7.1, test 3, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ed25519.h>

static const uint8_t key[32] = { 0xfc, 0x51, 0xcd, 0x8e, 0x62, 0x18, 0xa1, 0xa3,
	0x8d, 0xa4, 0x7e, 0xd0, 0x02, 0x30, 0xf0, 0x58, 0x08, 0x16, 0xed, 0x13,
	0xba, 0x33, 0x03, 0xac, 0x5d, 0xeb, 0x91, 0x15, 0x48, 0x90, 0x80,
	0x25 };
static const uint8_t message[2] = { 0xaf, 0x82 };
static const uint8_t signature[64] = { 0x62, 0x91, 0xd6, 0x57, 0xde, 0xec, 0x24,
	0x02, 0x48, 0x27, 0xe6, 0x9c, 0x3a, 0xbe, 0x01, 0xa3, 0x0c, 0xe5, 0x48,
	0xa2, 0x84, 0x74, 0x3a, 0x44, 0x5e, 0x36, 0x80, 0xd7, 0xdb, 0x5a, 0xc3,
	0xac, 0x18, 0xff, 0x9b, 0x53, 0x8d, 0x16, 0xf2, 0x90, 0xae, 0x67, 0xf7,
	0x60, 0x98, 0x4d, 0xc6, 0x59, 0x4a, 0x7c, 0x15, 0xe9, 0x71, 0x6e, 0xd2,
	0x8d, 0xc0, 0x27, 0xbe, 0xce, 0xea, 0x1e, 0xc4, 0x0a };

static void
test_good_signature(void **state)
{
	(void)state;
	assert_int_equal(ed25519_verify(signature, message, sizeof(message),
			     key),
	    0);
}

/* Any flipped bit, in signature or message, is refused. */
static void
test_flipped_bits_are_refused(void **state)
{
	uint8_t bad[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) * 8; i++) {
		memcpy(bad, signature, sizeof(bad));
		bad[i / 8] ^= (uint8_t)(1u << (i % 8));
		assert_int_equal(ed25519_verify(bad, message, sizeof(message),
				     key),
		    -1);
	}
	assert_int_equal(ed25519_verify(signature, message, 1, key), -1);
}

/* A key of small order would make one signature good for many messages. */
static void
test_small_order_key_is_refused(void **state)
{
	uint8_t identity[32] = { 1 };
	uint8_t forged[64] = { 1 };

	(void)state;
	assert_int_equal(ed25519_verify(forged, message, sizeof(message),
			     identity),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_signature),
		cmocka_unit_test(test_flipped_bits_are_refused),
		cmocka_unit_test(test_small_order_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
