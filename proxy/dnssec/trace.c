#include "dnssec/trace.h"

#include "dnssec/trust.h"

#define KEYS_MAX 32 /* that are told of one zone */

/* The digest type of the DS record that means the key; 0: none does. */
static uint8_t
digest_of(const struct zone *zone, const struct key *key,
    const struct ds_set *ds)
{
	for (size_t i = 0; i < ds->n; i++)
		if (ds_fits(&ds->ds[i], &zone->name, key))
			return ds->ds[i].digest_type;
	return 0;
}

void
trace_zone(const struct trace *t, const struct zone *zone,
    const struct ds_set *ds)
{
	struct dnssec_trace_key keys[KEYS_MAX];
	struct dnssec_trace_step step = { .keys = keys };
	char name[DNAME_TEXT_MAX];

	if (t->call == NULL)
		return;
	step.name = dname_text(&zone->name, name);
	step.status = zone->status;
	for (size_t i = 0; i < zone->nkeys && i < KEYS_MAX; i++) {
		const struct key *key = &zone->keys[i];

		keys[step.nkeys++] = (struct dnssec_trace_key){
			.tag = key->tag,
			.algorithm = key->algorithm,
			.digest = digest_of(zone, key, ds),
		};
	}
	t->call(t->arg, &step);
}

void
trace_alias(const struct trace *t, const struct dname *from,
    const struct dname *to, enum dnssec_status status)
{
	struct dnssec_trace_step step = { .status = status };
	char name[DNAME_TEXT_MAX];
	char target[DNAME_TEXT_MAX];

	if (t->call == NULL)
		return;
	step.name = dname_text(from, name);
	step.target = dname_text(to, target);
	t->call(t->arg, &step);
}

void
dnssec_trust_set_trace(struct dnssec_trust *t, dnssec_trace *call, void *arg)
{
	*trust_trace(t) = (struct trace){ call, arg };
}
