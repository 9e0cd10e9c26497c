/*
 * DNSSEC validation as a pure core: one struct dnssec_lookup answers one
 * question (name, type), following CNAME and DNAME, and says for each step
 * which record it needs next; whoever drives it (the resolver, a test, a
 * fuzzer) asks for that record and gives the answer's bytes back. No I/O, no
 * clock, no ldns or mbedTLS type is seen from outside. RFC 4033-4035, 5155,
 * 6840, 9276.
 *
 *	while (dnssec_lookup_step(l, &need) == DNSSEC_STEP_NEED)
 *		... ask for need; dnssec_lookup_give(l, bytes) or _fail(l) ...
 *	result = dnssec_lookup_result(l);
 *
 * Limits (past them the result is bogus with a reason, never a longer run):
 * see the DNSSEC_MAX_ constants.
 */
#ifndef DG_DNSSEC_DNSSEC_H
#define DG_DNSSEC_DNSSEC_H

#include "base/budget.h"
#include "base/name.h"

/* RFC 4035 section 4.3. Zero is not an answer: fail closed. */
enum dnssec_status {
	DNSSEC_UNKNOWN = 0,
	DNSSEC_SECURE,
	DNSSEC_INSECURE,
	DNSSEC_BOGUS,
	DNSSEC_INDETERMINATE, /* no answer was to be had */
};

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_MX = 15,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_DNAME = 39,
	DNS_TYPE_DS = 43,
	DNS_TYPE_DNSKEY = 48,
	DNS_TYPE_TLSA = 52,
};

#define DNSSEC_MAX_SIGNATURES 64  /* signature checks of one lookup */
#define DNSSEC_MAX_FAILURES   16  /* of these, checks that may fail */
#define DNSSEC_MAX_COLLISIONS 4	  /* keys of one tag tried per RRSIG */
#define DNSSEC_MAX_KEYS	      32  /* usable keys of one zone */
#define DNSSEC_MAX_DS	      16  /* usable DS records of one zone */
#define DNSSEC_MAX_DIGESTS    64  /* DS digests computed for one zone */
#define DNSSEC_MAX_DENIALS    8	  /* NSEC or NSEC3 of one message used */
#define DNSSEC_MAX_NSEC3_HASH 128 /* NSEC3 hash computations of one lookup */
#define DNSSEC_MAX_ITERATIONS 100 /* NSEC3; over it insecure, RFC 9276 */
#define DNSSEC_MAX_CHAIN      11  /* CNAME and DNAME steps */
#define DNSSEC_MAX_QUESTIONS  64  /* answers one lookup may ask for */
#define DNSSEC_MAX_MESSAGE    65535
#define DNSSEC_MAX_RECORDS    256 /* records of one message looked at */
#define DNSSEC_REASON_MAX     160

struct dnssec_question {
	struct name name;
	uint16_t type; /* class is always IN */
};

/*
 * Trust anchors, and what is known of zones from earlier lookups (validated
 * keys, proven insecure delegations), bounded by its budget and by TTL. One per
 * resolver; shared by all lookups; not thread safe.
 */
struct dnssec_trust;

/* Anchors compiled in: KSK-2017 (20326) and KSK-2024 (38696). */
DG_MUSTCHECK int dnssec_trust_new(struct dnssec_trust **out,
    size_t cache_bytes);

/*
 * Replaces the anchors by those in text: DS or DNSKEY records of the root in
 * zone-file form, one per line, ';' comments. DG_ESYNTAX when a line cannot be
 * read or no usable anchor is there; the old anchors then stay.
 */
DG_MUSTCHECK int dnssec_trust_load(struct dnssec_trust *t, struct span text);

/* What is known of zones, in bytes. */
const struct budget *dnssec_trust_budget(const struct dnssec_trust *t);

/*
 * The anchors are kept current by RFC 5011 from what lookups see of the root's
 * keys. changed: since the state was last written there is something new that
 * should outlive a restart; that is seldom, a few times in a year.
 */
bool dnssec_trust_changed(const struct dnssec_trust *t);

/*
 * Seconds until the root's keys want to be looked at again, though nobody asks
 * (RFC 5011 2.3): after they were seen, or could not be.
 */
uint32_t dnssec_trust_next_look(const struct dnssec_trust *t, bool seen);

/* Lookups that begin from now on ask for the root's keys anew. */
void dnssec_trust_look_anew(struct dnssec_trust *t);

/* Writes the state as text with a NUL. DG_ELIMIT. */
#define DNSSEC_TRUST_STATE_MAX 8192
DG_MUSTCHECK int dnssec_trust_save(char *out, size_t size,
    struct dnssec_trust *t);

