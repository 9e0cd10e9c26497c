/*
 * ChaCha20-Poly1305 (RFC 8439 2.8), which mbedTLS has too, and slowly: the one
 * door to the few files of libsodium that are built for it.
 */
#ifndef CHACHAPOLY_H
#define CHACHAPOLY_H

#include <stddef.h>
#include <stdint.h>

/* n bytes; out may be in. */
void chachapoly_encrypt(uint8_t *out, uint8_t tag[16], const uint8_t *in,
    size_t n, const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32]);

/* 0 when the tag fits, else -1, and out has nothing of the text. The tag is
 * compared in constant time, before anything is decrypted. */
int chachapoly_decrypt(uint8_t *out, const uint8_t tag[16], const uint8_t *in,
    size_t n, const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32]);

#endif
