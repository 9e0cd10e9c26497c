/*
 * From a DNS message to records and RRsets: names lower case, RDATA
 * uncompressed and in canonical form (RFC 4034 6.2), class IN alone, answer
 * and authority section alone. The one door to ldns; what the records are
 * worth is not known here.
 */
#ifndef DG_DNSSEC_RECORD_H
#define DG_DNSSEC_RECORD_H

#include "dnssec/dname.h"
#include "dnssec/dnssec.h"

enum {
	TYPE_RRSIG = 46,
	TYPE_NSEC = 47,
	TYPE_NSEC3 = 50,
	TYPE_NXNAME = 128, /* RFC 9824: in an NSEC of a name that is not */
};

enum section {
	SECTION_ANSWER = 1,
	SECTION_AUTHORITY,
};

struct record {
	struct dname owner;
	enum section section;
	uint16_t type;
	uint32_t ttl;
	struct span rdata;
	uint8_t *own; /* memory of rdata where the message has it otherwise */
};

struct message {
	uint8_t *bytes;
	unsigned rcode;
	size_t n;
	struct record *records;
};

/*
 * Reads a message; *out must be empty (zero) or freed. DG_ESYNTAX, DG_ELIMIT
 * past DNSSEC_MAX_RECORDS or DNSSEC_MAX_MESSAGE, DG_ENOMEM.
 */
DG_MUSTCHECK int message_read(struct message *out, struct span bytes);

/* Frees what m holds and empties it. */
void message_free(struct message *m);

/* All records of one owner and type; points into the message. */
struct rrset {
	const struct dname *owner;
	enum section section;
	uint16_t type;
	uint32_t ttl; /* the least of all */
	bool cut;     /* there are more than fit */
	size_t n;
	struct span rdata[DNSSEC_MAX_ANSWERS]; /* ordered, each once */
};

/* The RRset of that section, owner and type. DG_ENOTFOUND, DG_ELIMIT past
 * DNSSEC_MAX_ANSWERS, when what fits is there and cut is set. */
DG_MUSTCHECK int message_rrset(struct rrset *out, const struct message *m,
    enum section section, const struct dname *owner, uint16_t type);

/*
 * Reads one record in zone-file form, e.g. a trust anchor. *r owns memory:
 * record_free(). DG_ESYNTAX, DG_ENOMEM.
 */
DG_MUSTCHECK int record_from_text(struct record *r, const char *text);

void record_free(struct record *r);

/* Big-endian numbers at p. */
uint16_t wire_get16(const uint8_t *p);
uint32_t wire_get32(const uint8_t *p);
void wire_put16(uint8_t *p, unsigned value);
void wire_put32(uint8_t *p, uint32_t value);

#endif
