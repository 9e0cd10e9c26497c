/*
 * Ciphers of records by libsodium's code, put in the place of the library's by
 * the linker (-Wl,--wrap=, see the Makefile): ChaCha20-Poly1305, and AES-256-GCM
 * where the processor has instructions for it. The library takes three to four
 * times as long for both (docs/performance.md), and bodies are most of what a
 * long message costs. The functions below have the library's names, take and
 * give the same, and are called in its place for each record (RFC 7905, RFC 5288,
 * RFC 8446 5.2). Other keys of GCM go to the library's own.
 */
#include <stdbool.h>
#include <string.h>

#include <mbedtls/aes.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>

#include "aes256gcm.h"
#include "chachapoly.h"

#define KEY_SIZE   32
#define NONCE_SIZE 12
#define TAG_SIZE   16
#define KEY_WORD   4 /* of ChaCha20's state: RFC 8439 2.3 */

/* NOLINTBEGIN(readability-identifier-naming,readability-function-size) */
int __wrap_mbedtls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context *ctx,
    size_t n, const unsigned char nonce[12], const unsigned char *ad,
    size_t ad_n, const unsigned char *in, unsigned char *out,
    unsigned char tag[16]);
int __wrap_mbedtls_chachapoly_auth_decrypt(mbedtls_chachapoly_context *ctx,
    size_t n, const unsigned char nonce[12], const unsigned char *ad,
    size_t ad_n, const unsigned char tag[16], const unsigned char *in,
    unsigned char *out);

int __real_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *ctx, int mode,
    size_t n, const unsigned char *nonce, size_t nonce_n,
    const unsigned char *ad, size_t ad_n, const unsigned char *in,
    unsigned char *out, size_t tag_n, unsigned char *tag);
int __wrap_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *ctx, int mode,
    size_t n, const unsigned char *nonce, size_t nonce_n,
    const unsigned char *ad, size_t ad_n, const unsigned char *in,
    unsigned char *out, size_t tag_n, unsigned char *tag);
int __real_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context *ctx, size_t n,
    const unsigned char *nonce, size_t nonce_n, const unsigned char *ad,
    size_t ad_n, const unsigned char *tag, size_t tag_n,
    const unsigned char *in, unsigned char *out);
int __wrap_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context *ctx, size_t n,
    const unsigned char *nonce, size_t nonce_n, const unsigned char *ad,
    size_t ad_n, const unsigned char *tag, size_t tag_n,
    const unsigned char *in, unsigned char *out);

/* Nothing is left that might be taken for the text. */
static int
refuse(uint8_t *out, size_t n, int code)
{
	mbedtls_platform_zeroize(out, n);
	return code;
}

/* The key as it was given, out of the state that it was put into. */
static void
take_chacha_key(uint8_t key[KEY_SIZE], const mbedtls_chachapoly_context *ctx)
{
	const uint32_t *words =
	    ctx->MBEDTLS_PRIVATE(chacha20_ctx).MBEDTLS_PRIVATE(state) +
	    KEY_WORD;

	for (size_t i = 0; i < KEY_SIZE; i++)
		key[i] = (uint8_t)(words[i / 4] >> (i % 4 * 8));
}

int
__wrap_mbedtls_chachapoly_encrypt_and_tag(mbedtls_chachapoly_context *ctx,
    size_t n, const unsigned char nonce[12], const unsigned char *ad,
    size_t ad_n, const unsigned char *in, unsigned char *out,
    unsigned char tag[16])
{
	uint8_t key[KEY_SIZE];

	take_chacha_key(key, ctx);
	chachapoly_encrypt(out, tag, in, n, ad, ad_n, nonce, key);
	mbedtls_platform_zeroize(key, sizeof(key));
	return 0;
}

int
__wrap_mbedtls_chachapoly_auth_decrypt(mbedtls_chachapoly_context *ctx,
    size_t n, const unsigned char nonce[12], const unsigned char *ad,
    size_t ad_n, const unsigned char tag[16], const unsigned char *in,
    unsigned char *out)
{
	uint8_t key[KEY_SIZE];
	int r;

	take_chacha_key(key, ctx);
	r = chachapoly_decrypt(out, tag, in, n, ad, ad_n, nonce, key);
	mbedtls_platform_zeroize(key, sizeof(key));
	return r == 0 ? 0 : refuse(out, n, MBEDTLS_ERR_CHACHAPOLY_AUTH_FAILED);
}
/* As TLS has them always; anything else is the library's affair. */
static bool
is_ours(const mbedtls_gcm_context *ctx, size_t nonce_n, size_t tag_n)
{
	const mbedtls_cipher_context_t *cipher = &ctx->MBEDTLS_PRIVATE(
	    cipher_ctx);

	return mbedtls_cipher_get_type(cipher) == MBEDTLS_CIPHER_AES_256_ECB &&
	    nonce_n == NONCE_SIZE && tag_n == TAG_SIZE &&
	    aes256gcm_is_available();
}

/* The first two round keys of AES-256 are its key (FIPS 197 5.2). */
static void
take_aes_key(uint8_t key[KEY_SIZE], const mbedtls_gcm_context *ctx)
{
	const mbedtls_aes_context *aes =
	    ctx->MBEDTLS_PRIVATE(cipher_ctx).MBEDTLS_PRIVATE(cipher_ctx);

	memcpy(key, aes->MBEDTLS_PRIVATE(buf) + aes->MBEDTLS_PRIVATE(rk_offset),
	    KEY_SIZE);
}

int
__wrap_mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context *ctx, int mode, size_t n,
    const unsigned char *nonce, size_t nonce_n, const unsigned char *ad,
    size_t ad_n, const unsigned char *in, unsigned char *out, size_t tag_n,
    unsigned char *tag)
{
	uint8_t key[KEY_SIZE];

	if (mode != MBEDTLS_GCM_ENCRYPT || !is_ours(ctx, nonce_n, tag_n))
		return __real_mbedtls_gcm_crypt_and_tag(ctx, mode, n, nonce,
		    nonce_n, ad, ad_n, in, out, tag_n, tag);
	take_aes_key(key, ctx);
	aes256gcm_encrypt(out, tag, in, n, ad, ad_n, nonce, key);
	mbedtls_platform_zeroize(key, sizeof(key));
	return 0;
}

int
__wrap_mbedtls_gcm_auth_decrypt(mbedtls_gcm_context *ctx, size_t n,
    const unsigned char *nonce, size_t nonce_n, const unsigned char *ad,
    size_t ad_n, const unsigned char *tag, size_t tag_n,
    const unsigned char *in, unsigned char *out)
{
	uint8_t key[KEY_SIZE];
	int r;

	if (!is_ours(ctx, nonce_n, tag_n))
		return __real_mbedtls_gcm_auth_decrypt(ctx, n, nonce, nonce_n,
		    ad, ad_n, tag, tag_n, in, out);
	take_aes_key(key, ctx);
	r = aes256gcm_decrypt(out, tag, in, n, ad, ad_n, nonce, key);
	mbedtls_platform_zeroize(key, sizeof(key));
	return r == 0 ? 0 : refuse(out, n, MBEDTLS_ERR_GCM_AUTH_FAILED);
}
/* NOLINTEND(readability-identifier-naming,readability-function-size) */
