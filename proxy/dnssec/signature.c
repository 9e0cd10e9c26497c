#include "dnssec/signature.h"

#include <stdlib.h>
#include <string.h>

#define SIGNER_AT 18
#define RR_FIXED  10
#define CLASS_IN  1

struct rrsig {
	uint16_t covers;
	uint8_t algorithm;
	uint8_t labels;
	uint32_t ttl;
	uint32_t expires;
	uint32_t begins;
	uint16_t tag;
	struct dname signer;
	struct span head; /* RDATA without the signature */
	struct span signature;
};

/* RFC 4034 section 3.1. */
static int
rrsig_parse(struct rrsig *out, struct span rdata)
{
	size_t pos = SIGNER_AT;

	if (rdata.n < SIGNER_AT || dname_read(&out->signer, rdata, &pos) != 0)
		return DG_ESYNTAX;
	out->covers = wire_get16(rdata.p);
	out->algorithm = rdata.p[2];
	out->labels = rdata.p[3];
	out->ttl = wire_get32(rdata.p + 4);
	out->expires = wire_get32(rdata.p + 8);
	out->begins = wire_get32(rdata.p + 12);
	out->tag = wire_get16(rdata.p + 16);
	out->head = span_slice(rdata, 0, pos);
	out->signature = span_slice(rdata, pos, rdata.n);
	return 0;
}

int
signature_signer(struct dname *out, struct span rdata)
{
	size_t pos = SIGNER_AT;

	return dname_read(out, rdata, &pos);
}

uint16_t
signature_covers(struct span rdata)
{
	return rdata.n < SIGNER_AT ? 0 : wire_get16(rdata.p);
}

/* The next RRSIG over set at or after *index, which moves behind it. */
static bool
next_rrsig(struct span *rdata, size_t *index, const struct message *m,
    const struct rrset *set)
{
	while (*index < m->n) {
		const struct record *r = &m->records[(*index)++];

		if (r->type == TYPE_RRSIG && r->section == set->section &&
		    signature_covers(r->rdata) == set->type &&
		    dname_equal(&r->owner, set->owner)) {
			*rdata = r->rdata;
			return true;
		}
	}
	return false;
}

bool
signature_present(const struct message *m, const struct rrset *set)
{
	struct span rdata;
	size_t index = 0;

	return next_rrsig(&rdata, &index, m, set);
}

/* Labels as RRSIG counts them: a leading * is none (RFC 4034 3.1.3). */
static unsigned
signed_labels(const struct dname *owner)
{
	return dname_labels(owner) - (dname_is_wildcard(owner) ? 1 : 0);
}

/* Types that no wildcard can stand for: what proves or delegates. */
static bool
may_expand(uint16_t type)
{
	return type != TYPE_NSEC && type != TYPE_NSEC3 &&
	    type != DNS_TYPE_DNSKEY && type != DNS_TYPE_DS &&
	    type != DNS_TYPE_DNAME;
}

/*
 * All that RFC 4035 5.3.1 asks of an RRSIG before its signature is worth a
 * look; NULL, or what is wrong.
 */
static const char *
rrsig_fault(const struct rrsig *sig, const struct rrset *set,
    const struct zone *zone, uint32_t now)
{
	unsigned labels = signed_labels(set->owner);

	if (!dname_equal(&sig->signer, &zone->name))
		return "signed by another zone";
	if (!dname_is_within(set->owner, &zone->name))
		return "not in the zone that signed it";
	if (!key_algorithm_supported(sig->algorithm))
		return "signed by an unknown algorithm";
	if (sig->labels > labels)
		return "signature with more labels than the name";
	if (sig->labels < labels &&
	    (!may_expand(set->type) || sig->labels < dname_labels(&zone->name)))
		return "expanded from a wildcard that cannot be";
	/* Serial number arithmetic, RFC 4034 3.1.5. */
	if ((int32_t)(sig->expires - sig->begins) < 0)
		return "signature that expires before it begins";
	if ((int32_t)(now - sig->begins) < 0)
		return "signature not valid yet";
	if ((int32_t)(sig->expires - now) < 0)
		return "signature expired";
	return NULL;
}

/*
 * The bytes that were signed, RFC 4034 3.1.8.1; the caller frees data->p's
 * memory, *mem.
 */
static int
signed_data(uint8_t **mem, struct span *data, const struct rrsig *sig,
    const struct rrset *set)
{
	struct dname owner = *set->owner;
	size_t n = sig->head.n;
	uint8_t *p;
	uint8_t *at;

	if (sig->labels < signed_labels(set->owner)) {
		struct dname parent;

		dname_ancestor(&parent, set->owner, sig->labels);
		if (dname_wildcard(&owner, &parent) != 0)
			return DG_ELIMIT;
	}
	for (size_t i = 0; i < set->n; i++)
		n += owner.len + RR_FIXED + set->rdata[i].n;
	p = malloc(n);
	if (p == NULL)
		return DG_ENOMEM;
	memcpy(p, sig->head.p, sig->head.n);
	at = p + sig->head.n;
	for (size_t i = 0; i < set->n; i++) {
		memcpy(at, owner.bytes, owner.len);
		at += owner.len;
		wire_put16(at, set->type);
		wire_put16(at + 2, CLASS_IN);
		wire_put32(at + 4, sig->ttl);
		wire_put16(at + 8, (unsigned)set->rdata[i].n);
		at += RR_FIXED;
		if (set->rdata[i].n > 0)
			memcpy(at, set->rdata[i].p, set->rdata[i].n);
		at += set->rdata[i].n;
	}
	*mem = p;
	*data = span_of(p, n);
	return 0;
}

