#include "dnssec_edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 120 /* of a section */
#define BITMAP_MAX  32	/* octets of bits in a window */

static void
require(bool truth)
{
	if (!truth)
		abort();
}

/* The pool */

/* What a forger would like to be believed of a zone: @ is its origin. */
static const char *const lies[] = {
	"www.@ 300 IN A 192.0.2.66",
	"_25._tcp.mx.@ 300 IN TLSA 3 1 1 00",
	"*.@ 300 IN A 192.0.2.66",
	"*.wild.@ 300 IN A 192.0.2.66",
	"www.@ 300 IN CNAME www.u.test.",
	"@ 300 IN DNAME u.test.",
	"@ 300 IN NSEC @ NS SOA RRSIG NSEC DNSKEY",
	"@ 300 IN NSEC zzz.test. NS RRSIG NSEC",
	"www.@ 300 IN NSEC www-.@ RRSIG NSEC",
	"s.@ 300 IN NSEC t.@ NS RRSIG NSEC",
};

/* Who forges, and in whose name: his own (NULL), the zone's, the parent's. */
static const char *const forgers[] = { "evil.test.", "e.n.test." };
static const char *const forged_signers[] = { NULL, "", "test." };

static void
add_signed(struct edit_pool *p, struct world_zone *by, const char *text,
    const struct world_signing *how)
{
	ldns_rr_list *set = ldns_rr_list_new();
	ldns_rr *rr = world_rr(text);

	ldns_rr_list_push_rr(set, rr);
	world_sign_set(p->forged, by, set, how);
	ldns_rr_list_free(set);
	ldns_rr_list_push_rr(p->forged, rr);
}

/* The zone said so itself, at another time. */
static void
add_stale(struct edit_pool *p, struct world *w, const char *origin,
    const char *text)
{
	const struct world_signing past = {
		.begins = WORLD_NOW - (int64_t)9 * WORLD_DAY,
		.expires = WORLD_NOW - WORLD_DAY,
	};
	const struct world_signing future = {
		.begins = WORLD_NOW + WORLD_DAY,
		.expires = WORLD_NOW + (int64_t)9 * WORLD_DAY,
	};

	add_signed(p, world_find(w, origin), text, &past);
	add_signed(p, world_find(w, origin), text, &future);
}

static void
add_forged(struct edit_pool *p, struct world *w, const char *origin,
    const char *text)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(forgers); i++) {
		for (size_t k = 0; k < DG_ARRAY_LEN(forged_signers); k++) {
			const char *signer = forged_signers[k];
			struct world_signing how = {
				.signer = signer != NULL && signer[0] == '\0'
				    ? origin
				    : signer,
			};

			add_signed(p, world_find(w, forgers[i]), text, &how);
		}
	}
}

/* Keys and DS records of a forger, under the zone's name. */
static void
add_key_of(struct edit_pool *p, struct world *w, const char *origin,
    const char *forger)
{
	const struct world_zone *from = world_find(w, forger);
	const struct world_signing how = { .signer = origin };

	for (size_t i = 0; i < ldns_rr_list_rr_count(from->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(from->rrs, i);
		char *text;
		char lie[2 * EDIT_TEXT_MAX];

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNSKEY)
			continue;
		text = ldns_rr2str(rr);
		require(text != NULL && strlen(text) < EDIT_TEXT_MAX);
		(void)snprintf(lie, sizeof(lie), "%s%s", origin,
		    text + strlen(forger));
		add_signed(p, world_find(w, forger), lie, &how);
		free(text);
	}
}

void
edit_fill(char out[EDIT_TEXT_MAX], const char *text, const char *origin)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		size_t more = *text == '@' ? strlen(origin) : 1;

		require(n + more < EDIT_TEXT_MAX);
		memcpy(out + n, *text == '@' ? origin : text, more);
		n += more;
	}
	out[n] = '\0';
}

static void
forge(struct edit_pool *p, struct world *w, const char *origin)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(lies); i++) {
		char text[EDIT_TEXT_MAX];

		edit_fill(text, lies[i], origin);
		add_forged(p, w, origin, text);
		add_stale(p, w, origin, text);
	}
	for (size_t i = 0; i < DG_ARRAY_LEN(forgers); i++)
		add_key_of(p, w, origin, forgers[i]);
}

