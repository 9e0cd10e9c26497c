/*
 * What the linker puts in the place of mbedTLS's ChaCha20-Poly1305 and AES-GCM:
 * the example of RFC 8439 2.8.2, test case 16 of the GCM specification, and at
 * every length the library's own results.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>

#define LONGEST 1100
#define TAG	16

/* The library's own, and what its TLS calls. */
int __real_mbedtls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context *ctx,
    size_t n, const unsigned char nonce[12], const unsigned char *ad,
    size_t ad_n, const unsigned char *in, unsigned char *out,
    unsigned char tag[16]);
int __wrap_mbedtls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context *ctx,
    size_t n, const unsigned char nonce[12], const unsigned char *ad,
    size_t ad_n, const unsigned char *in, unsigned char *out,
    unsigned char tag[16]);
int __wrap_mbedtls_chachapoly_auth_decrypt(mbedtls_chachapoly_context *ctx,
    size_t n, const unsigned char nonce[12], const unsigned char *ad,
    size_t ad_n, const unsigned char tag[16], const unsigned char *in,
    unsigned char *out);

static mbedtls_chachapoly_context ctx;

static void
set_key(uint8_t first)
{
	uint8_t key[32];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(first + i);
	mbedtls_chachapoly_init(&ctx);
	assert_int_equal(mbedtls_chachapoly_setkey(&ctx, key), 0);
}

static void
test_rfc_example(void **state)
{
	static const uint8_t nonce[12] = { 0x07, 0, 0, 0, 0x40, 0x41, 0x42,
		0x43, 0x44, 0x45, 0x46, 0x47 };
	static const uint8_t ad[12] = { 0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1,
		0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7 };
	static const char text[] =
	    "Ladies and Gentlemen of the class of '99: If I could offer you "
	    "only one tip for the future, sunscreen would be it.";
	static const uint8_t begin[16] = { 0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e,
		0x60, 0xdb, 0x7b, 0x86, 0xaf, 0xbc, 0x53, 0xef, 0x7e, 0xc2 };
	static const uint8_t expected[TAG] = { 0x1a, 0xe1, 0x0b, 0x59, 0x4f,
		0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06,
		0x91 };
	uint8_t out[sizeof(text)], tag[TAG];

	(void)state;
	set_key(0x80);
	assert_int_equal(__wrap_mbedtls_chachapoly_encrypt_and_tag(&ctx,
			     sizeof(text) - 1, nonce, ad, sizeof(ad),
			     (const uint8_t *)text, out, tag),
	    0);
	assert_memory_equal(out, begin, sizeof(begin));
	assert_memory_equal(tag, expected, TAG);
	mbedtls_chachapoly_free(&ctx);
}

/* One length: the same bytes as the library's, and back, in place too; with any
 * bit changed nothing comes out. The memory has the exact size. */
static void
check_length(size_t n, size_t ad_n)
{
	uint8_t *text = malloc(n + 1), *ours = malloc(n + 1);
	uint8_t *theirs = malloc(n + 1);
	uint8_t nonce[12], ad[13], tag[TAG], their_tag[TAG];

	assert_true(text != NULL && ours != NULL && theirs != NULL);
	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)(i * 7 + n);
	memset(nonce, (int)(n & 0xff), sizeof(nonce));
	memset(ad, (int)(ad_n + 1), sizeof(ad));
	memcpy(ours, text, n);
	assert_int_equal(__wrap_mbedtls_chachapoly_encrypt_and_tag(&ctx, n,
			     nonce, ad, ad_n, ours, ours, tag),
	    0);
	assert_int_equal(__real_mbedtls_chachapoly_encrypt_and_tag(&ctx, n,
			     nonce, ad, ad_n, text, theirs, their_tag),
	    0);
	assert_memory_equal(ours, theirs, n);
	assert_memory_equal(tag, their_tag, TAG);
	tag[n % TAG] ^= 1;
	assert_int_equal(__wrap_mbedtls_chachapoly_auth_decrypt(&ctx, n, nonce,
			     ad, ad_n, tag, ours, theirs),
	    MBEDTLS_ERR_CHACHAPOLY_AUTH_FAILED);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(theirs[i], 0);
	tag[n % TAG] ^= 1;
	assert_int_equal(__wrap_mbedtls_chachapoly_auth_decrypt(&ctx, n, nonce,
			     ad, ad_n, tag, ours, ours),
	    0);
	assert_memory_equal(ours, text, n);
	free(text);
	free(ours);
	free(theirs);
}

static void
test_every_length(void **state)
{
	(void)state;
	set_key(3);
	for (size_t n = 0; n < LONGEST; n++)
		check_length(n, n % 14);
	check_length(4096, 13);
	check_length(16384 + 1, 5);
	mbedtls_chachapoly_free(&ctx);
}

int __real_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *gcm, int mode,
    size_t n, const unsigned char *nonce, size_t nonce_n,
    const unsigned char *ad, size_t ad_n, const unsigned char *in,
    unsigned char *out, size_t tag_n, unsigned char *tag);
