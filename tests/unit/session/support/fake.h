/*
 * The world around a session, faked at link time: its two connections
 * (net/endpoint, net/listener), the TLS engine (tls/), the DNS facts
 * (dns/route), the clock and the log. The session, smtp, policy, dane and
 * config above it are the real ones, and so is the event loop that its timers
 * stand in. Nothing here waits: fake_step() does one thing that a loop would
 * do, in an order that a seed decides.
 *
 * Memory of the fake world is static, so that a test may let every allocation
 * fail that the daemon would make, and none of its own.
 */
#ifndef DG_TEST_SESSION_FAKE_H
#define DG_TEST_SESSION_FAKE_H

#include "base/address.h"
#include "net/endpoint.h"
#include "policy/facts.h"
#include "tls/tls.h"

#define FAKE_ROOM	 (1u << 20) /* bytes of one direction of a connection */
#define FAKE_LOGS	 2048
#define FAKE_FACTS	 8
#define FAKE_CERTIFICATE 64

enum fake_end {
	FAKE_OPEN = 0,
	FAKE_CLOSED, /* orderly */
	FAKE_RESET,
};

/* The far end of one of the session's connections. */
struct fake_peer {
	struct endpoint *endpoint; /* the near end; NULL: none (any more) */
	unsigned connections;	   /* begun so far */
	/* what the peer does */
	uint8_t to[FAKE_ROOM]; /* sent by the peer */
	size_t to_len, to_taken;
	enum fake_end ends;
	bool answers; /* to connect(): with `error` */
	int error;
	size_t window; /* bytes that it still takes */
	/* what the peer saw */
	uint8_t got[FAKE_ROOM];
	size_t got_len;
	bool shut; /* the near end said that no more comes */
	enum fake_end saw;
};

/* How bytes of a peer are cut into packets. */
enum fake_split {
	FAKE_WHOLE = 0,
	FAKE_BYTES,  /* one by one */
	FAKE_RANDOM, /* by the seed */
};

/* What DNS says of one recipient domain. */
struct fake_facts {
	struct name domain;
	bool held;		  /* do not answer yet */
	bool no_memory;		  /* answer with NULL */
	bool refused;		  /* the lookup cannot be begun */
	struct route_facts facts; /* without records */
	/* The association data of each host's only record. */
	const char *certificate[ROUTE_HOSTS_MAX];
};

struct fake_world {
	struct event_base *base;
	struct fake_peer client, server;
	int connect_errno;    /* connect() fails at once */
	struct address local; /* our end of the server's connection */
	enum fake_split split;
	uint32_t seed;

	/* TLS */
	const char *certificate; /* of the server; NULL: none */
	bool tls;		 /* the near end's engine exists */
	bool refuse_tls;	 /* no memory for an engine */
	unsigned engines;	 /* alive */
	bool tickets;		 /* the server gives some */
	struct fake_ticket {
		char certificate[FAKE_CERTIFICATE]; /* empty: none */
		struct tls_binding binding;
		int64_t expires;
	} ticket;

	/* DNS */
	struct fake_facts facts[FAKE_FACTS];
	size_t nfacts;
	unsigned queries; /* alive */
	unsigned lookups; /* begun so far */

	int64_t now;
	char logs[FAKE_LOGS][1024];
	bool log_seen[FAKE_LOGS];
	size_t nlogs;
};

extern struct fake_world fake;

/* Forgets everything; the event loop is the caller's. */
void fake_reset(struct event_base *base);

/* Does one thing that waits to be done; false: all is quiet. */
bool fake_step(void);

uint32_t fake_random(uint32_t limit);

/* The peer sends bytes; they arrive with later steps. */
void fake_send(struct fake_peer *p, const void *bytes, size_t n);

/*
 * Between the engine and the server's end each byte is changed, so that what
 * went round the engine is noticed. The client's first flight is a line "HELLO
 * <SNI>", or "HELLO <SNI> again" with a ticket, and the server answers one of the
 * lines below.
 */
#define FAKE_TLS_GOOD	 "\x16\x03OK\n"
#define FAKE_TLS_RESUMED "\x16\x03RE\n"
#define FAKE_TLS_BAD	 "\x15\x03NO\n"

/* Bytes as they stand in the TLS stream; out needs 2 * n. Returns how many. */
size_t fake_tls_encode(uint8_t *out, const uint8_t *in, size_t n);
/* The other way, as far as it is whole; *used of in were taken. */
size_t fake_tls_decode(uint8_t *out, size_t *used, bool *closed,
    const uint8_t *in, size_t n);
/* close_notify. */
#define FAKE_TLS_CLOSE "\x1b\x01"

/* net: for fake_step() */
bool fake_net_step(struct fake_peer *p);
/* dns: answers one question that may be answered. */
bool fake_route_step(void);

#endif
