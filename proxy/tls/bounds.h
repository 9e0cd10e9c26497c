/*
 * Inside of tls/ only: what a server may make the router compute. A handshake
 * runs in one piece, so a number that is only there to cost time would hold up
 * every other session. See bounds.c for the numbers.
 */
#ifndef DG_TLS_BOUNDS_H
#define DG_TLS_BOUNDS_H

#include <stdbool.h>

#include <mbedtls/pk.h>

/* A signature by this key is checked in bounded time. */
bool bounds_hold(const mbedtls_pk_context *key);

#endif
