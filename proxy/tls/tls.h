/*
 * The one door to mbedTLS's TLS: a client engine (TLS 1.2 and 1.3) that works
 * between two pairs of bounded buffers, wire and application, and knows no
 * socket, no SMTP and no DANE. It does not judge certificates: it proves that
 * the peer holds the key of the leaf it presented and hands out the chain.
 *
 * One sentence of use: whenever bytes came into wire_in, or room came into
 * wire_out or app_in, or bytes into app_out, call tls_conn_run(), then move
 * what it left in wire_out and app_in.
 */
#ifndef DG_TLS_TLS_H
#define DG_TLS_TLS_H

#include "base/budget.h"
#include "base/buf.h"
#include "base/name.h"

#define TLS_CHAIN_MAX 16

/* What all connections share: configuration, random numbers, memory budget. */
struct tls_context;
struct tls_conn;

/*
 * memory_limit: bytes that all connections together may take from the
 * allocator; past it handshakes fail, nothing else does. One context per
 * process. DG_ENOMEM, DG_EIO (no random numbers).
 */
DG_MUSTCHECK int tls_context_new(struct tls_context **out, size_t memory_limit);
void tls_context_free(struct tls_context *t);

/* The budget TLS draws from, for `show memory` and for tests. */
const struct budget *tls_context_budget(const struct tls_context *t);

struct tls_buffers {
	struct buf *wire_in;  /* from the server's socket */
	struct buf *wire_out; /* to the server's socket */
	struct buf *app_in;   /* decrypted */
	struct buf *app_out;  /* to be encrypted */
};

enum tls_state {
	TLS_STATE_NONE = 0,
	TLS_STATE_HANDSHAKE, /* wants more wire bytes or room */
	TLS_STATE_OPEN,
	TLS_STATE_CLOSED, /* the peer sent close_notify, all was read */
	TLS_STATE_FAILED, /* see tls_conn_error(); nothing more will come */
};

/*
 * Makes a connection that will send a ClientHello at the first run. sni NULL:
 * none is sent. Only pointers to the buffers are kept: they must outlive it.
 * DG_ENOMEM when the budget is used up.
 */
DG_MUSTCHECK int tls_conn_new(struct tls_conn **out, struct tls_context *t,
    const struct name *sni, const struct tls_buffers *buffers);

/*
 * Moves bytes as far as the buffers allow, in both directions, and returns the
 * state it stands in. Bounded by the buffers' sizes.
 */
enum tls_state tls_conn_run(struct tls_conn *c);

/*
 * The transport ended. Without a close_notify before it this is a truncation:
 * the next run fails with that reason (unless bytes are still to be read).
 */
void tls_conn_eof(struct tls_conn *c);

/* Queues close_notify behind what is in app_out; run on until wire_out is
 * empty. */
void tls_conn_close(struct tls_conn *c);

void tls_conn_free(struct tls_conn *c);

/*
 * The chain as the server presented it, DER, leaf first, valid while c lives;
 * the full chain in TLS 1.2 and 1.3. Returns how many of at most max.
 */
size_t tls_conn_chain(const struct tls_conn *c, struct span *certs, size_t max);

const char *tls_conn_version(const struct tls_conn *c); /* "TLSv1.3" */
const char *tls_conn_cipher(const struct tls_conn *c);	/* IANA's name */

/* Why it failed, alerts in words; printable, never NULL. */
const char *tls_conn_error(const struct tls_conn *c);

#endif
