/*
 * AES-256-GCM (NIST SP 800-38D) with the processor's instructions for it, which
 * mbedTLS uses too, but a block at a time: the one door to the file of libsodium
 * that is built for it.
 */
#ifndef AES256GCM_H
#define AES256GCM_H

#include <stddef.h>
#include <stdint.h>

/* The processor has what it takes; else the others must not be called. */
int aes256gcm_is_available(void);

/* n bytes; out may be in. */
void aes256gcm_encrypt(uint8_t *out, uint8_t tag[16], const uint8_t *in,
    size_t n, const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32]);

/* 0 when the tag fits, else -1, and out has nothing of the text. The tag is
 * compared in constant time. */
int aes256gcm_decrypt(uint8_t *out, const uint8_t tag[16], const uint8_t *in,
    size_t n, const uint8_t *ad, size_t ad_n, const uint8_t nonce[12],
    const uint8_t key[32]);

#endif
