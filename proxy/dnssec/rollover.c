#include "dnssec/rollover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 512
#define CONFIGURED     "configured"

static const char *const state_words[] = { "unknown", "pending", "valid",
	"missing", "revoked", "removed" };

const char *
rollover_state_text(enum rollover_state state)
{
	return state_words[state];
}

void
rollover_begin(struct rollover *r, const struct ds_set *configured)
{
	memset(r, 0, sizeof(*r));
	r->configured = *configured;
}

static bool
same_ds(const struct ds *a, const struct ds *b)
{
	return a->tag == b->tag && a->algorithm == b->algorithm &&
	    a->digest_type == b->digest_type && a->n == b->n &&
	    memcmp(a->digest, b->digest, a->n) == 0;
}

static struct rollover_key *
find_key(struct rollover *r, const struct ds *ds)
{
	for (size_t i = 0; i < r->n; i++)
		if (same_ds(&r->keys[i].ds, ds))
			return &r->keys[i];
	return NULL;
}

static bool
is_dead(const struct rollover_key *k)
{
	return k->state == ROLLOVER_REVOKED || k->state == ROLLOVER_REMOVED;
}

/* Both mean one key. With digests of different types that cannot be seen, and
 * then tag and algorithm must do. */
static bool
means_same(const struct ds *a, const struct ds *b)
{
	return a->tag == b->tag && a->algorithm == b->algorithm &&
	    (a->digest_type != b->digest_type || same_ds(a, b));
}

/* The anchor means a key that was revoked. */
static bool
is_revoked(const struct rollover *r, const struct ds *anchor)
{
	for (size_t i = 0; i < r->n; i++)
		if (is_dead(&r->keys[i]) && means_same(&r->keys[i].ds, anchor))
			return true;
	return false;
}

static void
add_anchor(struct ds_set *set, const struct ds *ds)
{
	for (size_t i = 0; i < set->n; i++)
		if (same_ds(&set->ds[i], ds))
			return;
	if (set->n < DNSSEC_MAX_DS)
		set->ds[set->n++] = *ds;
}

void
rollover_anchors(struct ds_set *out, const struct rollover *r)
{
	out->n = 0;
	/* What was learnt is newer than what was configured: it goes first. */
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].state == ROLLOVER_VALID ||
		    r->keys[i].state == ROLLOVER_MISSING)
			add_anchor(out, &r->keys[i].ds);
	for (size_t i = 0; i < r->configured.n; i++)
		if (!is_revoked(r, &r->configured.ds[i]))
			add_anchor(out, &r->configured.ds[i]);
}

static void
go_to(struct rollover_key *k, enum rollover_state state, int64_t now)
{
	k->state = state;
	k->since = now;
}

/* RFC 5011 2.1: a key may only revoke itself, by signing the RRset. */
static bool
is_self_signed(struct work *work, const struct keys_answer *answer,
    const struct key *key)
{
	struct zone *z = calloc(1, sizeof(*z) + sizeof(z->keys[0]));
	const char *why = work->why;
	struct signature signature;
	bool good;

	if (z == NULL)
		return false;
	z->refs = 1;
	z->name = *answer->dnskey->owner;
	z->status = DNSSEC_SECURE;
	z->keys[0] = *key;
	z->nkeys = 1;
	good = signature_check(&signature, work, answer->message,
		   answer->dnskey, z) == SIGNING_GOOD;
	zone_release(z);
	work->why = why;
	return good;
}

/*
 * The entry of a key that was known before it had REVOKE. One that is only
 * configured may be seen for the first time now.
 */
static struct rollover_key *
find_known(struct rollover *r, const struct dname *owner, struct span rdata)
{
	struct rollover_key *k;
	struct ds ds;

	if (ds_before_revocation(&ds, owner, rdata) != 0)
		return NULL;
	k = find_key(r, &ds);
	if (k != NULL || r->n == ROLLOVER_KEYS_MAX)
		return k;
	for (size_t i = 0; i < r->configured.n; i++) {
		if (!means_same(&r->configured.ds[i], &ds))
			continue;
		k = &r->keys[r->n++];
		k->ds = ds;
		/* Trusted until now, though its life is not known. */
		k->state = ROLLOVER_VALID;
		k->since = 0;
		return k;
	}
	return NULL;
}

