#include "dnssec/trust.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

struct entry {
	struct entry *next; /* less recently used */
	struct zone *zone;
};

struct dnssec_trust {
	struct ds_set anchors; /* as rollover says */
	struct rollover rollover;
	bool changed;
	struct signature last; /* over the root's keys, as they were seen */
	struct budget budget;
	struct entry *entries;
	struct trace trace;
};

/* https://data.iana.org/root-anchors/root-anchors.xml */
static const char built_in[] =
    /* KSK-2017 */
    ". IN DS 20326 8 2 "
    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
    /* KSK-2024 */
    ". IN DS 38696 8 2 "
    "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n";

/* The usable anchor of a record; DG_EUNSUPPORTED for another. */
static int
anchor_from(struct ds *out, const struct record *r)
{
	struct dname root;
	struct key key;
	int err;

	dname_root(&root);
	if (!dname_equal(&r->owner, &root))
		return DG_ESYNTAX;
	if (r->type == DNS_TYPE_DS)
		return ds_parse(out, r->rdata);
	if (r->type != DNS_TYPE_DNSKEY)
		return DG_ESYNTAX;
	err = key_parse(&key, r->rdata);
	return err != 0 ? err : ds_from_key(out, &root, &key);
}

/* Adds what one line of text holds, if anything. */
static int
load_line(struct ds_set *set, struct span line)
{
	struct span text = span_trim(
	    span_slice(line, 0, span_find(line, ';', 0)));
	char buffer[LINE_MAX_BYTES];
	struct record r = { 0 };
	struct ds ds;
	int err;

	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text = span_trim(span_slice(text, 0, text.n - 1));
	if (text.n == 0)
		return 0;
	if (span_copy_text(buffer, sizeof(buffer), text) != 0 ||
	    record_from_text(&r, buffer) != 0)
		return DG_ESYNTAX;
	err = anchor_from(&ds, &r);
	record_free(&r);
	if (err == DG_EUNSUPPORTED)
		return 0;
	if (err != 0 || ds.n == 0 || set->n == DNSSEC_MAX_DS)
		return DG_ESYNTAX;
	set->ds[set->n++] = ds;
	return 0;
}

static void
drop_entry(struct dnssec_trust *t, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	budget_give(&t->budget, e->zone->bytes + sizeof(*e));
	zone_release(e->zone);
	free(e);
}

/* What hung on the old ones is no longer known. */
static void
new_anchors(struct dnssec_trust *t)
{
	rollover_anchors(&t->anchors, &t->rollover);
	while (t->entries != NULL)
		drop_entry(t, &t->entries);
}

int
dnssec_trust_load(struct dnssec_trust *t, struct span text)
{
	struct ds_set set = { 0 };

	for (size_t at = 0; at < text.n;) {
		size_t end = span_find(text, '\n', at);

		if (load_line(&set, span_slice(text, at, end)) != 0)
			return DG_ESYNTAX;
		at = end + 1;
	}
	if (set.n == 0)
		return DG_ESYNTAX;
	rollover_begin(&t->rollover, &set);
	new_anchors(t);
	return 0;
}

/* RFC 5011 knows the key that this DS record means. */
static bool
is_seen(const struct dnssec_trust *t, const struct ds *ds)
{
	for (size_t i = 0; i < t->rollover.n; i++) {
		const struct ds *seen = &t->rollover.keys[i].ds;

		if (seen->tag == ds->tag && seen->algorithm == ds->algorithm)
			return true;
	}
	return false;
}

bool
dnssec_trust_anchor(struct dnssec_anchor *out, const struct dnssec_trust *t,
    size_t index)
{
	const struct ds_set *configured = &t->rollover.configured;

	if (index < t->rollover.n) {
		const struct rollover_key *key = &t->rollover.keys[index];

		out->tag = key->ds.tag;
		out->algorithm = key->ds.algorithm;
		out->state = rollover_state_text(key->state);
		out->since = key->since;
		return true;
	}
	index -= t->rollover.n;
	for (size_t i = 0; i < configured->n; i++) {
		const struct ds *ds = &configured->ds[i];

		if (is_seen(t, ds) || index-- > 0)
			continue;
		out->tag = ds->tag;
		out->algorithm = ds->algorithm;
		out->state = "configured";
		out->since = 0;
		return true;
	}
	return false;
}

bool
dnssec_trust_changed(const struct dnssec_trust *t)
{
	return t->changed;
}