/* Tries the zone's keys that the RRSIG may mean. */
static bool
rrsig_holds(struct work *work, const struct rrsig *sig, const struct rrset *set,
    const struct zone *zone)
{
	unsigned tried = 0;
	uint8_t *mem = NULL;
	struct span data;
	bool good = false;

	work->why = "no key fits the signature";
	for (size_t i = 0; i < zone->nkeys && !good; i++) {
		const struct key *key = &zone->keys[i];

		if (key->tag != sig->tag || key->algorithm != sig->algorithm)
			continue;
		if (tried++ == DNSSEC_MAX_COLLISIONS) {
			work->why = "too many keys of one tag";
			break;
		}
		if (work->signatures == DNSSEC_MAX_SIGNATURES ||
		    work->failures == DNSSEC_MAX_FAILURES) {
			work->why = "too many signatures to check";
			break;
		}
		if (mem == NULL && signed_data(&mem, &data, sig, set) != 0) {
			work->why = "no memory";
			work->no_memory = true;
			break;
		}
		work->signatures++;
		work->why = "signature does not verify";
		good = key_verify(key, sig->signature, data);
		work->failures += good ? 0 : 1;
	}
	free(mem);
	return good;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

enum signing
signature_check(struct signature *out, struct work *work,
    const struct message *m, const struct rrset *set, const struct zone *zone)
{
	uint32_t now = (uint32_t)work->now;
	struct span rdata;
	struct rrsig sig;
	size_t index = 0;

	if (!signature_present(m, set)) {
		work->why = "no signature";
		return SIGNING_MISSING;
	}
	work->why = "malformed signature";
	while (next_rrsig(&rdata, &index, m, set)) {
		const char *fault;

		if (rrsig_parse(&sig, rdata) != 0)
			continue;
		fault = rrsig_fault(&sig, set, zone, now);
		if (fault != NULL) {
			work->why = fault;
			continue;
		}
		if (!rrsig_holds(work, &sig, set, zone))
			continue;
		work->why = NULL;
		out->ttl = least(least(set->ttl, sig.ttl), sig.expires - now);
		out->original_ttl = sig.ttl;
		out->valid_for = sig.expires - now;
		out->labels = sig.labels;
		out->expanded = sig.labels < signed_labels(set->owner);
		return SIGNING_GOOD;
	}
	return SIGNING_BAD;
}

/* Leaves in z only keys that a DS record means. */
static void
keep_trusted(struct zone *z, const struct ds_set *ds)
{
	unsigned tried = 0;
	size_t kept = 0;

	for (size_t i = 0; i < z->nkeys; i++) {
		bool fits = false;

		for (size_t k = 0; k < ds->n && !fits; k++) {
			if (ds->ds[k].tag != z->keys[i].tag ||
			    tried == DNSSEC_MAX_DIGESTS)
				continue;
			tried++;
			fits = ds_fits(&ds->ds[k], &z->name, &z->keys[i]);
		}
		if (fits)
			z->keys[kept++] = z->keys[i];
	}
	z->nkeys = kept;
}

/* Makes the zone of the RRset, all usable keys in it. */
static int
make_zone(struct zone **out, struct work *work, const struct rrset *dnskey)
{
	int err = zone_new_secure(out, dnskey->owner, dnskey);

	if (err != 0) {
		work->why = err == DG_ELIMIT ? "too many keys" : "no memory";
		work->no_memory = err == DG_ENOMEM;
	}
	return err;
}

enum signing
signature_check_keys(struct zone **out, struct signature *signature,
    struct work *work, const struct keys_answer *answer)
{
	struct zone *trusted;
	struct zone *all;
	enum signing status;

	if (make_zone(&trusted, work, answer->dnskey) != 0)
		return SIGNING_BAD;
	keep_trusted(trusted, answer->ds);
	status = signature_check(signature, work, answer->message,
	    answer->dnskey, trusted);
	if (trusted->nkeys == 0 && status != SIGNING_MISSING) {
		work->why = "no key fits the DS records";
		status = SIGNING_BAD;
	}
	zone_release(trusted);
	if (status != SIGNING_GOOD)
		return status;
	if (make_zone(&all, work, answer->dnskey) != 0)
		return SIGNING_BAD;
	*out = all;
	return SIGNING_GOOD;
}
