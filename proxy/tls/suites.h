/*
 * Inside of tls/ only: which cipher suites are offered, and in which order.
 */
#ifndef DG_TLS_SUITES_H
#define DG_TLS_SUITES_H

#include "tls/tls.h"

#define SUITES_MAX 128

/* Which AES-GCM is quicker here than ChaCha20-Poly1305. */
enum suites_aes {
	SUITES_AES_SLOW = 0, /* none */
	SUITES_AES_256,	     /* libsodium's, which has no other (aead.c) */
	SUITES_AES_ALL, /* the library's, the shorter key before the longer */
};

/* As this processor has it; measured, see docs/performance.md. */
enum suites_aes suites_aes_here(void);

/*
 * Fills list, ended by 0, with all suites that the library has and that are of
 * that grade at least, the best first: by grade, then with forward secrecy first,
 * then the quicker cipher. Phase-out takes all, also those that are called
 * insufficient.
 */
void suites_list(int list[SUITES_MAX], enum tls_grade minimum,
    enum suites_aes aes);

#endif
