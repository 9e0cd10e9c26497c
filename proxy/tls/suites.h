/*
 * Inside of tls/ only: which cipher suites are offered, and in which order.
 */
#ifndef DG_TLS_SUITES_H
#define DG_TLS_SUITES_H

#include "tls/tls.h"

#define SUITES_MAX 128

/*
 * Fills list, ended by 0, with all suites that the library has and that are of
 * that grade at least, the best first: by grade, then ChaCha20 before or behind
 * AES, whichever this processor is quicker at. Phase-out takes all, also those
 * that are called insufficient.
 */
void suites_list(int list[SUITES_MAX], enum tls_grade minimum, bool aes);

/* AES-GCM is quicker here than ChaCha20-Poly1305. */
bool suites_aes_is_quick(void);

#endif
