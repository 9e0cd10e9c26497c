/*
 * DNS messages as the transport needs them: writing a query, matching an
 * answer to it, reading the header, taking RDATA apart (MX, A, AAAA). Pure.
 * What an answer is worth is decided in dnssec.h, not here.
 */
#ifndef DG_DNSSEC_MESSAGE_H
#define DG_DNSSEC_MESSAGE_H

#include "base/address.h"
#include "base/buf.h"
#include "dnssec/dnssec.h"

#define DNS_QUERY_MAX 320  /* bytes of the largest query we write */
#define DNS_EDNS_SIZE 1232 /* largest UDP answer asked for */

enum dns_rcode {
	DNS_RCODE_NOERROR = 0,
	DNS_RCODE_FORMERR = 1,
	DNS_RCODE_SERVFAIL = 2,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_NOTIMP = 4,
	DNS_RCODE_REFUSED = 5,
};

/*
 * Writes a query with RD and CD set, EDNS0 with DO and size 1232 (RFC 4035
 * 4.9.1, RFC 6891). Returns its length, or DG_ELIMIT when out is too small.
 */
DG_MUSTCHECK int dns_query_write(uint8_t *out, size_t size, uint16_t id,
    const struct dnssec_question *question);

struct dns_header {
	uint16_t id;
	bool truncated;
	unsigned rcode; /* low four bits */
	bool edns;	/* an OPT record came back */
};

/*
 * Is message an answer to question with this id: QR set, opcode QUERY, one
 * question, same name (without case) and type and class IN? Fills *header.
 * DG_EPROTO when not: the transport ignores such a message and waits on.
 * Reads no further than it must; safe on any bytes.
 */
DG_MUSTCHECK int dns_answer_match(struct dns_header *header,
    struct span message, uint16_t id, const struct dnssec_question *question);

/* RDATA of MX: preference and exchange; an exchange of "." gives the root
 * name. DG_ESYNTAX for bad RDATA or a name that no host can have. */
DG_MUSTCHECK int dns_rdata_mx(uint16_t *preference, struct name *exchange,
    struct span rdata);

/* RDATA of A (4 bytes) or AAAA (16 bytes). DG_ESYNTAX. */
DG_MUSTCHECK int dns_rdata_address(struct address *out, struct span rdata);

/* RDATA of CNAME, NS. DG_ESYNTAX. */
DG_MUSTCHECK int dns_rdata_name(struct name *out, struct span rdata);

#endif
