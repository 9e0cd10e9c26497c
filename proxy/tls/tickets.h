/*
 * Inside of tls/ only: what ended TLS sessions may be taken up again with. A
 * ticket here is either of RFC 8446's and RFC 5077's tickets or a session id of
 * RFC 5246, with the secrets that belong to it and the chain that the server
 * showed when it proved itself.
 *
 * A ticket is used once (RFC 8446 C.4): whoever takes it owns it. Bounded in
 * number, in bytes (a budget of its own) and in age; the oldest gives way.
 */
#ifndef DG_TLS_TICKETS_H
#define DG_TLS_TICKETS_H

#include <stdint.h>

#include "base/budget.h"
#include "base/queue.h"
#include "tls/tls.h"

#define TICKETS_MAX	    1024
#define TICKETS_PER_BINDING 4	      /* for sessions side by side */
#define TICKET_LIFE_MS	    86400000U /* RFC 5246 F.1.4: a day */
#define TICKET_SIZE_MAX	    24576     /* secrets and chain, bytes */
/* What the server gave us must fit into a ClientHello of ours. */
#define TICKET_SERVER_MAX   2048

struct ticket {
	QUEUE_LINK(ticket) link;
	struct tls_binding binding;
	uint64_t born;	  /* the full handshake; monotonic milliseconds */
	uint64_t expires; /* likewise */
	struct tls_properties properties; /* its leaf's are those of a resumed
	                                     session */
	size_t ncerts;
	size_t certs[TLS_CHAIN_MAX]; /* their lengths, leaf first */
	size_t nsecrets;
	uint8_t bytes[]; /* the secrets as the library saves them, the chain */
};

struct tickets {
	struct budget budget;
	QUEUE(ticket) order; /* the oldest comes first */
	size_t n;
};

/* What a ticket is made of. */
struct ticket_parts {
	size_t nsecrets; /* room for them, filled in by the caller */
	const struct span *chain;
	size_t nchain;
};

/*
 * A ticket with the chain copied into it, not in the cache yet. Others give way
 * to it. DG_ELIMIT when it is too large, DG_ENOMEM.
 */
DG_MUSTCHECK int ticket_new(struct ticket **out, struct tickets *t,
    const struct ticket_parts *parts);

/* Wipes and frees it; it must not be in the cache. NULL is fine. */
void ticket_free(struct tickets *t, struct ticket *ticket);

/* What it takes, in bytes. */
size_t ticket_size(const struct ticket *ticket);

/* The chain; returns how many of at most max. */
size_t ticket_chain(const struct ticket *ticket, struct span *certs,
    size_t max);

/* Hands it to the cache, under the binding that it carries. */
void tickets_put(struct tickets *t, struct ticket *ticket);

/* The newest ticket of that binding becomes the caller's; NULL: none that has
 * not expired. */
struct ticket *tickets_take(struct tickets *t,
    const struct tls_binding *binding, uint64_t now);

/* Frees all of them. */
void tickets_clear(struct tickets *t);

#endif
