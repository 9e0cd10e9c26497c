#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnssec/answer.h"
#include "dnssec/message.h"
#include "dnssec/trust.h"

/*
 * The way of a lookup. The question itself is asked first: its answer often
 * says who signed it, and so how deep the zone lies. Then the walk: from the
 * deepest zone known, at worst the root, one label at a time, asking for DS:
 *
 *	DS		there is a zone cut; its DNSKEY are asked for next
 *	no DS, but NS	a cut, and all below is unsigned
 *	neither		no cut: one label on, in the same zone
 *	no such name	then there is no longer one either
 *
 * until the zone that the name lies in is known; by that the answer is judged.
 * Who signed it is but a hint: where that leads to no proof, the walk goes on
 * to the name itself. An alias begins all of this anew for its target.
 */

enum phase {
	PHASE_DONE = 0,
	PHASE_ANSWER, /* name and type in question */
	PHASE_DS,
	PHASE_KEYS,
	PHASE_PROBE, /* DNSKEY of the root: does the forwarder pass RRSIG? */
};

struct dnssec_lookup {
	struct dnssec_trust *trust;
	struct work work;
	enum phase phase;
	struct dnssec_question need;
	struct dname asked; /* its name */

	bool odd;	   /* asked for a name that no host has */
	struct dname name; /* in question, after the aliases so far */
	uint16_t type;
	unsigned aliases;
	struct message answer; /* to name and type */

	struct zone *zone; /* deepest known */
	unsigned depth;	   /* labels of name that are known to lie in it */
	unsigned limit;	   /* labels at which the walk ends */
	bool hinted;	   /* limit is a hint */
	bool root_seen;	   /* its keys came in this lookup, signed */
	struct ds_set ds;  /* of the zone whose keys are asked for */
	uint32_t ds_ttl;

	struct dnssec_result result;
	struct span *answers;
	uint8_t *rdata; /* of all answers */
};

static const char *
type_text(uint16_t type, char text[16])
{
	switch (type) {
	case DNS_TYPE_A:
		return "A";
	case DNS_TYPE_NS:
		return "NS";
	case DNS_TYPE_CNAME:
		return "CNAME";
	case DNS_TYPE_SOA:
		return "SOA";
	case DNS_TYPE_MX:
		return "MX";
	case DNS_TYPE_TXT:
		return "TXT";
	case DNS_TYPE_AAAA:
		return "AAAA";
	case DNS_TYPE_DS:
		return "DS";
	case DNS_TYPE_DNSKEY:
		return "DNSKEY";
	case DNS_TYPE_TLSA:
		return "TLSA";
	default:
		(void)snprintf(text, 16, "TYPE%u", (unsigned)type);
		return text;
	}
}

/* "DS of example.nl: signature expired" */
static void
explain(struct dnssec_lookup *l, const struct dname *name, uint16_t type,
    const char *why)
{
	char name_buffer[DNAME_TEXT_MAX];
	char type_buffer[16];

	(void)snprintf(l->result.reason, sizeof(l->result.reason),
	    "%s of %.90s: %s", type_text(type, type_buffer),
	    dname_text(name, name_buffer), why != NULL ? why : "bogus");
}

/* Ends without an answer; the reason is there. */
static void
end_failed(struct dnssec_lookup *l, enum dnssec_status status)
{
	l->phase = PHASE_DONE;
	l->result.status = status;
	l->result.ttl = 0;
	l->result.nxdomain = false;
	l->result.nanswers = 0;
}

/* Ends bogus, or indeterminate when it is but memory that is missing. */
static void
end_bogus(struct dnssec_lookup *l, const struct dname *name, uint16_t type,
    const char *why)
{
	explain(l, name, type, why);
	end_failed(l, l->work.no_memory ? DNSSEC_INDETERMINATE : DNSSEC_BOGUS);
}

static void
end_no_memory(struct dnssec_lookup *l)
{
	l->work.no_memory = true;
	end_bogus(l, &l->name, l->type, "no memory");
}

