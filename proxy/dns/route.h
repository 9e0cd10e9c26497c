/*
 * Gathers the route facts for (recipient domain, destination): MX, the MX
 * hosts' addresses in the destination's family through CNAMEs, TLSA base
 * domains and records, each with its DNSSEC status (RFC 7672 2.2, RFC 5321
 * 5.1, RFC 7505). Facts only: what follows from them is policy's.
 */
#ifndef DG_DNS_ROUTE_H
#define DG_DNS_ROUTE_H

#include "dns/resolver.h"
#include "policy/facts.h"

struct route_query;

struct route_question {
	struct name domain;	    /* recipient domain; next hop */
	struct address destination; /* what the client dialled; port counts for
	                               TLSA: _<port>._tcp */
	bool literal; /* recipient has an address literal: no lookups at all,
	                   unless a relay is named */
	bool relay;   /* host is named by configuration: no MX lookup; its
	                   name is as good as a secure MX */
	struct name relay_host;
	bool insecure_mx_dane; /* look up TLSA although MX is insecure */
};

/* facts become the callee's, to be freed with route_facts_free(). NULL when
 * there was no memory: treat as ROUTE_FAILED. */
typedef void route_done(void *arg, struct route_facts *facts);

/*
 * done is called exactly once, later, never from inside this call; or never
 * when cancelled. DG_ENOMEM, DG_ELIMIT.
 */
DG_MUSTCHECK int route_lookup(struct route_query **out, struct resolver *r,
    const struct route_question *question, route_done *done, void *arg);

/* Forgets the query; its callback will not be called. NULL is fine. */
void route_cancel(struct route_query *q);

#endif