int
dnssec_trust_save(char *out, size_t size, struct dnssec_trust *t)
{
	int err = rollover_write(out, size, &t->rollover);

	if (err == 0)
		t->changed = false;
	return err;
}

int
dnssec_trust_restore(struct dnssec_trust *t, struct span text)
{
	int err = rollover_read(&t->rollover, text);

	if (err == 0)
		new_anchors(t);
	return err;
}

void
trust_observe(struct dnssec_trust *t, struct work *work,
    const struct keys_answer *answer, const struct signature *signature)
{
	t->last = *signature;
	if (!rollover_observe(&t->rollover, work, answer))
		return;
	t->changed = true;
	new_anchors(t);
}

void
trust_observe_unproven(struct dnssec_trust *t, struct work *work,
    const struct keys_answer *answer)
{
	if (!rollover_observe_revocations(&t->rollover, work, answer))
		return;
	t->changed = true;
	new_anchors(t);
}

uint32_t
dnssec_trust_next_look(const struct dnssec_trust *t, bool seen)
{
	return seen ? rollover_next_look(&t->last)
		    : rollover_next_retry(&t->last);
}

void
dnssec_trust_look_anew(struct dnssec_trust *t)
{
	for (struct entry **at = &t->entries; *at != NULL; at = &(*at)->next) {
		if ((*at)->zone->name.len == 1) {
			drop_entry(t, at);
			return;
		}
	}
}

int
dnssec_trust_new(struct dnssec_trust **out, size_t cache_bytes)
{
	struct dnssec_trust *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return DG_ENOMEM;
	t->budget.name = "dnssec-zones";
	t->budget.limit = cache_bytes;
	if (dnssec_trust_load(t, span_text(built_in)) != 0) {
		free(t);
		return DG_ENOMEM;
	}
	*out = t;
	return 0;
}

const struct budget *
dnssec_trust_budget(const struct dnssec_trust *t)
{
	return &t->budget;
}

void
dnssec_trust_free(struct dnssec_trust *t)
{
	if (t == NULL)
		return;
	while (t->entries != NULL)
		drop_entry(t, &t->entries);
	free(t);
}

const struct ds_set *
trust_anchors(const struct dnssec_trust *t)
{
	return &t->anchors;
}

struct trace *
trust_trace(struct dnssec_trust *t)
{
	return &t->trace;
}

/* A clock that was set back may not prolong what is known. */
static bool
is_live(const struct zone *z, int64_t now)
{
	return z->since <= now && now < z->expires;
}

struct zone *
trust_find(struct dnssec_trust *t, const struct dname *name, int64_t now)
{
	struct entry **best = NULL;
	struct entry **at = &t->entries;
	struct entry *e;

	while (*at != NULL) {
		const struct zone *z = (*at)->zone;

		if (!is_live(z, now)) {
			drop_entry(t, at);
			continue;
		}
		if (dname_is_within(name, &z->name) &&
		    (best == NULL || z->name.len > (*best)->zone->name.len))
			best = at;
		at = &(*at)->next;
	}
	if (best == NULL)
		return NULL;
	e = *best;
	*best = e->next;
	e->next = t->entries;
	t->entries = e;
	return zone_hold(e->zone);
}

/* Makes room for n bytes by dropping what was not used for longest. */
static int
make_room(struct dnssec_trust *t, size_t n)
{
	while (budget_take(&t->budget, n) != 0) {
		struct entry **last = &t->entries;

		if (t->entries == NULL)
			return DG_ENOMEM;
		while ((*last)->next != NULL)
			last = &(*last)->next;
		drop_entry(t, last);
	}
	return 0;
}

void
trust_add(struct dnssec_trust *t, struct zone *z, int64_t now, uint32_t ttl)
{
	struct entry *e;

	if (ttl == 0)
		return;
	for (struct entry **at = &t->entries; *at != NULL; at = &(*at)->next) {
		if (dname_equal(&(*at)->zone->name, &z->name)) {
			drop_entry(t, at);
			break;
		}
	}
	if (make_room(t, z->bytes + sizeof(*e)) != 0)
		return;
	e = calloc(1, sizeof(*e));
	if (e == NULL) {
		budget_give(&t->budget, z->bytes + sizeof(*e));
		return;
	}
	z->since = now;
	z->expires = now + (ttl < TRUST_TTL_MAX ? ttl : TRUST_TTL_MAX);
	e->zone = zone_hold(z);
	e->next = t->entries;
	t->entries = e;
}
