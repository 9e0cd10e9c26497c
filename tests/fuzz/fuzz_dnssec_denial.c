/* rooms: dnssec base */
/*
 * Proofs of absence from NSEC and NSEC3 records as they come, as if all were
 * signed: by a hostile zone, say. Nothing that stands there may be denied. Input:
 * two bytes for the type, then a message; the zone is test., the names are all
 * owners in it.
 */
#include <stdlib.h>
#include <string.h>

#include "dnssec/nsec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct proofs {
	struct nsec_set nsec;
	struct nsec3_set nsec3;
	struct zone *zone;
	struct work work;
};

static void
gather(struct proofs *p, const struct message *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct record *r = &m->records[i];
		struct rrset set = {
			.owner = &r->owner,
			.type = r->type,
			.n = 1,
			.rdata = { r->rdata },
		};

		if (r->type == TYPE_NSEC &&
		    nsec_set_add(&p->nsec, &set, p->zone) != 0)
			continue;
		if (r->type == TYPE_NSEC3 &&
		    nsec3_set_add(&p->nsec3, &set, p->zone) != 0)
			continue;
	}
}

/* The zone says itself that the type is there, at the first record that stands
 * at the name. */
static bool
is_there(const struct proofs *p, const struct denial_case *c)
{
	for (size_t i = 0; i < p->nsec.n; i++)
		if (dname_equal(&p->nsec.nsec[i].owner, c->name))
			return bitmap_has(p->nsec.nsec[i].bitmap, c->type) &&
			    !bitmap_has(p->nsec.nsec[i].bitmap, TYPE_NXNAME);
	return false;
}

static void
prove(struct proofs *p, const struct denial_case *c)
{
	unsigned apex = dname_labels(&c->zone->name);

	if (p->nsec.n > 0) {
		if (nsec_prove(&p->nsec, c) != DENIAL_UNKNOWN && is_there(p, c))
			abort();
		for (unsigned n = apex; n < dname_labels(c->name); n++)
			(void)nsec_prove_expansion(&p->nsec, c, n);
	}
	if (p->nsec3.n > 0) {
		(void)nsec3_prove(&p->nsec3, &p->work, c);
		for (unsigned n = apex; n < dname_labels(c->name); n++)
			(void)nsec3_prove_expansion(&p->nsec3, &p->work, c, n);
	}
	if (p->work.hashes > DNSSEC_MAX_NSEC3_HASH)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dname apex = { 6, { 4, 't', 'e', 's', 't', 0 } };
	struct proofs p = { 0 };
	struct message m = { 0 };

	if (size < 2 || message_read(&m, span_of(data + 2, size - 2)) != 0)
		return 0;
	if (zone_new_insecure(&p.zone, &apex) != 0)
		abort();
	gather(&p, &m);
	for (size_t i = 0; i < m.n; i++) {
		struct denial_case c = {
			.message = &m,
			.zone = p.zone,
			.name = &m.records[i].owner,
			.type = (uint16_t)(data[0] << 8 | data[1]),
		};

		if (dname_is_within(c.name, &apex))
			prove(&p, &c);
	}
	zone_release(p.zone);
	message_free(&m);
	return 0;
}
