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

/*
 * How good a session is, by NCSC-NL's guidelines for TLS (docs/tls.md). Not
 * whether its server is the right one.
 */
enum tls_grade {
	TLS_GRADE_NONE = 0, /* no session yet */
	TLS_GRADE_INSUFFICIENT,
	TLS_GRADE_PHASE_OUT,
	TLS_GRADE_SUFFICIENT,
	TLS_GRADE_GOOD,
};

/* "good", "sufficient", "phase-out", "insufficient", "none". */
const char *tls_grade_text(enum tls_grade grade);

enum tls_key {
	TLS_KEY_UNKNOWN = 0,
	TLS_KEY_RSA,
	TLS_KEY_EC,
};

enum tls_hash {
	TLS_HASH_UNKNOWN = 0,
	TLS_HASH_OLD, /* MD5, SHA-1 and the like */
	TLS_HASH_SHA224,
	TLS_HASH_SHA2, /* or later */
};

/*
 * What a session is graded by. The hashes of the handshake are not among it,
 * all of SHA-2.
 */
struct tls_properties {
	uint16_t version; /* as on the wire: 0x0303, 0x0304 */
	uint16_t suite;	  /* IANA's number */
	enum tls_key key; /* of the leaf */
	unsigned key_bits;
	enum tls_hash hash; /* that the leaf is signed by */
	uint16_t group;	    /* of the key exchange, IANA's number; 0: none */
};

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

/* The budgets TLS draws from: connections, and the tickets that ended ones may
 * be resumed by; for `show memory` and for tests. */
const struct budget *tls_context_budget(const struct tls_context *t);
const struct budget *tls_context_tickets_budget(const struct tls_context *t);

/* On at first. Off: all tickets are forgotten, and none is kept any more. */
void tls_context_set_resumption(struct tls_context *t, bool on);

/*
 * The least that a session must be, at first TLS_GRADE_PHASE_OUT: all that the
 * library can do. More than that restricts what is offered, and a handshake
 * that comes out below fails.
 */
void tls_context_set_minimum(struct tls_context *t, enum tls_grade minimum);

struct tls_counts {
	uint64_t full;	  /* handshakes in which a chain was shown */
	uint64_t resumed; /* and those that took an earlier session up */
	size_t tickets;	  /* held now */
};

void tls_context_counts(const struct tls_context *t, struct tls_counts *out);

/*
 * What one connection may take, of the allocator's bytes; past it that
 * connection fails and no other. Ten certificates of RSA-4096 take 73 KiB at
 * most (docs/tls.md), the rest is for what is odder than that.
 */
#define TLS_CONN_MEMORY_MAX  ((size_t)128 * 1024)
/* And what stays of it after the handshake, with such a chain. */
#define TLS_CONN_MEMORY_REST ((size_t)48 * 1024)

/* A session that may be taken up again, as an operator sees it: no secret of it
 * is here. Dies when the callback returns. */
struct tls_kept {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* IANA's name */
	enum tls_grade grade;
	uint64_t age;  /* seconds since the full handshake */
	uint64_t left; /* seconds; 0: its time is over */
	size_t bytes;
	struct span leaf; /* DER; empty: none was shown */
};

/* Tells them, the oldest first, from number `from` on (0 is the first), until
 * the callback says false. */
typedef bool tls_kept_cb(void *arg, const struct tls_kept *kept);
void tls_context_each_kept(const struct tls_context *t, size_t from,
    tls_kept_cb *cb, void *arg);

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
 * Resumption (RFC 8446 2.2, RFC 5077, RFC 5246 7.3). A session may be taken up
 * again only by who would judge the server by the very same things: the binding
 * is a digest of all of them, the name in SNI among them.
 */
struct tls_binding {
	uint8_t digest[32];
};

/* Of parts in this order; lists that differ anywhere differ here. DG_EIO. */
DG_MUSTCHECK int tls_binding_make(struct tls_binding *out,
    const struct span *parts, size_t n);

/*
 * Before the first run: offers the server a ticket of that binding, if one is
 * there. It decides; without it a full handshake comes about. DG_ENOMEM: this
 * connection is of no use any more.
 */
DG_MUSTCHECK int tls_conn_resume(struct tls_conn *c,
    const struct tls_binding *binding);

/*
 * The server has been judged and is what it must be: from now on its tickets
 * are kept for that binding, for at most so many seconds.
 */
void tls_conn_keep(struct tls_conn *c, const struct tls_binding *binding,
    uint32_t seconds);

/* The server agreed to resume; the chain is the one that it showed then. */
bool tls_conn_resumed(const struct tls_conn *c);

/*
 * Moves bytes as far as the buffers allow, in both directions, and returns the
 * state it stands in. Bounded by the buffers' sizes.
 */
enum tls_state tls_conn_run(struct tls_conn *c);

/*
 * Where nothing is under way, memory in which a long record would stand is given
 * back to the system until one comes. Between any two runs, in any state; a
 * connection does so by itself when its handshake is done. Returns how many bytes
 * are given back now.
 */
size_t tls_conn_rest(struct tls_conn *c);

/* The sum of these, of all connections: a part of the budget that the system has. */
size_t tls_given_back(void);

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
 * the full chain in TLS 1.2 and 1.3. Of a resumed session it is the chain of the
 * handshake that it goes back to. Returns how many of at most max.
 */
size_t tls_conn_chain(const struct tls_conn *c, struct span *certs, size_t max);

const char *tls_conn_version(const struct tls_conn *c); /* "TLSv1.3" */
const char *tls_conn_cipher(const struct tls_conn *c);	/* IANA's name */
/* "x25519", "secp256r1", ...; "none" with another key exchange, and where TLS
 * 1.2 was resumed. */
const char *tls_conn_group(const struct tls_conn *c);

/* What the session is like, and its grade; before the handshake is done all
 * zero and none. */
struct tls_properties tls_conn_properties(const struct tls_conn *c);
enum tls_grade tls_conn_grade(const struct tls_conn *c);

/* What it takes of TLS's memory now, and has taken at most; bytes. */
struct tls_use {
	size_t now;
	size_t peak;
};
struct tls_use tls_conn_memory(const struct tls_conn *c);

/* Why it failed, alerts in words; printable, never NULL. */
const char *tls_conn_error(const struct tls_conn *c);

#endif
