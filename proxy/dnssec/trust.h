/*
 * Trust anchors of the root, and the zones that earlier lookups have proven:
 * a bounded cache, the least recently used leaves first. The inside of struct
 * dnssec_trust for lookup.c.
 */
#ifndef DG_DNSSEC_TRUST_H
#define DG_DNSSEC_TRUST_H

#include "dnssec/rollover.h"
#include "dnssec/trace.h"

#define TRUST_TTL_MAX 86400 /* seconds a zone is remembered at most */

/* What the keys of the root must fit. */
const struct ds_set *trust_anchors(const struct dnssec_trust *t);

/* Who watches lookups. */
struct trace *trust_trace(struct dnssec_trust *t);

/* The root's keys were seen, signed by one that an anchor means. */
void trust_observe(struct dnssec_trust *t, struct work *work,
    const struct keys_answer *answer, const struct signature *signature);

/* They were seen, and none that is trusted has signed them: some may revoke
 * themselves all the same. */
void trust_observe_unproven(struct dnssec_trust *t, struct work *work,
    const struct keys_answer *answer);

/* The deepest zone known that name lies in, with a reference for the caller;
 * NULL when there is none. */
struct zone *trust_find(struct dnssec_trust *t, const struct dname *name,
    int64_t now);

/* Remembers a zone for ttl seconds; takes a reference of its own. */
void trust_add(struct dnssec_trust *t, struct zone *z, int64_t now,
    uint32_t ttl);

#endif