static void
end_broken(struct dnssec_lookup *l)
{
	struct dname root;

	dname_root(&root);
	explain(l, &root, DNS_TYPE_DNSKEY,
	    "no signature: the forwarder strips DNSSEC");
	l->result.resolver_broken = true;
	end_failed(l, DNSSEC_INDETERMINATE);
}

/* Whoever asks for hosts is never led to a name that no host has. */
static int
to_name(const struct dnssec_lookup *l, struct name *out, const struct dname *d)
{
	return l->odd ? dname_to_any_name(out, d) : dname_to_name(out, d);
}

static void
ask(struct dnssec_lookup *l, enum phase phase, const struct dname *name,
    uint16_t type)
{
	if (l->result.questions == DNSSEC_MAX_QUESTIONS) {
		end_bogus(l, name, type, "too many questions");
		return;
	}
	if (to_name(l, &l->need.name, name) != 0) {
		end_bogus(l, name, type, "a name that no host can have");
		return;
	}
	l->result.questions++;
	l->need.type = type;
	l->asked = *name;
	l->phase = phase;
}

/*
 * There is no proof. Where there was no signature at all, the forwarder may
 * have dropped it: the root's keys, which are certainly signed, will tell.
 */
static void
end_unproven(struct dnssec_lookup *l, const struct dname *name, uint16_t type,
    bool stripped)
{
	struct dname root;

	end_bogus(l, name, type, l->work.why);
	if (!stripped || l->root_seen || l->work.no_memory ||
	    l->result.questions == DNSSEC_MAX_QUESTIONS)
		return;
	dname_root(&root);
	ask(l, PHASE_PROBE, &root, DNS_TYPE_DNSKEY);
}

/* Counts a step's status and TTL into the result. */
static void
add_step(struct dnssec_lookup *l, const struct answer *a)
{
	if (a->status != DNSSEC_SECURE)
		l->result.status = DNSSEC_INSECURE;
	if (a->ttl < l->result.ttl)
		l->result.ttl = a->ttl;
}

/* Copies n RDATAs into the result. */
static int
keep_answers(struct dnssec_lookup *l, const struct span *rdata, size_t n)
{
	size_t bytes = 1;
	uint8_t *at;

	for (size_t i = 0; i < n; i++)
		bytes += rdata[i].n;
	l->answers = calloc(n + 1, sizeof(*l->answers));
	l->rdata = malloc(bytes);
	if (l->answers == NULL || l->rdata == NULL)
		return DG_ENOMEM;
	at = l->rdata;
	for (size_t i = 0; i < n; i++) {
		if (rdata[i].n > 0)
			memcpy(at, rdata[i].p, rdata[i].n);
		l->answers[i] = span_of(at, rdata[i].n);
		at += rdata[i].n;
	}
	l->result.answers = l->answers;
	l->result.nanswers = n;
	return 0;
}

/* Ends with what the last step says. */
static void
end_answered(struct dnssec_lookup *l, const struct answer *a)
{
	struct span target = span_of(a->target.bytes, a->target.len);
	int err = 0;

	add_step(l, a);
	l->result.nxdomain = a->kind == ANSWER_NXDOMAIN;
	if (a->kind == ANSWER_RECORDS)
		err = keep_answers(l, a->set.rdata, a->set.n);
	else if (a->kind == ANSWER_DNAME)
		err = keep_answers(l, &target, 1);
	if (err == 0)
		err = to_name(l, &l->result.canonical, &l->name);
	if (err != 0)
		end_no_memory(l);
	else
		l->phase = PHASE_DONE;
}

static void
set_zone(struct dnssec_lookup *l, struct zone *zone)
{
	zone_release(l->zone);
	l->zone = zone;
	l->depth = dname_labels(&zone->name);
}

/* Asks what l->name is now. */
static void
begin(struct dnssec_lookup *l)
{
	message_free(&l->answer);
	zone_release(l->zone);
	l->zone = NULL;
	ask(l, PHASE_ANSWER, &l->name, l->type);
}