/* A key with REVOKE is in the RRset. */
static bool
observe_revoked(struct rollover *r, struct work *work,
    const struct keys_answer *answer, struct span rdata)
{
	struct rollover_key *k;
	struct key revoked;

	if (key_parse_revoked(&revoked, rdata) != 0)
		return false;
	k = find_known(r, answer->dnskey->owner, rdata);
	if (k == NULL)
		return false;
	k->seen = true;
	if (is_dead(k) || k->state == ROLLOVER_PENDING ||
	    !is_self_signed(work, answer, &revoked))
		return false;
	go_to(k, ROLLOVER_REVOKED, work->now);
	return true;
}

/* The first time that this key is seen. */
static bool
observe_new(struct rollover *r, int64_t now, const struct dname *owner,
    const struct key *key)
{
	struct rollover_key *k = &r->keys[r->n];

	if (r->n == ROLLOVER_KEYS_MAX || ds_from_key(&k->ds, owner, key) != 0)
		return false;
	go_to(k, ROLLOVER_PENDING, now);
	for (size_t i = 0; i < r->configured.n; i++)
		if (ds_fits(&r->configured.ds[i], owner, key))
			go_to(k, ROLLOVER_VALID, now);
	k->seen = true;
	r->n++;
	return true;
}

/* A key without REVOKE is in the RRset. hold: RFC 5011 2.4.1. */
static bool
observe_key(struct rollover *r, int64_t now, int64_t hold,
    const struct dname *owner, const struct key *key)
{
	struct rollover_key *k;
	struct ds ds;

	if (ds_from_key(&ds, owner, key) != 0)
		return false;
	k = find_key(r, &ds);
	if (k == NULL)
		return observe_new(r, now, owner, key);
	k->seen = true;
	if (k->state != ROLLOVER_MISSING &&
	    (k->state != ROLLOVER_PENDING || now - k->since < hold))
		return false;
	go_to(k, ROLLOVER_VALID, now);
	return true;
}

/* A key that was known is not in the RRset. */
static bool
observe_absence(struct rollover *r, size_t *i, int64_t now)
{
	struct rollover_key *k = &r->keys[*i];

	switch (k->state) {
	case ROLLOVER_VALID:
		go_to(k, ROLLOVER_MISSING, now);
		return true;
	case ROLLOVER_REVOKED:
		if (now - k->since < ROLLOVER_HOLD)
			return false;
		go_to(k, ROLLOVER_REMOVED, now);
		return true;
	case ROLLOVER_UNKNOWN:
	case ROLLOVER_PENDING:
		/* It must begin anew: RFC 5011 4, KeyRem. */
		r->n--;
		memmove(k, k + 1, (r->n - *i) * sizeof(*k));
		--*i;
		return true;
	case ROLLOVER_MISSING:
	case ROLLOVER_REMOVED:
		break;
	}
	return false;
}

bool
rollover_observe(struct rollover *r, struct work *work,
    const struct keys_answer *answer)
{
	const struct rrset *set = answer->dnskey;
	int64_t hold = set->ttl > ROLLOVER_HOLD ? (int64_t)set->ttl
						: ROLLOVER_HOLD;
	bool changed = false;

	for (size_t i = 0; i < r->n; i++)
		r->keys[i].seen = false;
	for (size_t i = 0; i < set->n; i++) {
		struct key key;

		if (!key_is_entry(set->rdata[i]))
			continue;
		if (key_parse(&key, set->rdata[i]) == 0)
			changed |= observe_key(r, work->now, hold, set->owner,
			    &key);
		else
			changed |= observe_revoked(r, work, answer,
			    set->rdata[i]);
	}
	for (size_t i = 0; i < r->n; i++)
		if (!r->keys[i].seen)
			changed |= observe_absence(r, &i, work->now);
	return changed;
}

bool
rollover_observe_revocations(struct rollover *r, struct work *work,
    const struct keys_answer *answer)
{
	const struct rrset *set = answer->dnskey;
	bool changed = false;

	for (size_t i = 0; i < set->n; i++)
		if (key_is_entry(set->rdata[i]))
			changed |= observe_revoked(r, work, answer,
			    set->rdata[i]);
	return changed;
}

static uint32_t
clamp(uint32_t value, uint32_t low, uint32_t high)
{
	return value < low ? low : value > high ? high : value;
}

static uint32_t
shorter(const struct signature *s)
{
	return s->original_ttl < s->valid_for ? s->original_ttl : s->valid_for;
}

uint32_t
rollover_next_look(const struct signature *s)
{
	return clamp(shorter(s) / 2, ROLLOVER_LOOK_MIN, ROLLOVER_LOOK_MAX);
}

