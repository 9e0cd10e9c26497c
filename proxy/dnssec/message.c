#include "dnssec/message.h"

#include <string.h>

#include "dnssec/record.h"

#define HEADER_LEN    12
#define QUESTION_TAIL 4	 /* type, class */
#define RECORD_FIXED  10 /* type, class, TTL, length */
#define OPT_LEN	      11
#define CLASS_IN      1
#define TYPE_OPT      41
#define EXTENDED_BITS 4 /* of the code, in the header */

#define FLAG_QR	    0x8000
#define FLAG_OPCODE 0x7800
#define FLAG_TC	    0x0200
#define FLAG_RD	    0x0100
#define FLAG_CD	    0x0010
#define FLAG_RCODE  0x000f
#define EDNS_DO	    0x8000

static uint8_t *
put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static unsigned
get16(struct span s, size_t at)
{
	return (unsigned)s.p[at] << 8 | s.p[at + 1];
}

int
dns_query_write(uint8_t *out, size_t size, uint16_t id,
    const struct dnssec_question *question)
{
	struct dname name;
	uint8_t *p = out;

	if (dname_from_name(&name, &question->name) != 0 ||
	    size < HEADER_LEN + (size_t)name.len + QUESTION_TAIL + OPT_LEN)
		return DG_ELIMIT;
	p = put16(p, id);
	p = put16(p, FLAG_RD | FLAG_CD);
	p = put16(p, 1);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put16(p, 1);
	memcpy(p, name.bytes, name.len);
	p = put16(p + name.len, question->type);
	p = put16(p, CLASS_IN);
	*p++ = 0; /* OPT belongs to the root */
	p = put16(p, TYPE_OPT);
	p = put16(p, DNS_EDNS_SIZE);
	p = put16(p, 0); /* extended rcode, version */
	p = put16(p, EDNS_DO);
	p = put16(p, 0);
	return (int)(p - out);
}

void
dns_query_mix_case(uint8_t *query, size_t n,
    const uint8_t random[DNS_CASE_BYTES])
{
	size_t end = HEADER_LEN;

	if (n < HEADER_LEN || dname_skip(span_of(query, n), &end) != 0)
		return;
	/* A length byte is below any letter. */
	for (size_t i = HEADER_LEN; i < end; i++) {
		size_t bit = i - HEADER_LEN;

		if (query[i] >= 'a' && query[i] <= 'z' &&
		    (random[bit / 8] >> bit % 8 & 1) != 0)
			query[i] = (uint8_t)(query[i] - ('a' - 'A'));
	}
}

bool
dns_answer_same_case(struct span answer, struct span query)
{
	size_t end = HEADER_LEN;

	return dname_skip(query, &end) == 0 && answer.n >= end &&
	    memcmp(answer.p + HEADER_LEN, query.p + HEADER_LEN,
		end - HEADER_LEN) == 0;
}

/*
 * Finds the OPT record behind the question, and the upper bits of the code in
 * it. A message that was cut off in the middle has what can be seen of it.
 */
static bool
find_edns(unsigned *upper, struct span m, size_t pos)
{
	size_t records = get16(m, 6) + get16(m, 8) + get16(m, 10);

	for (; records > 0; records--) {
		if (dname_skip(m, &pos) != 0 || m.n - pos < RECORD_FIXED)
			return false;
		if (get16(m, pos) == TYPE_OPT) {
			*upper = m.p[pos + 4];
			return true;
		}
		pos += RECORD_FIXED + get16(m, pos + 8);
		if (pos >= m.n)
			return false;
	}
	return false;
}

int
dns_answer_match(struct dns_header *header, struct span message, uint16_t id,
    const struct dnssec_question *question)
{
	struct dname want;
	struct dname got;
	size_t pos = HEADER_LEN;
	unsigned upper = 0;
	unsigned flags;

	if (message.n < HEADER_LEN || message.n > DNSSEC_MAX_MESSAGE ||
	    get16(message, 0) != id)
		return DG_EPROTO;
	flags = get16(message, 2);
	if ((flags & FLAG_QR) == 0 || (flags & FLAG_OPCODE) != 0 ||
	    get16(message, 4) != 1)
		return DG_EPROTO;
	if (dname_from_name(&want, &question->name) != 0 ||
	    dname_read(&got, message, &pos) != 0 || !dname_equal(&want, &got))
		return DG_EPROTO;
	if (message.n - pos < QUESTION_TAIL ||
	    get16(message, pos) != question->type ||
	    get16(message, pos + 2) != CLASS_IN)
		return DG_EPROTO;
	header->id = id;
	header->truncated = (flags & FLAG_TC) != 0;
	header->edns = find_edns(&upper, message, pos + QUESTION_TAIL);
	header->rcode = (flags & FLAG_RCODE) | upper << EXTENDED_BITS;
	return 0;
}

int
dns_answer_check(struct span message)
{
	struct message m = { 0 };
	int err = message_read(&m, message);

	message_free(&m);
	return err;
}

/* A host's name that fills rdata from pos to its end. */
static int
rdata_host(struct name *out, struct span rdata, size_t pos)
{
	struct dname name;

	if (dname_read(&name, rdata, &pos) != 0 || pos != rdata.n)
		return DG_ESYNTAX;
	return dname_to_name(out, &name);
}

int
dns_rdata_mx(uint16_t *preference, struct name *exchange, struct span rdata)
{
	struct name host;

	if (rdata.n < 2 || rdata_host(&host, rdata, 2) != 0)
		return DG_ESYNTAX;
	*preference = (uint16_t)get16(rdata, 0);
	*exchange = host;
	return 0;
}

int
dns_rdata_name(struct name *out, struct span rdata)
{
	return rdata_host(out, rdata, 0);
}

int
dns_rdata_address(struct address *out, struct span rdata)
{
	struct address a = { 0 };

	if (rdata.n == 4)
		a.family = ADDRESS_IPV4;
	else if (rdata.n == 16)
		a.family = ADDRESS_IPV6;
	else
		return DG_ESYNTAX;
	memcpy(a.bytes, rdata.p, rdata.n);
	*out = a;
	return 0;
}
