/*
 * Inside of tls/ only: what a connection holds, for the files that make it up:
 * tls.c moves bytes, resume.c takes sessions up again.
 */
#ifndef DG_TLS_CONN_H
#define DG_TLS_CONN_H

#include <mbedtls/ssl.h>

#include "tls/context.h"
#include "tls/hello.h"
#include "tls/tls.h"

#define REASON_MAX 128
#define CIPHER_MAX 64

enum unsent {
	UNSENT_NONE = 0,
	UNSENT_DATA,
	UNSENT_OTHER,
};

struct tls_conn {
	mbedtls_ssl_context ssl;
	struct tls_context *context;
	struct tls_buffers buffers;
	enum tls_state state;
	enum unsent unsent;
	size_t unsent_len; /* of UNSENT_DATA: what the write was given */
	bool eof;	   /* the transport ended ... */
	bool eof_seen;	   /* ... and the library has been told */
	bool close_wanted;
	bool close_sent;
	struct tls_part *part;	/* its memory */
	unsigned long refusals; /* of memory, when the run began */
	size_t given_back;	/* of the buffer for input, to the system */

	/* What the server showed, as bytes alone: the library's own form of it
	 * is thrice as large, and of no use past the handshake. */
	uint8_t *shown;
	size_t certs[TLS_CHAIN_MAX]; /* their lengths */
	size_t ncerts;

	/* resumption, see resume.c */
	struct ticket *ticket; /* offered; past the handshake: agreed to */
	bool resumed;	       /* it was */
	uint64_t born;	       /* when the chain was shown in a handshake */
	bool keep;	       /* tickets that come may be kept ... */
	struct tls_binding keep_for;
	uint64_t keep_until;

	struct hello hello; /* the server's, as it passed */
	struct tls_properties properties;
	char cipher[CIPHER_MAX];
	char reason[REASON_MAX];
};

/* resume.c, for tls.c: the handshake is done; a ticket has come; the end. */
void conn_note_handshake(struct tls_conn *c);
void conn_note_ticket(struct tls_conn *c);
void conn_drop_ticket(struct tls_conn *c);

/* tls.c, for resume.c: the session's secret is bound to its handshake, by RFC
 * 7627 or by TLS 1.3. */
bool conn_is_extended(const struct tls_conn *c);

#endif
