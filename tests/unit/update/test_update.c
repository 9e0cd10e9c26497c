/* link: -Wl,--wrap=ed25519_verify */
/*
 * The header of update files: a true signature (RFC 8032, made by OpenSSL) over
 * every byte of it; and, with signatures out of the way, its grammar and bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "update/update.h"

#define KERNEL                             \
	"0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"
#define ROOT                               \
	"fedcba9876543210fedcba9876543210" \
	"fedcba9876543210fedcba9876543210"
#define HEAD                          \
	"danegate-update 1\n"         \
	"board virt\n"                \
	"version 1.4 of 2026-11-25\n" \
	"number 1764061200\n"         \
	"minimum 1700000000\n"
#define PARTS "kernel 2931712 " KERNEL "\nroot 3248128 " ROOT "\n"

static const uint8_t key[UPDATE_KEY] = {
	0x03,
	0xa1,
	0x07,
	0xbf,
	0xf3,
	0xce,
	0x10,
	0xbe,
	0x1d,
	0x70,
	0xdd,
	0x18,
	0xe7,
	0x4b,
	0xc0,
	0x99,
	0x67,
	0xe4,
	0xd6,
	0x30,
	0x9b,
	0xa5,
	0x0d,
	0x5f,
	0x1d,
	0xdc,
	0x86,
	0x64,
	0x12,
	0x55,
	0x31,
	0xb8,
};

static const uint8_t signature[UPDATE_HEADER - UPDATE_SIGNED] = {
	0xf3,
	0x92,
	0xfa,
	0xbe,
	0xd1,
	0x01,
	0xe7,
	0x96,
	0xe1,
	0x2c,
	0x6a,
	0x7f,
	0xc9,
	0x5d,
	0xdb,
	0x86,
	0x38,
	0x35,
	0x47,
	0xc5,
	0x97,
	0x56,
	0x74,
	0xca,
	0x07,
	0x47,
	0xda,
	0x73,
	0x53,
	0x35,
	0xb6,
	0xeb,
	0xc8,
	0xef,
	0x32,
	0xcb,
	0x55,
	0x36,
	0x59,
	0xa2,
	0x2b,
	0x30,
	0xd0,
	0xe5,
	0x53,
	0xbd,
	0xdb,
	0x68,
	0x40,
	0x27,
	0x6b,
	0x53,
	0x42,
	0xd7,
	0x24,
	0xa9,
	0x83,
	0x4b,
	0x19,
	0x63,
	0x96,
	0xc3,
	0xe3,
	0x0a,
};

int __real_ed25519_verify(const uint8_t *sig, const uint8_t *msg, size_t n,
    const uint8_t *pub);
int __wrap_ed25519_verify(const uint8_t *sig, const uint8_t *msg, size_t n,
    const uint8_t *pub);

/* Every signature is good then. */
static bool trusting;

int
__wrap_ed25519_verify(const uint8_t *sig, const uint8_t *msg, size_t n,
    const uint8_t *pub)
{
	return trusting ? 0 : __real_ed25519_verify(sig, msg, n, pub);
}

static void
header_make(uint8_t header[UPDATE_HEADER], const char *text)
{
	size_t n = strlen(text);

	assert_true(n <= UPDATE_SIGNED);
	memset(header, 0, UPDATE_HEADER);
	memcpy(header, text, n);
	memcpy(header + UPDATE_SIGNED, signature, sizeof(signature));
}

static void
test_signed_header(void **state)
{
	uint8_t header[UPDATE_HEADER];
	struct update u;

	(void)state;
	trusting = false;
	header_make(header, HEAD PARTS);
	assert_int_equal(update_parse(&u, header, key), 0);
	assert_string_equal(u.board, "virt");
	assert_string_equal(u.version, "1.4 of 2026-11-25");
	assert_int_equal(u.number, 1764061200);
	assert_int_equal(u.minimum, 1700000000);
	assert_int_equal(u.kernel.size, 2931712);
	assert_int_equal(u.kernel.sha256[1], 0x23);
	assert_int_equal(u.root.size, 3248128);
	assert_int_equal(u.root.sha256[31], 0x10);
}