int __wrap_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *gcm, int mode,
    size_t n, const unsigned char *nonce, size_t nonce_n,
    const unsigned char *ad, size_t ad_n, const unsigned char *in,
    unsigned char *out, size_t tag_n, unsigned char *tag);
int __wrap_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context *gcm, size_t n,
    const unsigned char *nonce, size_t nonce_n, const unsigned char *ad,
    size_t ad_n, const unsigned char *tag, size_t tag_n,
    const unsigned char *in, unsigned char *out);

static mbedtls_gcm_context gcm;

/* As check_length(). */
static void
check_gcm(size_t n, size_t ad_n, size_t nonce_n, size_t tag_n)
{
	uint8_t *text = malloc(n + 1), *ours = malloc(n + 1);
	uint8_t *theirs = malloc(n + 1);
	uint8_t nonce[16], ad[13], tag[TAG], their_tag[TAG];

	assert_true(text != NULL && ours != NULL && theirs != NULL);
	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)(i * 5 + n);
	memset(nonce, (int)(n & 0xff), sizeof(nonce));
	memset(ad, (int)(ad_n + 1), sizeof(ad));
	memcpy(ours, text, n);
	assert_int_equal(__wrap_mbedtls_gcm_crypt_and_tag(&gcm,
			     MBEDTLS_GCM_ENCRYPT, n, nonce, nonce_n, ad, ad_n,
			     ours, ours, tag_n, tag),
	    0);
	assert_int_equal(__real_mbedtls_gcm_crypt_and_tag(&gcm,
			     MBEDTLS_GCM_ENCRYPT, n, nonce, nonce_n, ad, ad_n,
			     text, theirs, tag_n, their_tag),
	    0);
	assert_memory_equal(ours, theirs, n);
	assert_memory_equal(tag, their_tag, tag_n);
	tag[n % tag_n] ^= 0x80;
	assert_int_equal(__wrap_mbedtls_gcm_auth_decrypt(&gcm, n, nonce,
			     nonce_n, ad, ad_n, tag, tag_n, ours, theirs),
	    MBEDTLS_ERR_GCM_AUTH_FAILED);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(theirs[i], 0);
	tag[n % tag_n] ^= 0x80;
	assert_int_equal(__wrap_mbedtls_gcm_auth_decrypt(&gcm, n, nonce,
			     nonce_n, ad, ad_n, tag, tag_n, ours, ours),
	    0);
	assert_memory_equal(ours, text, n);
	free(text);
	free(ours);
	free(theirs);
}

static void
test_gcm_every_length(void **state)
{
	uint8_t key[32];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(251 - i * 3);
	/* 128 bits are the library's own, and must stay right. */
	for (unsigned bits = 128; bits <= 256; bits += 128) {
		mbedtls_gcm_init(&gcm);
		assert_int_equal(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES,
				     key, bits),
		    0);
		for (size_t n = 0; n < LONGEST; n++)
			check_gcm(n, n % 14, 12, TAG);
		check_gcm(4096, 13, 12, TAG);
		check_gcm(16384 + 1, 5, 12, TAG);
		/* What TLS never has goes to the library. */
		check_gcm(100, 13, 16, TAG);
		check_gcm(100, 13, 12, 12);
		mbedtls_gcm_free(&gcm);
	}
}

/* McGrew and Viega, The Galois/Counter Mode of Operation, test case 16. */
static void
test_gcm_example(void **state)
{
	static const uint8_t key[32] = { 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65,
		0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
		0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a,
		0x8f, 0x94, 0x67, 0x30, 0x83, 0x08 };
	static const uint8_t nonce[12] = { 0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce,
		0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88 };
	static const uint8_t ad[20] = { 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad,
		0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef,
		0xab, 0xad, 0xda, 0xd2 };
	static const uint8_t text[60] = { 0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84,
		0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26, 0x9a,
		0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c,
		0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95,
		0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6,
		0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57,
		0xba, 0x63, 0x7b, 0x39 };
	static const uint8_t expected[TAG] = { 0x76, 0xfc, 0x6e, 0xce, 0x0f,
		0x4e, 0x17, 0x68, 0xcd, 0xdf, 0x88, 0x53, 0xbb, 0x2d, 0x55,
		0x1b };
	uint8_t out[sizeof(text)], tag[TAG];

	(void)state;
	mbedtls_gcm_init(&gcm);
	assert_int_equal(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key,
			     256),
	    0);
	assert_int_equal(__wrap_mbedtls_gcm_crypt_and_tag(&gcm,
			     MBEDTLS_GCM_ENCRYPT, sizeof(text), nonce,
			     sizeof(nonce), ad, sizeof(ad), text, out, TAG,
			     tag),
	    0);
	assert_memory_equal(tag, expected, TAG);
	mbedtls_gcm_free(&gcm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_example),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_gcm_example),
		cmocka_unit_test(test_gcm_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