uint32_t
rollover_next_retry(const struct signature *s)
{
	return clamp(shorter(s) / 10, ROLLOVER_LOOK_MIN, ROLLOVER_RETRY_MAX);
}

/* Text: DS records of the root, the state behind each as a comment. */

static int
write_line(char *out, size_t size, size_t *at, const struct ds *ds,
    const char *state, int64_t since)
{
	char hex[2 * DIGEST_MAX + 1] = "";
	int n;

	for (size_t i = 0; i < ds->n; i++)
		if (snprintf(hex + 2 * i, 3, "%02X", ds->digest[i]) != 2)
			return DG_ELIMIT;
	n = snprintf(out + *at, size - *at, ". IN DS %u %u %u %s ; %s %lld\n",
	    (unsigned)ds->tag, (unsigned)ds->algorithm,
	    (unsigned)ds->digest_type, hex, state, (long long)since);
	if (n < 0 || (size_t)n >= size - *at)
		return DG_ELIMIT;
	*at += (size_t)n;
	return 0;
}

int
rollover_write(char *out, size_t size, const struct rollover *r)
{
	int n = snprintf(out, size,
	    "; Trust anchors of the root, kept by danegate (RFC 5011).\n");
	size_t at = (size_t)n;
	int err = n < 0 || (size_t)n >= size ? DG_ELIMIT : 0;

	for (size_t i = 0; i < r->configured.n && err == 0; i++)
		err = write_line(out, size, &at, &r->configured.ds[i],
		    CONFIGURED, 0);
	for (size_t i = 0; i < r->n && err == 0; i++)
		err = write_line(out, size, &at, &r->keys[i].ds,
		    state_words[r->keys[i].state], r->keys[i].since);
	return err;
}

/* The DS record of a line, as far as the semicolon. */
static int
read_ds(struct ds *out, struct span line)
{
	char text[LINE_MAX_BYTES];
	struct record record = { 0 };
	int err;

	if (span_copy_text(text, sizeof(text), span_trim(line)) != 0 ||
	    record_from_text(&record, text) != 0)
		return DG_ESYNTAX;
	err = record.type == DNS_TYPE_DS ? ds_parse(out, record.rdata)
					 : DG_ESYNTAX;
	record_free(&record);
	return err == 0 && out->n > 0 ? 0 : DG_ESYNTAX;
}

static int
read_line(struct rollover *r, struct span line)
{
	size_t end = span_find(line, ';', 0);
	struct span rest = span_slice(line, end < line.n ? end + 1 : end,
	    line.n);
	struct rollover_key k = { 0 };
	struct span word;
	uint64_t since;

	if (span_trim(span_slice(line, 0, end)).n == 0)
		return 0;
	if (read_ds(&k.ds, span_slice(line, 0, end)) != 0)
		return DG_ESYNTAX;
	word = span_word(&rest);
	if (span_equal(word, span_text(CONFIGURED))) {
		if (r->configured.n == DNSSEC_MAX_DS)
			return DG_ESYNTAX;
		r->configured.ds[r->configured.n++] = k.ds;
		return 0;
	}
	for (size_t i = ROLLOVER_PENDING; i < DG_ARRAY_LEN(state_words); i++)
		if (span_equal(word, span_text(state_words[i])))
			k.state = (enum rollover_state)i;
	if (k.state == ROLLOVER_UNKNOWN || r->n == ROLLOVER_KEYS_MAX ||
	    span_number(&since, span_word(&rest), INT64_MAX) != 0)
		return DG_ESYNTAX;
	k.since = (int64_t)since;
	r->keys[r->n++] = k;
	return 0;
}

static bool
same_configuration(const struct ds_set *a, const struct ds_set *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same = same_ds(&a->ds[i], &b->ds[i]);
	return same;
}

int
rollover_read(struct rollover *r, struct span text)
{
	struct rollover then = { 0 };
	bool same;

	for (size_t at = 0; at < text.n;) {
		size_t end = span_find(text, '\n', at);

		if (read_line(&then, span_slice(text, at, end)) != 0)
			return DG_ESYNTAX;
		at = end + 1;
	}
	same = same_configuration(&then.configured, &r->configured);
	r->n = 0;
	for (size_t i = 0; i < then.n; i++)
		if (same || is_dead(&then.keys[i]))
			r->keys[r->n++] = then.keys[i];
	return 0;
}