/* Goes on with another name. */
static void
follow(struct dnssec_lookup *l, const struct answer *a,
    const struct dname *target)
{
	struct dname from = l->name;

	add_step(l, a);
	if (l->aliases++ == DNSSEC_MAX_CHAIN) {
		end_bogus(l, &from, l->type, "too many aliases");
		return;
	}
	l->result.aliased = true;
	trace_alias(trust_trace(l->trust), &from, target, a->status);
	l->name = *target;
	begin(l);
}

/* The answer, judged by the zone that the walk has come to, unless it proves
 * nothing. */
static bool
settle(struct dnssec_lookup *l, struct answer *a)
{
	struct denial_case c = {
		.message = &l->answer,
		.zone = l->zone,
		.name = &l->name,
		.type = l->type,
	};

	answer_judge(a, &l->work, &c);
	switch (a->kind) {
	case ANSWER_UNKNOWN:
		return false;
	case ANSWER_CNAME:
		follow(l, a, &a->target);
		return true;
	case ANSWER_DNAME:
		if (l->type == DNS_TYPE_CNAME)
			end_answered(l, a);
		else
			follow(l, a, &a->target);
		return true;
	case ANSWER_RECORDS:
	case ANSWER_NODATA:
	case ANSWER_NXDOMAIN:
	case ANSWER_DELEGATION:
		end_answered(l, a);
		return true;
	}
	return false;
}

/* The labels of the name that can be the zone's: a DS record stands in the
 * zone above. */
static unsigned
all_labels(const struct dnssec_lookup *l)
{
	unsigned n = dname_labels(&l->name);

	return l->type == DNS_TYPE_DS && n > 0 ? n - 1 : n;
}

/* Finds the deepest zone known on the way to limit; false when there is none. */
static bool
start_from_known(struct dnssec_lookup *l)
{
	struct dname end;
	struct zone *known;

	dname_ancestor(&end, &l->name, l->limit);
	known = trust_find(l->trust, &end, l->work.now);
	if (known == NULL)
		return false;
	if (l->zone == NULL || known->name.len > l->zone->name.len)
		set_zone(l, known);
	else
		zone_release(known);
	return true;
}

/* Goes as far as it goes without a question. */
static void
walk(struct dnssec_lookup *l)
{
	struct dname next;
	struct answer a;

	for (;;) {
		if (l->zone->status == DNSSEC_SECURE && l->depth < l->limit) {
			dname_ancestor(&next, &l->name, l->depth + 1);
			ask(l, PHASE_DS, &next, DNS_TYPE_DS);
			return;
		}
		if (settle(l, &a))
			return;
		if (!l->hinted || a.final) {
			end_unproven(l, &l->name, l->type, a.stripped);
			return;
		}
		/* The hint was none: all the way then. */
		l->hinted = false;
		l->limit = all_labels(l);
		(void)start_from_known(l);
	}
}

static void
give_answer(struct dnssec_lookup *l, struct message *m)
{
	struct dname root;
	struct dname signer;

	l->answer = *m;
	memset(m, 0, sizeof(*m));
	l->limit = all_labels(l);
	l->hinted = answer_signer(&signer, &l->answer, &l->name, l->type) ==
		0 &&
	    dname_labels(&signer) < l->limit;
	if (l->hinted)
		l->limit = dname_labels(&signer);
	if (start_from_known(l)) {
		walk(l);
		return;
	}
	dname_root(&root);
	l->ds = *trust_anchors(l->trust);
	l->ds_ttl = UINT32_MAX;
	if (l->ds.n > 0) {
		ask(l, PHASE_KEYS, &root, DNS_TYPE_DNSKEY);
		return;
	}
	explain(l, &root, DNS_TYPE_DNSKEY, "all trust anchors are revoked");
	end_failed(l, DNSSEC_INDETERMINATE);
}

