/*
 * The facts a decision rests on, as plain values: what DNS says of a recipient
 * domain and a destination (gathered by dns/route), and what the server did
 * (seen by session/). No verdict here, and no I/O. Zero always means "not
 * known" and can never relax anything.
 */
#ifndef DG_POLICY_FACTS_H
#define DG_POLICY_FACTS_H

#include "base/address.h"
#include "dane/pkix.h"
#include "dnssec/dnssec.h"

#define ROUTE_HOSTS_MAX 16 /* MX hosts looked at, by preference */

/* Three outcomes, never two: found, proven absent, could not find out. */
enum tlsa_status {
	TLSA_STATUS_UNKNOWN = 0,
	TLSA_STATUS_USABLE,   /* secure, at least one usable record */
	TLSA_STATUS_UNUSABLE, /* secure, none usable */
	TLSA_STATUS_ABSENT,   /* securely denied */
	TLSA_STATUS_INSECURE, /* insecure at MX (insecure-mx may), address or
	                         TLSA: not relied on */
	TLSA_STATUS_BOGUS,
	TLSA_STATUS_FAILED, /* timeout, SERVFAIL, resolver broken */
};

/* One MX host with what DNS says of it. */
struct host_facts {
	struct name host;
	uint16_t preference;
	bool matched; /* one of its addresses is the destination */
	enum tlsa_status tlsa;
	struct name base; /* TLSA base domain: SNI and first identifier */
	struct name names[DANE_NAMES_MAX]; /* reference identifiers */
	size_t nnames;
	struct tlsa *records; /* owned by the facts; data likewise */
	size_t nrecords;
	uint32_t ttl; /* seconds that the records may be relied on */
	/* For bogus and failed: "address of mx.example.nl: ...". */
	char why[DNSSEC_REASON_MAX];
};

enum route_status {
	ROUTE_UNKNOWN = 0,
	ROUTE_FOUND,   /* hosts known: from MX, implicit MX, or a relay */
	ROUTE_NULL_MX, /* RFC 7505 */
	ROUTE_NONE,    /* NXDOMAIN or address literal: no route known */
	ROUTE_BOGUS,   /* at the MX step; why says more */
	ROUTE_FAILED,
	ROUTE_CLOCK_UNSET, /* no time, no validation */
};

/* Facts for (recipient domain, destination). Immutable once given out. */
struct route_facts {
	enum route_status status;
	enum dnssec_status mx_security; /* of the MX RRset or its denial */
	struct host_facts hosts[ROUTE_HOSTS_MAX]; /* by preference */
	size_t nhosts;
	char why[DNSSEC_REASON_MAX];
	uint8_t *memory; /* holds the records' data */
};

/* Frees the facts and all they own; NULL is fine. */
void route_facts_free(struct route_facts *f);

/* What the server did when TLS was wanted. */
enum server_tls {
	SERVER_TLS_UNKNOWN = 0,
	SERVER_TLS_NOT_OFFERED, /* EHLO without STARTTLS, or HELO only */
	SERVER_TLS_REFUSED,	/* STARTTLS answered other than 220 */
	SERVER_TLS_INJECTED,	/* plaintext behind the 220 */
	SERVER_TLS_FAILED,	/* the handshake failed */
	SERVER_TLS_TOO_LATE,	/* a transaction in clear is open already */
	SERVER_TLS_OTHER,	/* TLS stands, set up for another recipient's
	                        sake: chain and DANE result known */
	SERVER_TLS_DONE, /* handshake done: chain and DANE result known */
};

#endif
