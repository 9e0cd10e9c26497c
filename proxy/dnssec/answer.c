#include "dnssec/answer.h"

#include "dnssec/message.h"

#define SOA_NUMBERS 20 /* bytes at the end of its RDATA */
#define SOA_MINIMUM 4

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool
is_signed(const struct denial_case *c)
{
	return c->zone->status == DNSSEC_SECURE;
}

/* Has anybody signed anything in m? */
static bool
has_signatures(const struct message *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->records[i].type == TYPE_RRSIG)
			return true;
	return false;
}

/* How long an absence may be remembered: RFC 2308 section 5. */
static uint32_t
negative_ttl(const struct denial_case *c, uint32_t none)
{
	uint32_t ttl = UINT32_MAX;
	bool found = false;

	for (size_t i = 0; i < c->message->n; i++) {
		const struct record *r = &c->message->records[i];

		if (r->section != SECTION_AUTHORITY ||
		    r->type != DNS_TYPE_SOA || r->rdata.n < SOA_NUMBERS ||
		    !dname_is_within(c->name, &r->owner))
			continue;
		found = true;
		ttl = least(ttl,
		    least(r->ttl,
			wire_get32(r->rdata.p + r->rdata.n - SOA_MINIMUM)));
	}
	return found ? ttl : none;
}

/*
 * The RRset, out->set, is signed by the zone, and made from a wildcard only
 * where nothing closer is there. Sets status and ttl; in an unsigned zone all
 * is as it is.
 */
static int
check_set(struct answer *out, struct work *work, const struct denial_case *c)
{
	struct signature signature;
	struct denial_proof proof;
	enum signing signing;

	work->why = "too many records";
	if (out->set.cut)
		return DG_ELIMIT;
	out->ttl = out->set.ttl;
	out->status = DNSSEC_INSECURE;
	if (!is_signed(c))
		return 0;
	signing = signature_check(&signature, work, c->message, &out->set,
	    c->zone);
	out->final = signing == SIGNING_BAD;
	if (signing != SIGNING_GOOD)
		return DG_EPROTO;
	out->ttl = signature.ttl;
	out->status = DNSSEC_SECURE;
	if (!signature.expanded)
		return 0;
	denial_prove_expansion(&proof, work, c, signature.labels);
	out->ttl = least(out->ttl, proof.ttl);
	switch (proof.what) {
	case DENIAL_NXDOMAIN:
		return 0;
	case DENIAL_INSECURE:
		out->status = DNSSEC_INSECURE;
		return 0;
	case DENIAL_UNKNOWN:
	case DENIAL_NODATA:
	case DENIAL_DELEGATION:
	case DENIAL_GAP:
		break;
	}
	return DG_EPROTO;
}

/* The name that the one record in the set leads to. */
static int
read_target(struct dname *out, struct work *work, const struct rrset *set)
{
	size_t pos = 0;

	work->why = "more than one alias";
	return set->n == 1 ? dname_read(out, set->rdata[0], &pos) : DG_EPROTO;
}

/* Finds a DNAME at a name above, in the zone. */
static bool
find_dname(struct rrset *set, const struct denial_case *c)
{
	unsigned apex = is_signed(c) ? dname_labels(&c->zone->name) : 0;
	struct dname above;

	for (unsigned n = dname_labels(c->name); n-- > apex;) {
		dname_ancestor(&above, c->name, n);
		if (message_rrset(set, c->message, SECTION_ANSWER, &above,
			DNS_TYPE_DNAME) == 0)
			return true;
	}
	return false;
}

/*
 * RFC 6672 section 5.3.1: the CNAME that a server makes of a DNAME is not
 * signed; it is made again here.
 */
static void
judge_dname(struct answer *out, struct work *work, const struct denial_case *c)
{
	if (check_set(out, work, c) != 0 ||
	    read_target(&out->to, work, &out->set) != 0)
		return;
	out->from = *out->set.owner;
	work->why = "name too long after DNAME";
	if (dname_substitute(&out->target, c->name, &out->from, &out->to) == 0)
		out->kind = ANSWER_DNAME;
}

