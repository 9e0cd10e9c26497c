/*
 * Tells whoever wants to see it what zones a lookup comes through and which
 * aliases it follows. Inside of lookup.c; changes nothing about a lookup, and
 * costs nothing while nobody watches.
 */
#ifndef DG_DNSSEC_TRACE_H
#define DG_DNSSEC_TRACE_H

#include "dnssec/zone.h"

/* Who watches; trust holds it, so that it sees all lookups. */
struct trace {
	dnssec_trace *call; /* NULL: nobody */
	void *arg;
};

/* The lookup has come to this zone. ds: by which its keys are trusted; not
 * looked at for a zone that is not signed. */
void trace_zone(const struct trace *t, const struct zone *zone,
    const struct ds_set *ds);

/* The lookup goes on from one name with another. */
void trace_alias(const struct trace *t, const struct dname *from,
    const struct dname *to, enum dnssec_status status);

#endif