static void
add_owner(struct edit_pool *p, ldns_rdf *owner)
{
	for (size_t i = 0; i < p->nnames; i++)
		if (ldns_dname_compare(p->names[i], owner) == 0)
			return;
	p->names = realloc(p->names, (p->nnames + 1) * sizeof(p->names[0]));
	require(p->names != NULL);
	p->names[p->nnames++] = owner;
}

void
edit_pool_open(struct edit_pool *p, struct world *w)
{
	p->records = ldns_rr_list_new();
	p->forged = ldns_rr_list_new();
	p->names = NULL;
	p->nnames = 0;
	forge(p, w, "n.test.");
	forge(p, w, "h.test.");
	for (size_t i = 0; i < w->n; i++)
		ldns_rr_list_cat(p->records, w->zones[i].rrs);
	p->ntrue = ldns_rr_list_rr_count(p->records);
	ldns_rr_list_cat(p->records, p->forged);
	for (size_t i = 0; i < ldns_rr_list_rr_count(p->records); i++)
		add_owner(p, ldns_rr_owner(ldns_rr_list_rr(p->records, i)));
}

/* Edits */

/* A record of an answer: both sections are counted through. */
struct place {
	ldns_rr_list *list;
	size_t index;
	ldns_rr *rr;
};

static bool
find_place(struct place *out, const struct world_reply *reply, size_t i)
{
	size_t n = ldns_rr_list_rr_count(reply->answer);
	size_t all = n + ldns_rr_list_rr_count(reply->authority);

	if (all == 0)
		return false;
	i %= all;
	out->list = i < n ? reply->answer : reply->authority;
	out->index = i < n ? i : i - n;
	out->rr = ldns_rr_list_rr(out->list, out->index);
	return true;
}

static void
push(ldns_rr_list *list, ldns_rr *rr)
{
	if (ldns_rr_list_rr_count(list) < RECORDS_MAX)
		ldns_rr_list_push_rr(list, rr);
	else
		ldns_rr_free(rr);
}

/* Takes the record out of its list, without freeing it. */
static void
take_out(const struct place *at)
{
	size_t n = ldns_rr_list_rr_count(at->list);

	for (size_t i = at->index; i + 1 < n; i++)
		ldns_rr_list_set_rr(at->list, ldns_rr_list_rr(at->list, i + 1),
		    i);
	ldns_rr_list_set_rr_count(at->list, n - 1);
}

static size_t
wide(const struct edit *e)
{
	return (size_t)e->c << 8 | e->d;
}

/* What an edit is made with. */
struct making {
	struct world_reply *reply;
	const struct edit_pool *pool;
	const struct edit *e;
	ldns_rdf *asked;
	ldns_rdf *zone; /* of it, or the one above */
	ldns_rr_type type;
};

/* The record is of the type, and no further away than a sister of the zone. */
static bool
is_near(const struct making *m, const ldns_rr *rr)
{
	return ldns_rr_get_type(rr) == m->type &&
	    (ldns_dname_compare(ldns_rr_owner(rr), m->zone) == 0 ||
		ldns_dname_is_subdomain(ldns_rr_owner(rr), m->zone));
}

static size_t
index_in_pool(const struct making *m)
{
	const ldns_rr_list *records = m->pool->records;
	size_t n = ldns_rr_list_rr_count(records);
	size_t near = 0;
	size_t i = 0;

	for (; i < n && (m->e->c & 0x80) != 0; i++)
		near += is_near(m, ldns_rr_list_rr(records, i)) ? 1 : 0;
	if (near == 0)
		return wide(m->e) % n;
	near = wide(m->e) % near + 1;
	for (i = 0; near > 0; i++)
		near -= is_near(m, ldns_rr_list_rr(records, i)) ? 1 : 0;
	return i - 1;
}

static const ldns_rr *
from_pool(const struct making *m)
{
	return ldns_rr_list_rr(m->pool->records, index_in_pool(m));
}

static ldns_rdf *
name_from_pool(const struct edit_pool *p, size_t i)
{
	return ldns_rdf_clone(p->names[i % p->nnames]);
}

static void
set_owner(ldns_rr *rr, ldns_rdf *owner)
{
	ldns_rdf_deep_free(ldns_rr_owner(rr));
	ldns_rr_set_owner(rr, owner);
}