/* The name asked for begins a zone that is not signed. */
static void
enter_unsigned(struct dnssec_lookup *l, const struct answer *a, bool remember)
{
	struct zone *zone;

	if (zone_new_insecure(&zone, &l->asked) != 0) {
		end_no_memory(l);
		return;
	}
	trace_zone(trust_trace(l->trust), zone, &l->ds);
	if (remember)
		trust_add(l->trust, zone, l->work.now, a->ttl);
	set_zone(l, zone);
	walk(l);
}

/* A zone cut: its keys are needed, if we know anything of their kind. */
static void
enter_signed(struct dnssec_lookup *l, const struct answer *a)
{
	if (ds_set_from(&l->ds, &a->set) != 0) {
		end_bogus(l, &l->asked, DNS_TYPE_DS, "malformed or too many");
	} else if (l->ds.n == 0) {
		enter_unsigned(l, a, true);
	} else {
		struct dname zone = l->asked;

		l->ds_ttl = a->ttl;
		ask(l, PHASE_KEYS, &zone, DNS_TYPE_DNSKEY);
	}
}

/* No zone cut at the name asked for. Where the zone cannot prove that (NSEC3
 * with too many iterations) whatever is below may be unsigned. */
static void
step_down(struct dnssec_lookup *l, const struct answer *a)
{
	if (a->status != DNSSEC_SECURE) {
		enter_unsigned(l, a, false);
		return;
	}
	l->depth++;
	walk(l);
}

static void
give_ds(struct dnssec_lookup *l, const struct message *m)
{
	struct denial_case c = {
		.message = m,
		.zone = l->zone,
		.name = &l->asked,
		.type = DNS_TYPE_DS,
	};
	struct dname target;
	struct answer a;

	answer_judge(&a, &l->work, &c);
	switch (a.kind) {
	case ANSWER_UNKNOWN:
		break;
	case ANSWER_RECORDS:
		enter_signed(l, &a);
		return;
	case ANSWER_DELEGATION:
		enter_unsigned(l, &a, true);
		return;
	case ANSWER_NODATA:
	case ANSWER_CNAME:
		step_down(l, &a);
		return;
	case ANSWER_NXDOMAIN:
		if (a.status != DNSSEC_SECURE)
			step_down(l, &a);
		else
			end_answered(l, &a);
		return;
	case ANSWER_DNAME:
		/* All below its owner lies elsewhere, the name too. */
		if (dname_substitute(&target, &l->name, &a.from, &a.to) != 0)
			break;
		follow(l, &a, &target);
		return;
	}
	end_unproven(l, &l->asked, DNS_TYPE_DS, a.stripped);
}

static void
give_keys(struct dnssec_lookup *l, const struct message *m)
{
	struct rrset dnskey;
	struct keys_answer keys = { m, &dnskey, &l->ds };
	bool root = l->asked.len == 1;
	enum signing status = SIGNING_MISSING;
	struct signature signature;
	const char *why;
	struct zone *zone;

	l->work.why = "no keys";
	if (message_rrset(&dnskey, m, SECTION_ANSWER, &l->asked,
		DNS_TYPE_DNSKEY) == 0)
		status = signature_check_keys(&zone, &signature, &l->work,
		    &keys);
	switch (status) {
	case SIGNING_GOOD:
		l->root_seen |= root;
		trace_zone(trust_trace(l->trust), zone, &l->ds);
		if (root)
			trust_observe(l->trust, &l->work, &keys, &signature);
		trust_add(l->trust, zone, l->work.now,
		    signature.ttl < l->ds_ttl ? signature.ttl : l->ds_ttl);
		set_zone(l, zone);
		walk(l);
		return;
	case SIGNING_MISSING:
		if (root)
			end_broken(l);
		else
			end_unproven(l, &l->asked, DNS_TYPE_DNSKEY, true);
		return;
	case SIGNING_UNKNOWN:
	case SIGNING_BAD:
		break;
	}
	why = l->work.why;
	if (root && dnskey.n > 0)
		trust_observe_unproven(l->trust, &l->work, &keys);
	end_bogus(l, &l->asked, DNS_TYPE_DNSKEY, why);
}

