/*
 * An independent look at both sides of a session: counts the client's commands
 * against the replies it got, and holds every 2xx to the end of a message
 * against what the server was given. Knows nothing of the session's states.
 *
 * What it holds: each command has one reply, in order, and no reply comes
 * unasked but 421 (RFC 5321 4.2, RFC 2920 3.1); no message is accepted by
 * anybody but the server, and it has the client's bytes (RFC 5321 6.1).
 */
#ifndef DG_TEST_SESSION_WITNESS_H
#define DG_TEST_SESSION_WITNESS_H

#include "base/span.h"

/* A session begins. */
void witness_start(void);

void witness_client_said(const uint8_t *p, size_t n);
void witness_server_said(const uint8_t *p, size_t n);

/* All that both sides have got since the start. */
void witness_look(const uint8_t *client, size_t nclient, const uint8_t *server,
    size_t nserver);

/* What must never be, or NULL. */
const char *witness_error(void);

#endif
