#include "dnssec/record.h"

#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#define HEADER_LEN	12
#define QUESTION_TAIL	4
#define RECORD_FIXED	10
#define RECORD_LEAST	11 /* a record of the root without RDATA */
#define RRSIG_SIGNER_AT 18
#define CLASS_IN	1
#define TTL_SIGN	0x80000000U

uint16_t
wire_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t
wire_get32(const uint8_t *p)
{
	return (uint32_t)wire_get16(p) << 16 | wire_get16(p + 2);
}

void
wire_put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

void
wire_put32(uint8_t *p, uint32_t value)
{
	wire_put16(p, value >> 16);
	wire_put16(p + 2, value & 0xffff);
}

void
record_free(struct record *r)
{
	free(r->own);
	r->own = NULL;
}

void
message_free(struct message *m)
{
	for (size_t i = 0; i < m->n; i++)
		record_free(&m->records[i]);
	free(m->records);
	free(m->bytes);
	memset(m, 0, sizeof(*m));
}

/*
 * Types whose RDATA holds names that may be compressed and are lower case in
 * canonical form (RFC 4034 6.2, RFC 6840 5.1). All others are what they are,
 * byte for byte, however odd they look: a TLSA record that cannot be read is
 * still there.
 */
static bool
holds_names(uint16_t type)
{
	static const uint16_t types[] = { LDNS_RR_TYPE_NS, LDNS_RR_TYPE_MD,
		LDNS_RR_TYPE_MF, LDNS_RR_TYPE_CNAME, LDNS_RR_TYPE_SOA,
		LDNS_RR_TYPE_MB, LDNS_RR_TYPE_MG, LDNS_RR_TYPE_MR,
		LDNS_RR_TYPE_PTR, LDNS_RR_TYPE_MINFO, LDNS_RR_TYPE_MX,
		LDNS_RR_TYPE_RP, LDNS_RR_TYPE_AFSDB, LDNS_RR_TYPE_RT,
		LDNS_RR_TYPE_PX, LDNS_RR_TYPE_SRV, LDNS_RR_TYPE_NAPTR,
		LDNS_RR_TYPE_KX, LDNS_RR_TYPE_DNAME };

	for (size_t i = 0; i < DG_ARRAY_LEN(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

/* Gives r the RDATA of rr in canonical wire form. */
static int
take_rdata(struct record *r, ldns_rr *rr)
{
	size_t n = 0;
	size_t at = 0;
	uint8_t *p;

	ldns_rr2canonical(rr);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
		n += ldns_rdf_size(ldns_rr_rdf(rr, i));
	p = malloc(n > 0 ? n : 1);
	if (p == NULL)
		return DG_ENOMEM;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *rdf = ldns_rr_rdf(rr, i);

		memcpy(p + at, ldns_rdf_data(rdf), ldns_rdf_size(rdf));
		at += ldns_rdf_size(rdf);
	}
	r->own = p;
	r->rdata = span_of(p, n);
	return 0;
}

/* Reads the record at pos, which must end at end, by way of ldns. */
static int
read_names(struct record *r, struct span m, size_t pos, size_t end)
{
	ldns_rr *rr = NULL;
	ldns_status status;
	int err = DG_ESYNTAX;

	status = ldns_wire2rr(&rr, m.p, m.n, &pos, LDNS_SECTION_ANSWER);
	if (status == LDNS_STATUS_MEM_ERR)
		return DG_ENOMEM;
	if (status != LDNS_STATUS_OK)
		return DG_ESYNTAX;
	/* It may leave fields out, and read names past the end of RDATA. */
	if (pos == end &&
	    ldns_rr_rd_count(rr) ==
		ldns_rr_descriptor_minimum(ldns_rr_descript(r->type)))
		err = take_rdata(r, rr);
	ldns_rr_free(rr);
	return err;
}

/* The signer's name counts in lower case, however it was written. */
static void
lower_signer(uint8_t *rdata, size_t n)
{
	struct dname signer;
	size_t pos = RRSIG_SIGNER_AT;

	if (dname_read(&signer, span_of(rdata, n), &pos) == 0)
		memcpy(rdata + RRSIG_SIGNER_AT, signer.bytes, signer.len);
}

/* Reads the record at *pos of m->bytes[0..n); *kept says whether it counts. */
static int
read_record(struct record *r, bool *kept, const struct message *m, size_t n,
    size_t *pos)
{
	struct span bytes = span_of(m->bytes, n);
	size_t start = *pos;
	size_t at = start;
	size_t len;
	unsigned class;

	if (dname_unpack(&r->owner, bytes, &at) != 0 || n - at < RECORD_FIXED)
		return DG_ESYNTAX;
	r->type = wire_get16(m->bytes + at);
	class = wire_get16(m->bytes + at + 2);
	r->ttl = wire_get32(m->bytes + at + 4);
	len = wire_get16(m->bytes + at + 8);
	at += RECORD_FIXED;
	if (n - at < len)
		return DG_ESYNTAX;
	/* RFC 2181 section 8. */
	if ((r->ttl & TTL_SIGN) != 0)
		r->ttl = 0;
	*pos = at + len;
	*kept = class == CLASS_IN;
	if (!*kept)
		return 0;
	if (holds_names(r->type))
		return read_names(r, bytes, start, at + len);
	if (r->type == TYPE_RRSIG)
		lower_signer(m->bytes + at, len);
	r->rdata = span_of(m->bytes + at, len);
	return 0;
}

/* Reads count records at *pos into m. */
static int
read_section(struct message *m, enum section section, size_t count, size_t n,
    size_t *pos)
{
	for (; count > 0; count--) {
		struct record *r = &m->records[m->n];
		bool kept = false;
		int err = read_record(r, &kept, m, n, pos);

		if (err != 0)
			return err;
		r->section = section;
		if (kept)
			m->n++;
	}
	return 0;
}

/* Reads the sections of m->bytes, n bytes of it. */
static int
read_message(struct message *m, size_t n)
{
	size_t questions = wire_get16(m->bytes + 4);
	size_t answers = wire_get16(m->bytes + 6);
	size_t authority = wire_get16(m->bytes + 8);
	size_t pos = HEADER_LEN;
	int err;

	if (answers + authority > DNSSEC_MAX_RECORDS)
		return DG_ELIMIT;
	if ((answers + authority) * RECORD_LEAST > n)
		return DG_ESYNTAX;
	for (; questions > 0; questions--) {
		if (dname_skip(span_of(m->bytes, n), &pos) != 0 ||
		    n - pos < QUESTION_TAIL)
			return DG_ESYNTAX;
		pos += QUESTION_TAIL;
	}
	m->rcode = m->bytes[3] & 0x0f;
	m->records = calloc(answers + authority + 1, sizeof(*m->records));
	if (m->records == NULL)
		return DG_ENOMEM;
	err = read_section(m, SECTION_ANSWER, answers, n, &pos);
	if (err == 0)
		err = read_section(m, SECTION_AUTHORITY, authority, n, &pos);
	return err;
}

int
message_read(struct message *out, struct span bytes)
{
	struct message m = { 0 };
	int err;

	if (bytes.n < HEADER_LEN)
		return DG_ESYNTAX;
	if (bytes.n > DNSSEC_MAX_MESSAGE)
		return DG_ELIMIT;
	m.bytes = malloc(bytes.n);
	if (m.bytes == NULL)
		return DG_ENOMEM;
	memcpy(m.bytes, bytes.p, bytes.n);
	err = read_message(&m, bytes.n);
	if (err != 0) {
		message_free(&m);
		return err;
	}
	*out = m;
	return 0;
}

/* Below zero, zero, above: RFC 4034 6.3. */
static int
rdata_compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (order != 0)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

/* Puts rdata in its place, unless it is there already (RFC 4034 6.3). */
static int
rrset_add(struct rrset *set, struct span rdata)
{
	size_t at = set->n;

	while (at > 0 && rdata_compare(set->rdata[at - 1], rdata) > 0)
		at--;
	if (at > 0 && span_equal(set->rdata[at - 1], rdata))
		return 0;
	if (set->n == DNSSEC_MAX_ANSWERS)
		return DG_ELIMIT;
	memmove(&set->rdata[at + 1], &set->rdata[at],
	    (set->n - at) * sizeof(set->rdata[0]));
	set->rdata[at] = rdata;
	set->n++;
	return 0;
}

int
message_rrset(struct rrset *out, const struct message *m, enum section section,
    const struct dname *owner, uint16_t type)
{
	out->n = 0;
	out->cut = false;
	for (size_t i = 0; i < m->n; i++) {
		const struct record *r = &m->records[i];

		if (r->section != section || r->type != type ||
		    !dname_equal(&r->owner, owner))
			continue;
		if (out->n == 0) {
			out->owner = &r->owner;
			out->section = section;
			out->type = type;
			out->ttl = r->ttl;
		}
		if (r->ttl < out->ttl)
			out->ttl = r->ttl;
		if (rrset_add(out, r->rdata) != 0)
			out->cut = true;
	}
	if (out->cut)
		return DG_ELIMIT;
	return out->n > 0 ? 0 : DG_ENOTFOUND;
}

int
record_from_text(struct record *r, const char *text)
{
	struct record rec = { .section = SECTION_ANSWER };
	struct span owner;
	size_t pos = 0;
	ldns_rr *rr = NULL;
	int err = DG_ESYNTAX;

	if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) != LDNS_STATUS_OK)
		return DG_ESYNTAX;
	owner = span_of(ldns_rdf_data(ldns_rr_owner(rr)),
	    ldns_rdf_size(ldns_rr_owner(rr)));
	rec.type = (uint16_t)ldns_rr_get_type(rr);
	rec.ttl = ldns_rr_ttl(rr);
	if (ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	    dname_read(&rec.owner, owner, &pos) == 0)
		err = take_rdata(&rec, rr);
	ldns_rr_free(rr);
	if (err == 0)
		*r = rec;
	return err;
}