/* Takes a state back, after dnssec_trust_load() if that is used. DG_ESYNTAX,
 * and all stays as it was. */
DG_MUSTCHECK int dnssec_trust_restore(struct dnssec_trust *t, struct span text);

/*
 * Anchor number `index`: what the configuration names and what RFC 5011 has
 * seen. False past the last.
 */
struct dnssec_anchor {
	uint16_t tag;
	uint8_t algorithm;
	const char *state; /* "valid"; "configured": not seen yet */
	int64_t since;	   /* wall time; 0: it has always been so */
};

bool dnssec_trust_anchor(struct dnssec_anchor *out,
    const struct dnssec_trust *t, size_t index);

void dnssec_trust_free(struct dnssec_trust *t);

/*
 * For people who want to see the way of a lookup: the zones it comes through,
 * from the root down (those that earlier lookups have proven are not told
 * again), and the aliases it follows. name and target as dname_text() prints
 * them: any name, made printable.
 */
struct dnssec_trace_key {
	uint16_t tag;
	uint8_t algorithm;
	uint8_t digest; /* type of the DS record or anchor that means the key;
			   0: there is none */
};

struct dnssec_trace_step {
	enum dnssec_status status; /* secure or insecure */
	const char *name;	   /* of the zone, or the alias */
	const char *target;	   /* NULL: a zone */
	size_t nkeys; /* of a secure zone: those that can sign data */
	const struct dnssec_trace_key *keys;
};

/* All that step holds dies when the callback returns. */
typedef void dnssec_trace(void *arg, const struct dnssec_trace_step *step);

/* call: NULL for none. */
void dnssec_trust_set_trace(struct dnssec_trust *t, dnssec_trace *call,
    void *arg);

/* Records of the answer: type and class of the question, RDATA in wire form
 * (names inside uncompressed). */
#define DNSSEC_MAX_ANSWERS 128

struct dnssec_result {
	enum dnssec_status status; /* the worst of all steps */
	/* What the answer says; meaningful for secure and insecure only. */
	bool nxdomain;	 /* the (canonical) name does not exist */
	size_t nanswers; /* 0: NODATA, or nxdomain */
	const struct span *answers;
	struct name canonical; /* owner after CNAMEs; the question's without */
	bool aliased;	       /* at least one CNAME or DNAME was followed */
	uint32_t ttl;	       /* seconds; capped by signatures' expiry */
	/*
	 * For bogus and indeterminate: what broke and where, in plain words.
	 * resolver_broken: the forwarder strips DNSSEC (no RRSIG with the
	 * root's keys): a broken path, not a bogus world; another forwarder
	 * may do better.
	 */
	bool resolver_broken;
	char reason[DNSSEC_REASON_MAX];
	/* What it cost: for tests, benchmarks and `dns lookup`. */
	unsigned signatures;
	unsigned hashes;
	unsigned questions;
};

enum dnssec_step {
	DNSSEC_STEP_DONE = 0,
	DNSSEC_STEP_NEED
};

struct dnssec_lookup;

/*
 * Starts a lookup of name and type at wall time now (seconds). trust must
 * outlive it. DG_ENOMEM. With type CNAME no chain is followed. A name that no
 * host has (name_parse_any()) may be asked for; from a host's name none is
 * reached, so that canonical is a host's too.
 */
DG_MUSTCHECK int dnssec_lookup_new(struct dnssec_lookup **out,
    struct dnssec_trust *trust, const struct name *name, uint16_t type,
    int64_t now);

/*
 * Says what is needed next: DNSSEC_STEP_NEED sets *need, and the caller must
 * answer with exactly one _give() or _fail() before stepping again.
 */
enum dnssec_step dnssec_lookup_step(struct dnssec_lookup *l,
    struct dnssec_question *need);

/*
 * Hands in a DNS message that answers the needed question (id and question
 * section have been matched by the caller; everything else is unchecked here).
 */
void dnssec_lookup_give(struct dnssec_lookup *l, struct span message);

/* No answer was to be had for the needed question (timeout, SERVFAIL, ...):
 * why goes into the reason. The lookup ends indeterminate. */
void dnssec_lookup_fail(struct dnssec_lookup *l, const char *why);

/* The result, once step says done; belongs to l, dies with it. */
const struct dnssec_result *dnssec_lookup_result(const struct dnssec_lookup *l);

void dnssec_lookup_free(struct dnssec_lookup *l);

/* "secure", "insecure", ...; never NULL. */
const char *dnssec_status_text(enum dnssec_status status);

#endif