/* The reason is there already; this tells only whose fault it is. */
static void
give_probe(struct dnssec_lookup *l, const struct message *m)
{
	struct rrset dnskey;

	if (message_rrset(&dnskey, m, SECTION_ANSWER, &l->asked,
		DNS_TYPE_DNSKEY) == 0 &&
	    signature_present(m, &dnskey))
		end_failed(l, DNSSEC_BOGUS);
	else
		end_broken(l);
}

void
dnssec_lookup_give(struct dnssec_lookup *l, struct span message)
{
	struct message m = { 0 };
	char why[sizeof("answered with code ") + 8];
	int err;

	if (l->phase == PHASE_DONE)
		return;
	err = message_read(&m, message);
	if (err != 0) {
		l->work.no_memory = err == DG_ENOMEM;
		end_bogus(l, &l->asked, l->need.type,
		    err == DG_ENOMEM	   ? "no memory"
			: err == DG_ELIMIT ? "too many records"
					   : "malformed answer");
		return;
	}
	if (m.rcode != DNS_RCODE_NOERROR && m.rcode != DNS_RCODE_NXDOMAIN) {
		(void)snprintf(why, sizeof(why), "answered with code %u",
		    m.rcode & 0x0f);
		dnssec_lookup_fail(l, why);
		message_free(&m);
		return;
	}
	switch (l->phase) {
	case PHASE_ANSWER:
		give_answer(l, &m);
		break;
	case PHASE_DS:
		give_ds(l, &m);
		break;
	case PHASE_KEYS:
		give_keys(l, &m);
		break;
	case PHASE_PROBE:
		give_probe(l, &m);
		break;
	case PHASE_DONE:
		break;
	}
	message_free(&m);
}

void
dnssec_lookup_fail(struct dnssec_lookup *l, const char *why)
{
	if (l->phase == PHASE_DONE)
		return;
	explain(l, &l->asked, l->need.type, why);
	end_failed(l, DNSSEC_INDETERMINATE);
}

int
dnssec_lookup_new(struct dnssec_lookup **out, struct dnssec_trust *trust,
    const struct name *name, uint16_t type, int64_t now)
{
	struct dnssec_lookup *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return DG_ENOMEM;
	l->trust = trust;
	l->work.now = now;
	l->type = type;
	l->odd = name_is_odd(name);
	l->result.status = DNSSEC_SECURE;
	l->result.ttl = UINT32_MAX;
	l->result.canonical = *name;
	if (dname_from_name(&l->name, name) != 0) {
		free(l);
		return DG_EINVAL;
	}
	begin(l);
	*out = l;
	return 0;
}

enum dnssec_step
dnssec_lookup_step(struct dnssec_lookup *l, struct dnssec_question *need)
{
	if (l->phase == PHASE_DONE) {
		l->result.signatures = l->work.signatures;
		l->result.hashes = l->work.hashes;
		return DNSSEC_STEP_DONE;
	}
	*need = l->need;
	return DNSSEC_STEP_NEED;
}

const struct dnssec_result *
dnssec_lookup_result(const struct dnssec_lookup *l)
{
	static const struct dnssec_result unfinished;

	return l->phase == PHASE_DONE ? &l->result : &unfinished;
}

void
dnssec_lookup_free(struct dnssec_lookup *l)
{
	if (l == NULL)
		return;
	message_free(&l->answer);
	zone_release(l->zone);
	free(l->answers);
	free(l->rdata);
	free(l);
}

const char *
dnssec_status_text(enum dnssec_status status)
{
	switch (status) {
	case DNSSEC_UNKNOWN:
		return "unknown";
	case DNSSEC_SECURE:
		return "secure";
	case DNSSEC_INSECURE:
		return "insecure";
	case DNSSEC_BOGUS:
		return "bogus";
	case DNSSEC_INDETERMINATE:
		return "indeterminate";
	}
	return "unknown";
}
