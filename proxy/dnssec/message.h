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
	DNS_RCODE_BADVERS = 16,
};

/*
 * Writes a query with RD and CD set, EDNS0 with DO and size 1232 (RFC 4035
 * 4.9.1, RFC 6891). Returns its length, or DG_ELIMIT when out is too small.
 */
DG_MUSTCHECK int dns_query_write(uint8_t *out, size_t size, uint16_t id,
    const struct dnssec_question *question);

/*
 * Gives each letter of the query's name upper or lower case by a bit of random
 * (DNAME_MAX bits): who cannot see the query has those to guess besides id and
 * port. n must be what dns_query_write() returned.
 */
#define DNS_CASE_BYTES 32
void dns_query_mix_case(uint8_t *query, size_t n,
    const uint8_t random[DNS_CASE_BYTES]);

/* The answer, which has been matched, repeats the query's name with each
 * letter in the same case. */
bool dns_answer_same_case(struct span answer, struct span query);

struct dns_header {
	uint16_t id;
	bool truncated;
	unsigned rcode; /* with the eight bits that EDNS adds */
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

/*
 * Can the answer be read, all of it that counts? DG_ESYNTAX for one that is
 * malformed: it says nothing, not even that something is bogus. DG_ELIMIT when
 * it has too many records, DG_ENOMEM.
 */
DG_MUSTCHECK int dns_answer_check(struct span message);

/* RDATA of MX: preference and exchange; an exchange of "." gives the root
 * name. DG_ESYNTAX for bad RDATA or a name that no host can have. */
DG_MUSTCHECK int dns_rdata_mx(uint16_t *preference, struct name *exchange,
    struct span rdata);

/* RDATA of A (4 bytes) or AAAA (16 bytes). DG_ESYNTAX. */
DG_MUSTCHECK int dns_rdata_address(struct address *out, struct span rdata);

/* RDATA of CNAME, NS. DG_ESYNTAX. */
DG_MUSTCHECK int dns_rdata_name(struct name *out, struct span rdata);

#endif