/* rr is of that type, or an RRSIG over it. */
static bool
belongs(const ldns_rr *rr, ldns_rr_type type)
{
	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG)
		return ldns_rr_get_type(rr) == type;
	return type == LDNS_RR_TYPE_RRSIG ||
	    ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == type;
}

static ldns_rr_type
type_of_set(const ldns_rr *rr)
{
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG
	    ? ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr))
	    : ldns_rr_get_type(rr);
}

static void
put_set(const struct making *m, ldns_rr_list *into)
{
	size_t at = index_in_pool(m);
	size_t ntrue = m->pool->ntrue;
	bool forged = at >= ntrue;
	size_t from = forged ? at - (at - ntrue) % 2 : 0;
	size_t end = forged ? from + 2 : ntrue;
	const ldns_rr *model = ldns_rr_list_rr(m->pool->records, at);

	for (size_t i = from; i < end; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(m->pool->records, i);
		ldns_rr *copy;

		if (!belongs(rr, type_of_set(model)) ||
		    ldns_dname_compare(ldns_rr_owner(rr),
			ldns_rr_owner(model)) != 0)
			continue;
		copy = ldns_rr_clone(rr);
		if ((m->e->b & 4) != 0)
			set_owner(copy, ldns_rdf_clone(m->asked));
		else if ((m->e->b & 2) != 0)
			set_owner(copy, name_from_pool(m->pool, m->e->a));
		push(into, copy);
	}
}