/* RFC 8032 5.1.7: any other byte, any other key, and it is not signed. */
static void
test_every_byte_is_signed(void **state)
{
	uint8_t header[UPDATE_HEADER];
	uint8_t other[UPDATE_KEY];
	struct update u = { .number = 7 };

	(void)state;
	trusting = false;
	for (size_t i = 0; i < UPDATE_HEADER; i++) {
		header_make(header, HEAD PARTS);
		header[i] ^= 1;
		assert_int_equal(update_parse(&u, header, key), DG_EPROTO);
	}
	header_make(header, HEAD PARTS);
	memcpy(other, key, sizeof(other));
	other[0] ^= 1;
	assert_int_equal(update_parse(&u, header, other), DG_EPROTO);
	assert_int_equal(u.number, 7);
}

static void
assert_parsed(const char *text, int expected)
{
	uint8_t header[UPDATE_HEADER];
	struct update u;

	trusting = true;
	header_make(header, text);
	if (update_parse(&u, header, key) != expected)
		fail_msg("not %d: %s", expected, text);
}

static void
test_grammar(void **state)
{
	static const char *const wrong[] = {
		"",
		"danegate-update 1",
		HEAD,
		HEAD PARTS "more\n",
		HEAD PARTS "\n",
		"danegate-update 2\nboard virt\nversion 1\nnumber 1\nminimum 0\n" PARTS,
		"danegate-update 1\nversion 1\nboard virt\nnumber 1\nminimum 0\n" PARTS,
		"danegate-update 1\nboard \nversion 1\nnumber 1\nminimum 0\n" PARTS,
		"danegate-update 1\nboard vi\x01rt\nversion 1\nnumber 1\n"
		"minimum 0\n" PARTS,
		"danegate-update 1\nboard virt\nversion 1\nnumber -1\nminimum 0\n" PARTS,
		"danegate-update 1\nboard virt\nversion 1\nnumber 1\nminimum 2\n" PARTS,
		"danegate-update 1\nboard virt\nversion 1\n"
		"number 99999999999999999999\nminimum 2\n" PARTS,
		HEAD "kernel 0 " KERNEL "\nroot 1 " ROOT "\n",
		HEAD "kernel 6291457 " KERNEL "\nroot 1 " ROOT "\n",
		HEAD "kernel 1 " KERNEL "\nroot 10485761 " ROOT "\n",
		HEAD "kernel 1 " KERNEL "0\nroot 1 " ROOT "\n",
		HEAD "kernel 1 0"
		     "\nroot 1 " ROOT "\n",
		HEAD "kernel 1"
		     "\nroot 1 " ROOT "\n",
		HEAD "root 1 " ROOT "\nkernel 1 " KERNEL "\n",
		HEAD "kernel 1 G123456789abcdef0123456789abcdef"
		     "0123456789abcdef0123456789abcdef\nroot 1 " ROOT "\n",
	};

	(void)state;
	assert_parsed(HEAD PARTS, 0);
	assert_parsed(HEAD "kernel 6291456 " KERNEL "\nroot 10485760 " ROOT
			   "\n",
	    0);
	for (size_t i = 0; i < DG_ARRAY_LEN(wrong); i++)
		assert_parsed(wrong[i], DG_ESYNTAX);
}

/* A board's name or a version of 47 characters has room, a longer one not. */
static void
test_text_bounds(void **state)
{
	char text[UPDATE_SIGNED];
	char name[64];

	(void)state;
	for (size_t n = 46; n <= 49; n++) {
		memset(name, 'a', n);
		name[n] = '\0';
		(void)snprintf(text, sizeof(text),
		    "danegate-update 1\nboard %s\nversion %s\nnumber 1\n"
		    "minimum 0\n" PARTS,
		    name, name);
		assert_parsed(text, n < UPDATE_TEXT_MAX ? 0 : DG_ESYNTAX);
	}
}

static void
test_unfit(void **state)
{
	const struct update u = { .board = "virt", .number = 100 };

	(void)state;
	assert_null(update_unfit(&u, "virt", 0));
	assert_null(update_unfit(&u, "virt", 100));
	assert_non_null(update_unfit(&u, "virt", 101));
	assert_non_null(update_unfit(&u, "vir", 0));
	assert_non_null(update_unfit(&u, "virt2", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed_header),
		cmocka_unit_test(test_every_byte_is_signed),
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_text_bounds),
		cmocka_unit_test(test_unfit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
