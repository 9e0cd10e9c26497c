/*
 * How good a session is, by the IT Security Guidelines for TLS of NCSC-NL,
 * version 2025-05. One pure function over one table; docs/tls.md says how each
 * level was read. Knows nothing of connections.
 */
#ifndef DG_TLS_GRADE_H
#define DG_TLS_GRADE_H

#include "tls/tls.h"

#define TLS_VERSION_1_2 0x0303
#define TLS_VERSION_1_3 0x0304

/* Of everything that counts, the worst. */
enum tls_grade tls_grade_of(const struct tls_properties *p);

/* Of one suite alone, by IANA's number. */
enum tls_grade tls_grade_suite(uint16_t suite);

#endif