static void
rename_set(const struct place *at, const struct edit_pool *p,
    const struct edit *e)
{
	ldns_rdf *old = ldns_rdf_clone(ldns_rr_owner(at->rr));
	ldns_rr_type type = type_of_set(at->rr);

	for (size_t i = 0; i < ldns_rr_list_rr_count(at->list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(at->list, i);

		if (belongs(rr, type) &&
		    ldns_dname_compare(ldns_rr_owner(rr), old) == 0)
			set_owner(rr, name_from_pool(p, wide(e)));
	}
	ldns_rdf_deep_free(old);
}

static void
change_case(ldns_rr *rr, unsigned bits)
{
	uint8_t *p = ldns_rdf_data(ldns_rr_owner(rr));
	size_t n = ldns_rdf_size(ldns_rr_owner(rr));

	/* Letters alone: lengths are below them. */
	for (size_t i = 0; i < n; i++)
		if (((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z') &&
		    (bits >> i % 8 & 1) != 0)
			p[i] ^= 0x20;
}

static void
change_field(ldns_rr *rr, const struct edit_pool *p, const struct edit *e)
{
	size_t n = ldns_rr_rd_count(rr);
	size_t i = n > 0 ? (e->b & 0x7f) % n : 0;
	ldns_rdf *field = n > 0 ? ldns_rr_rdf(rr, i) : NULL;
	uint8_t *at;

	if (field == NULL || ldns_rdf_size(field) == 0)
		return;
	if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME) {
		ldns_rdf_deep_free(
		    ldns_rr_set_rdf(rr, name_from_pool(p, wide(e)), i));
		return;
	}
	at = ldns_rdf_data(field) + e->c % ldns_rdf_size(field);
	*at = (e->b & 0x80) != 0 ? e->d : (uint8_t)(*at ^ e->d);
}

/* Turns a type below 256 in a bit map, which becomes one of one window. */
static void
change_bit(ldns_rr *rr, unsigned type)
{
	size_t n = ldns_rr_rd_count(rr);
	ldns_rdf *map = n > 0 ? ldns_rr_rdf(rr, n - 1) : NULL;
	uint8_t bits[2 + BITMAP_MAX] = { 0, 0 };
	size_t have;

	if (map == NULL || ldns_rdf_get_type(map) != LDNS_RDF_TYPE_BITMAP ||
	    ldns_rdf_size(map) < 2 || ldns_rdf_data(map)[0] != 0)
		return;
	have = ldns_rdf_data(map)[1];
	if (have > BITMAP_MAX || have + 2 > ldns_rdf_size(map))
		return;
	memcpy(bits + 2, ldns_rdf_data(map) + 2, have);
	bits[2 + type / 8] ^= (uint8_t)(0x80 >> type % 8);
	bits[1] = BITMAP_MAX;
	while (bits[1] > 1 && bits[1 + bits[1]] == 0)
		bits[1]--;
	ldns_rdf_deep_free(ldns_rr_set_rdf(rr,
	    ldns_rdf_new_frm_data(LDNS_RDF_TYPE_BITMAP, (size_t)bits[1] + 2,
		bits),
	    n - 1));
}

/* Edits that want no record of the answer. True when that was all. */
static bool
apply_whole(const struct making *m)
{
	struct world_reply *reply = m->reply;
	const struct edit *e = m->e;
	ldns_rr_list *list = (e->b & 1) != 0 ? reply->answer : reply->authority;

	switch ((unsigned)(e->op % EDIT_OPS)) {
	case EDIT_PUT:
		push(list, ldns_rr_clone(from_pool(m)));
		return true;
	case EDIT_PUT_SET:
		put_set(m, list);
		return true;
	case EDIT_RCODE:
		reply->rcode = e->a & 0x0f;
		return true;
	case EDIT_SECTION:
		world_remove(list, 0, 0);
		return true;
	default:
		return false;
	}
}

static void
swap(const struct place *x, const struct place *y)
{
	ldns_rr_list_set_rr(x->list, y->rr, x->index);
	ldns_rr_list_set_rr(y->list, x->rr, y->index);
}

static void
drop_type(struct world_reply *reply, const ldns_rr *rr, bool signatures)
{
	ldns_rr_type type = type_of_set(rr);

	for (int i = 0; i < 2; i++) {
		ldns_rr_list *list = i == 0 ? reply->answer : reply->authority;

		world_remove(list, LDNS_RR_TYPE_RRSIG, type);
		if (!signatures)
			world_remove(list, type, 0);
	}
}

/* Edits of the record at a place. */
static void
apply_record(const struct making *m, const struct place *at)
{
	struct world_reply *reply = m->reply;
	const struct edit_pool *p = m->pool;
	const struct edit *e = m->e;
	struct place other;

	switch ((unsigned)(e->op % EDIT_OPS)) {
	case EDIT_DROP:
		take_out(at);
		ldns_rr_free(at->rr);
		break;
	case EDIT_DROP_TYPE:
		drop_type(reply, at->rr, (e->b & 1) != 0);
		break;
	case EDIT_DOUBLE:
		push(at->list, ldns_rr_clone(at->rr));
		break;
	case EDIT_SWAP:
		if (find_place(&other, reply, e->b))
			swap(at, &other);
		break;
	case EDIT_MOVE:
		take_out(at);
		push(at->list == reply->answer ? reply->authority
					       : reply->answer,
		    at->rr);
		break;
	case EDIT_REPLACE:
		ldns_rr_free(ldns_rr_list_set_rr(at->list,
		    ldns_rr_clone(from_pool(m)), at->index));
		break;
	case EDIT_OWNER:
		set_owner(at->rr, name_from_pool(p, wide(e)));
		break;
	case EDIT_OWNER_SET:
		rename_set(at, p, e);
		break;
	case EDIT_CASE:
		change_case(at->rr, e->c);
		break;
	case EDIT_TTL:
		ldns_rr_set_ttl(at->rr,
		    (uint32_t)e->b << 24 | (uint32_t)wide(e));
		break;
	case EDIT_FIELD:
		change_field(at->rr, p, e);
		break;
	case EDIT_BIT:
		change_bit(at->rr, e->d);
		break;
	default:
		break;
	}
}

void
edit_apply(struct world_reply *reply, const struct edit_pool *p,
    const struct dnssec_question *asked, const struct edit *e)
{
	struct making m = {
		.reply = reply,
		.pool = p,
		.e = e,
		.asked = asked->name.len > 0
		    ? ldns_dname_new_frm_str(asked->name.text)
		    : ldns_dname_new_frm_str("."),
		.type = (ldns_rr_type)asked->type,
	};
	struct place at;
	unsigned labels;

	require(m.asked != NULL);
	labels = ldns_dname_label_count(m.asked);
	m.zone = ldns_dname_clone_from(m.asked,
	    (uint16_t)(labels > 2 ? labels - 2 : 0));
	if (!apply_whole(&m) && find_place(&at, reply, e->a))
		apply_record(&m, &at);
	ldns_rdf_deep_free(m.zone);
	ldns_rdf_deep_free(m.asked);
}
