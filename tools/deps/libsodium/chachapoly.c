#include "chachapoly.h"

#include "private/implementations.h"
#include "sodium/crypto_aead_chacha20poly1305.h"
#include "sodium/runtime.h"

/* In libsodium this is part of sodium_init(). */
extern int _sodium_runtime_get_cpu_features(void);

/* By what the processor has. Twice does no harm. */
static void
pick(void)
{
	static int picked;

	if (picked)
		return;
	(void)_sodium_runtime_get_cpu_features();
	(void)_crypto_stream_chacha20_pick_best_implementation();
	(void)_crypto_onetimeauth_poly1305_pick_best_implementation();
	picked = 1;
}

void
chachapoly_encrypt(uint8_t *out, uint8_t tag[16], const uint8_t *in, size_t n,
    const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32])
{
	pick();
	/* It cannot fail below 256 GiB. */
	(void)crypto_aead_chacha20poly1305_ietf_encrypt_detached(out, tag, NULL,
	    in, n, ad, ad_n, NULL, nonce, key);
}

int
chachapoly_decrypt(uint8_t *out, const uint8_t tag[16], const uint8_t *in,
    size_t n, const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32])
{
	pick();
	return crypto_aead_chacha20poly1305_ietf_decrypt_detached(out, NULL, in,
	    n, tag, ad, ad_n, nonce, key);
}
