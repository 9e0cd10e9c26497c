/*
 * Keeps the trust anchors of the root current by RFC 5011: the root's DNSKEY
 * RRset, once it is proven, tells of keys that come and go. Pure: time is
 * handed in, and what is known leaves and comes back as text.
 *
 * A key is known by its DS record (SHA-256, of the key without REVOKE):
 *
 *	pending	seen, but not for ROLLOVER_HOLD seconds yet: not trusted
 *	valid	trusted
 *	missing	trusted, though not in the RRset now
 *	revoked	said so itself: never trusted again
 *	removed	the same, and gone from the RRset for ROLLOVER_HOLD seconds
 *
 * What the configuration (or the program) names is valid from the start. When
 * every key is revoked nothing is trusted. RFC 5011 section 5 would then have
 * the world insecure; here it is indeterminate (RFC 4033 section 5: there is no
 * trust anchor), so that nobody can lift the protection by that.
 */
#ifndef DG_DNSSEC_ROLLOVER_H
#define DG_DNSSEC_ROLLOVER_H

#include "dnssec/signature.h"

#define ROLLOVER_KEYS_MAX 16
#define ROLLOVER_HOLD \
	((int64_t)30 * 86400) /* seconds: add and remove hold-down */

/* Seconds between two looks at the root's keys, RFC 5011 2.3. */
#define ROLLOVER_LOOK_MIN  3600
#define ROLLOVER_LOOK_MAX  (15 * 86400)
#define ROLLOVER_RETRY_MAX 86400

enum rollover_state {
	ROLLOVER_UNKNOWN = 0, /* not trusted */
	ROLLOVER_PENDING,
	ROLLOVER_VALID,
	ROLLOVER_MISSING,
	ROLLOVER_REVOKED,
	ROLLOVER_REMOVED,
};

struct rollover_key {
	struct ds ds;
	enum rollover_state state;
	int64_t since; /* wall time at which the state began */
	bool seen;     /* in the RRset being observed */
};

struct rollover {
	struct ds_set configured;
	size_t n;
	struct rollover_key keys[ROLLOVER_KEYS_MAX];
};

/* Forgets all but what is configured. */
void rollover_begin(struct rollover *r, const struct ds_set *configured);

/* What is trusted now. */
void rollover_anchors(struct ds_set *out, const struct rollover *r);

/*
 * Takes note of the root's DNSKEY RRset, answer->dnskey, which a trusted key has
 * signed. True when that changed anything worth keeping.
 */
DG_MUSTCHECK bool rollover_observe(struct rollover *r, struct work *work,
    const struct keys_answer *answer);

/* The state's word: "valid"; never NULL. */
const char *rollover_state_text(enum rollover_state state);

/*
 * The same for an RRset that no trusted key has signed: a key that says itself
 * that it is revoked is so whatever else signs (RFC 5011 2.1), and nothing else
 * of that RRset counts.
 */
DG_MUSTCHECK bool rollover_observe_revocations(struct rollover *r,
    struct work *work, const struct keys_answer *answer);

/* When to look at the keys again: seconds after they were seen, signed so; and
 * after they could not be had (RFC 5011 2.3). */
uint32_t rollover_next_look(const struct signature *s);
uint32_t rollover_next_retry(const struct signature *s);

/* Writes all of it as text with a NUL. DG_ELIMIT. */
#define ROLLOVER_TEXT_MAX 8192
DG_MUSTCHECK int rollover_write(char *out, size_t size,
    const struct rollover *r);

/*
 * Takes what was written, as far as it still counts: keys that were revoked in
 * any case, the others only when the configuration is the same as then.
 * DG_ESYNTAX, and nothing is taken.
 */
DG_MUSTCHECK int rollover_read(struct rollover *r, struct span text);

#endif
