/*
 * The DANE check (RFC 6698, 7671, 7672) as a pure function: a TLSA record set,
 * the chain a server presented, reference identifiers and a time go in, a
 * verdict comes out. No sockets, no DNS, no clock. Whether the TLSA set may be
 * relied on at all (DNSSEC) was decided before; what follows from the verdict
 * is policy's. No mbedTLS type is seen from outside.
 */
#ifndef DG_DANE_DANE_H
#define DG_DANE_DANE_H

#include "base/name.h"

enum tlsa_usage {
	TLSA_PKIX_TA = 0, /* unusable for SMTP, RFC 7672 3.1.3 */
	TLSA_PKIX_EE = 1, /* unusable for SMTP */
	TLSA_DANE_TA = 2,
	TLSA_DANE_EE = 3,
};

#define TLSA_SET_MAX	64    /* records of one set looked at */
#define TLSA_DATA_MAX	8192  /* bytes of association data of one record */
#define DANE_CHAIN_MAX	16    /* certificates of a chain looked at */
#define DANE_CERT_MAX	16384 /* bytes of one certificate */
#define DANE_NAMES_MAX	4
#define DANE_REASON_MAX 160

/* One TLSA record; data points into memory of whoever made it. */
struct tlsa {
	uint8_t usage;
	uint8_t selector;
	uint8_t matching;
	struct span data;
};

/* Reads RDATA in wire form. DG_ESYNTAX when it is shorter than 4 bytes
 * (three fields and at least one byte of data). */
DG_MUSTCHECK int tlsa_from_rdata(struct tlsa *out, struct span rdata);

/*
 * Reads the presentation form (RFC 6698 2.2): three numbers, then hexadecimal
 * digits, blanks among them allowed. The record points into room, which needs
 * half of text.n bytes. DG_ESYNTAX.
 */
DG_MUSTCHECK int tlsa_from_text(struct tlsa *out, struct span text,
    uint8_t *room);

/*
 * Can this record authenticate an SMTP server at all (RFC 7672 3.1.3, RFC 7671
 * 4)? Usage 2 or 3, selector 0 or 1, matching 0, 1 or 2, a digest of the right
 * length, whole contents of the right form. When not and why is not NULL, *why says so in words.
 */
bool tlsa_usable(const struct tlsa *record, const char **why);

enum dane_verdict {
	DANE_UNKNOWN = 0,
	DANE_VERIFIED,
	DANE_FAILED,
	DANE_UNUSABLE, /* no usable record in the set */
};

struct dane_input {
	const struct tlsa *records;
	size_t nrecords;
	const struct span *chain; /* DER, as presented, leaf first */
	size_t nchain;
	const struct name *names; /* reference identifiers, TLSA base first */
	size_t nnames;
	int64_t now; /* seconds since 1970 */
};

struct dane_result {
	enum dane_verdict verdict;
	/* The record that matched and where; only when verified. */
	uint8_t usage;
	uint8_t selector;
	uint8_t matching;
	unsigned depth;		      /* 0 is the leaf */
	char reason[DANE_REASON_MAX]; /* one line, printable ASCII */
};

/*
 * Checks in->chain against in->records. Any one record that matches is enough.
 * DANE-EE(3): names and dates do not matter (RFC 7672 3.1.1). DANE-TA(2):
 * signatures, dates, CA flags and names do (RFC 7672 3.1.2, 3.2). Digest
 * agility as RFC 7671 section 9. Always fills *out; an error inside (no memory,
 * unparsable certificate) ends as DANE_FAILED with its reason.
 */
void dane_verify(struct dane_result *out, const struct dane_input *in);

/* "verified", "failed", "unusable", "unknown". */
const char *dane_verdict_text(enum dane_verdict verdict);

#endif