static void
judge_cname(struct answer *out, struct work *work, const struct denial_case *c)
{
	if (check_set(out, work, c) == 0 &&
	    read_target(&out->target, work, &out->set) == 0)
		out->kind = ANSWER_CNAME;
}

static void
judge_absence(struct answer *out, struct work *work,
    const struct denial_case *c)
{
	struct denial_proof proof;
	bool nxdomain = c->message->rcode == DNS_RCODE_NXDOMAIN;

	out->status = DNSSEC_INSECURE;
	out->ttl = negative_ttl(c, 0);
	if (!is_signed(c)) {
		out->kind = nxdomain ? ANSWER_NXDOMAIN : ANSWER_NODATA;
		return;
	}
	denial_prove(&proof, work, c);
	out->ttl = least(negative_ttl(c, proof.ttl), proof.ttl);
	switch (proof.what) {
	case DENIAL_UNKNOWN:
		return;
	case DENIAL_INSECURE:
		out->kind = nxdomain ? ANSWER_NXDOMAIN : ANSWER_NODATA;
		return;
	case DENIAL_GAP:
		out->kind = ANSWER_DELEGATION;
		return;
	case DENIAL_NODATA:
		out->kind = ANSWER_NODATA;
		break;
	case DENIAL_NXDOMAIN:
		out->kind = ANSWER_NXDOMAIN;
		break;
	case DENIAL_DELEGATION:
		out->kind = ANSWER_DELEGATION;
		break;
	}
	out->status = DNSSEC_SECURE;
}

/* A CNAME without a signature, below a DNAME: what a server made of that. */
static bool
is_made_up(const struct rrset *cname, const struct denial_case *c)
{
	struct rrset dname;

	return !signature_present(c->message, cname) && find_dname(&dname, c);
}

/* The RRset of c->name and type is there, and the answer. */
static bool
has_set(struct rrset *set, const struct denial_case *c, uint16_t type)
{
	return message_rrset(set, c->message, SECTION_ANSWER, c->name, type) !=
	    DG_ENOTFOUND &&
	    (type != DNS_TYPE_CNAME || !is_made_up(set, c));
}

static void
judge(struct answer *out, struct work *work, const struct denial_case *c)
{
	if (has_set(&out->set, c, c->type)) {
		if (check_set(out, work, c) == 0)
			out->kind = ANSWER_RECORDS;
	} else if (has_set(&out->set, c, DNS_TYPE_CNAME)) {
		judge_cname(out, work, c);
	} else if (find_dname(&out->set, c)) {
		judge_dname(out, work, c);
	} else {
		judge_absence(out, work, c);
	}
}

void
answer_judge(struct answer *out, struct work *work, const struct denial_case *c)
{
	out->kind = ANSWER_UNKNOWN;
	out->status = DNSSEC_UNKNOWN;
	out->final = false;
	work->why = NULL;
	judge(out, work, c);
	out->stripped = !has_signatures(c->message);
}

/* The RRSIG at r is over something that answers name and type. */
static bool
speaks_of(const struct record *r, const struct dname *name, uint16_t type)
{
	uint16_t covers = signature_covers(r->rdata);

	if (r->section == SECTION_AUTHORITY)
		return covers == TYPE_NSEC || covers == TYPE_NSEC3 ||
		    covers == DNS_TYPE_SOA;
	if (covers == DNS_TYPE_DNAME)
		return dname_is_within(name, &r->owner) &&
		    !dname_equal(name, &r->owner);
	return dname_equal(name, &r->owner) &&
	    (covers == type || covers == DNS_TYPE_CNAME);
}

int
answer_signer(struct dname *out, const struct message *m,
    const struct dname *name, uint16_t type)
{
	bool found = false;

	for (size_t i = 0; i < m->n; i++) {
		const struct record *r = &m->records[i];
		struct dname signer;

		if (r->type != TYPE_RRSIG || !speaks_of(r, name, type) ||
		    signature_signer(&signer, r->rdata) != 0 ||
		    !dname_is_within(name, &signer) ||
		    (found && signer.len <= out->len))
			continue;
		*out = signer;
		found = true;
	}
	return found ? 0 : DG_ENOTFOUND;
}
