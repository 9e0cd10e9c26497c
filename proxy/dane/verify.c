/* The check as a whole: DANE-EE first, for it asks for the least. */
#include <stdarg.h>
#include <stdio.h>

#include "dane/dane.h"
#include "dane/match.h"
#include "dane/path.h"

static void say(struct dane_result *out, const char *format, ...)
    DG_PRINTF(2, 3);

static void
say(struct dane_result *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(out->reason, sizeof(out->reason), format, ap);
	va_end(ap);
}

static void
set_verified(struct dane_result *out, const struct tlsa *record, unsigned depth)
{
	out->verdict = DANE_VERIFIED;
	out->usage = record->usage;
	out->selector = record->selector;
	out->matching = record->matching;
	out->depth = depth;
	say(out, "TLSA %u %u %u matches at depth %u", record->usage,
	    record->selector, record->matching, depth);
}

/*
 * RFC 7672 3.1.1: the leaf's key or bytes are all that counts, so a leaf that
 * nobody can parse will do; the handshake has proved possession of its key.
 */
static bool
verify_end_entity(struct dane_result *out, const struct match_set *set,
    struct span leaf)
{
	struct match_target target;
	const struct tlsa *record;

	match_target_init(&target, leaf);
	record = match_find(set, TLSA_DANE_EE, &target);
	if (record == NULL)
		return false;
	set_verified(out, record, 0);
	return true;
}

static void
verify_trust_anchor(struct dane_result *out, const struct match_set *set,
    const struct dane_input *in)
{
	struct path_result path;

	path_find(&path, set, NULL, in);
	if (path.record != NULL)
		set_verified(out, path.record, path.depth);
	else if (path.fault != NULL)
		say(out, "no trust anchor reached: %s %s", path.subject,
		    path.fault);
	else
		say(out, "no usable TLSA record matches the chain");
}

static void
explain_unusable(struct dane_result *out, const struct dane_input *in)
{
	const char *why = NULL;

	out->verdict = DANE_UNUSABLE;
	if (in->nrecords > 0)
		(void)tlsa_usable(&in->records[0], &why);
	if (why != NULL)
		say(out, "no usable TLSA record among %zu (the first: %s)",
		    in->nrecords, why);
	else
		say(out, "no TLSA record");
}

void
dane_verify(struct dane_result *out, const struct dane_input *in)
{
	struct match_set set;

	*out = (struct dane_result){ .verdict = DANE_FAILED };
	match_set_init(&set, in->records, in->nrecords);
	if (set.n == 0) {
		explain_unusable(out, in);
		return;
	}
	if (in->nchain == 0 || in->chain[0].n == 0) {
		say(out, "the server presented no certificate");
		return;
	}
	if (in->chain[0].n > DANE_CERT_MAX) {
		say(out, "the leaf is longer than %d bytes", DANE_CERT_MAX);
		return;
	}
	if (verify_end_entity(out, &set, in->chain[0]))
		return;
	if (match_has_usage(&set, TLSA_DANE_TA))
		verify_trust_anchor(out, &set, in);
	else
		say(out, "no usable TLSA record matches the leaf");
}
