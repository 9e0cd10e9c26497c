/*
 * One question to the forwarders: over UDP from a fresh socket with a fresh
 * id, over TCP when the answer says that it was truncated, again and to the
 * next forwarder when none comes or a useless one (RFC 1035 4.2, 5452, 7766).
 * Connections are kept open for the next question. Remembers which forwarders
 * answer. Knows what belongs to a question and whether an answer can be read,
 * not what it is worth: that is dnssec/'s.
 */
#ifndef DG_DNS_TRANSPORT_H
#define DG_DNS_TRANSPORT_H

#include "base/address.h"
#include "dnssec/dnssec.h"

struct event_base;
struct transport;
struct transport_query;

#define TRANSPORT_SERVERS_MAX 8
#define TRANSPORT_WHY_MAX     128

/* Milliseconds. The waiting for UDP doubles with every round. */
#define TRANSPORT_IDLE_MS 10000 /* a connection without questions stays open */
#define TRANSPORT_TRY_MS  1500
#define TRANSPORT_TCP_MS  4000
#define TRANSPORT_ROUNDS  3
#define TRANSPORT_DOWN_MS 30000 /* how long a silent forwarder comes last */

/* Bytes that all answers arriving over TCP may take at one time. */
#define TRANSPORT_TCP_MEMORY ((size_t)1024 * 1024)

struct transport_config {
	const struct address *servers; /* copied; tried in order */
	size_t nservers;
	unsigned try_ms; /* 0: TRANSPORT_TRY_MS; for tests */
	bool mix_case;	 /* letters of names at random, compared (0x20) */
};

/* DG_EINVAL without servers or with one of no family; DG_ENOMEM. */
DG_MUSTCHECK int transport_new(struct transport **out, struct event_base *base,
    const struct transport_config *config);

/* All queries must have ended or been cancelled. NULL is fine. */
void transport_free(struct transport *t);

/* What came of a question; dies when the callback returns. */
struct transport_answer {
	int err; /* 0, or DG_ETIMEDOUT, DG_EIO, DG_EPROTO, DG_ENOMEM */
	struct span message; /* with err 0: matched to the question */
	size_t server;	     /* with err 0: index of who sent it */
	bool edns;	     /* with err 0: it speaks EDNS */
	const char *why;     /* otherwise, in words */
	/* A bit for each forwarder that refused EDNS: it cannot do DNSSEC. */
	unsigned incapable;
};

typedef void transport_done(void *arg, const struct transport_answer *answer);

/*
 * Asks; done is called exactly once, later, never from inside this call, or
 * never when cancelled. The query is gone when done is called. avoid: a bit for
 * each forwarder (by index) that is not to be asked. DG_ENOMEM.
 */
DG_MUSTCHECK int transport_ask(struct transport_query **out,
    struct transport *t, const struct dnssec_question *question, unsigned avoid,
    transport_done *done, void *arg);

/* Forgets the query; its callback will not be called. */
void transport_cancel(struct transport_query *q);

/* This forwarder answers, but uselessly (strips DNSSEC): it comes last. */
void transport_mark_down(struct transport *t, size_t server);

/* Who that is. */
const struct address *transport_server(const struct transport *t,
    size_t server);

/* How it does: does it come in its turn (or last, for now), and how many tries
 * in a row it left without an answer. */
bool transport_answering(const struct transport *t, size_t server);
unsigned transport_silences(const struct transport *t, size_t server);

/* A bit for each forwarder there is. */
unsigned transport_all(const struct transport *t);

#endif
