#include "dnssec/denial.h"

#include "dnssec/nsec.h"

/* What the zone has signed of a message's authority section. */
struct evidence {
	struct nsec_set nsec;
	struct nsec3_set nsec3;
	uint32_t ttl;
};

/* The record at index is the first of its RRset. */
static bool
is_first(const struct message *m, size_t index)
{
	const struct record *r = &m->records[index];

	for (size_t i = 0; i < index; i++)
		if (m->records[i].type == r->type &&
		    m->records[i].section == r->section &&
		    dname_equal(&m->records[i].owner, &r->owner))
			return false;
	return true;
}

/* Adds one RRset if it is signed and says something. */
static void
take(struct evidence *e, struct work *work, const struct denial_case *c,
    const struct record *r)
{
	struct signature signature;
	struct rrset set;
	int err;

	/* What cannot be used any more is not worth a check. */
	if ((r->type == TYPE_NSEC ? e->nsec.n : e->nsec3.n) ==
	    DNSSEC_MAX_DENIALS)
		return;
	if (message_rrset(&set, c->message, SECTION_AUTHORITY, &r->owner,
		r->type) != 0 ||
	    !dname_is_within(&r->owner, &c->zone->name) ||
	    signature_check(&signature, work, c->message, &set, c->zone) !=
		SIGNING_GOOD)
		return;
	if (r->type == TYPE_NSEC)
		err = nsec_set_add(&e->nsec, &set, c->zone);
	else
		err = nsec3_set_add(&e->nsec3, &set, c->zone);
	if (err == 0 && signature.ttl < e->ttl)
		e->ttl = signature.ttl;
}

static void
gather(struct evidence *e, struct work *work, const struct denial_case *c)
{
	const struct message *m = c->message;

	e->nsec.n = 0;
	e->nsec3.n = 0;
	e->ttl = UINT32_MAX;
	work->why = NULL;
	for (size_t i = 0; i < m->n; i++) {
		const struct record *r = &m->records[i];

		if (r->section == SECTION_AUTHORITY &&
		    (r->type == TYPE_NSEC || r->type == TYPE_NSEC3) &&
		    is_first(m, i))
			take(e, work, c, r);
	}
	/* Evidence that does not hold is why there is no proof. */
	if (work->why == NULL || e->nsec.n + e->nsec3.n > 0)
		work->why = "no proof of absence";
}

void
denial_prove(struct denial_proof *out, struct work *work,
    const struct denial_case *c)
{
	struct evidence e;

	gather(&e, work, c);
	out->what = DENIAL_UNKNOWN;
	out->ttl = e.ttl;
	if (e.nsec.n > 0)
		out->what = nsec_prove(&e.nsec, c);
	if (out->what == DENIAL_UNKNOWN && e.nsec3.n > 0)
		out->what = nsec3_prove(&e.nsec3, work, c);
}

void
denial_prove_expansion(struct denial_proof *out, struct work *work,
    const struct denial_case *c, unsigned labels)
{
	struct evidence e;

	gather(&e, work, c);
	out->what = DENIAL_UNKNOWN;
	out->ttl = e.ttl;
	if (e.nsec.n > 0)
		out->what = nsec_prove_expansion(&e.nsec, c, labels);
	if (out->what == DENIAL_UNKNOWN && e.nsec3.n > 0)
		out->what = nsec3_prove_expansion(&e.nsec3, work, c, labels);
}
