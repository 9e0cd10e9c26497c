/* See ed25519.h. Besides the door itself: what the files behind it expect of
 * the rest of libsodium, which is not built. */
#include "ed25519.h"

#include <stdlib.h>
#include <string.h>

#include "sodium/core.h"
#include "sodium/crypto_hash_sha512.h"
#include "sodium/crypto_sign_ed25519.h"
#include "sodium/randombytes.h"
#include "sodium/utils.h"

int
ed25519_verify(const uint8_t sig[64], const uint8_t *msg, size_t n,
    const uint8_t key[32])
{
	return crypto_sign_ed25519_verify_detached(sig, msg, n, key) == 0 ? 0
									  : -1;
}

/* The hash starts empty: the pre-hashed variant (Ed25519ph) is not offered. */
void
_crypto_sign_ed25519_ref10_hinit(crypto_hash_sha512_state *hash, int prehashed)
{
	if (prehashed)
		abort();
	(void)crypto_hash_sha512_init(hash);
}

void
sodium_memzero(void *p, size_t n)
{
	explicit_bzero(p, n);
}

/* Verification needs no random number; whoever asks for one is wrong here. */
void
randombytes_buf(void *p, size_t n)
{
	(void)p;
	(void)n;
	abort();
}

void
sodium_misuse(void)
{
	abort();
}

int
sodium_memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;
	unsigned char differ = 0;

	/* Constant time is not asked for, but costs nothing here. */
	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)(x[i] ^ y[i]);
	return differ == 0 ? 0 : -1;
}

int
sodium_is_zero(const unsigned char *p, size_t n)
{
	unsigned char any = 0;

	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}
