#include "aes256gcm.h"

#include "sodium/crypto_aead_aes256gcm.h"
#include "sodium/runtime.h"

/* In libsodium this is part of sodium_init(). */
extern int _sodium_runtime_get_cpu_features(void);

int
aes256gcm_is_available(void)
{
	static int known, available;

	if (!known) {
		(void)_sodium_runtime_get_cpu_features();
		available = crypto_aead_aes256gcm_is_available();
		known = 1;
	}
	return available;
}

void
aes256gcm_encrypt(uint8_t *out, uint8_t tag[16], const uint8_t *in, size_t n,
    const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32])
{
	/* It cannot fail below 64 GiB. */
	(void)crypto_aead_aes256gcm_encrypt_detached(out, tag, NULL, in, n, ad,
	    ad_n, NULL, nonce, key);
}

int
aes256gcm_decrypt(uint8_t *out, const uint8_t tag[16], const uint8_t *in,
    size_t n, const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32])
{
	return crypto_aead_aes256gcm_decrypt_detached(out, NULL, in, n, tag, ad,
	    ad_n, nonce, key);
}
