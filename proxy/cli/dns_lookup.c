/*
 * danegate dns lookup: one question validated as the daemon does it, as JSON
 * for scripts or as the chain of zones for a person.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/dns.h"
#include "dnssec/present.h"

#define UNSIGNED_MAX 300
#define NOT_PROVABLE "NSEC3 with opt-out or too many iterations proves nothing"

enum lookup_exit {
	LOOKUP_SECURE = 0,
	LOOKUP_BOGUS = 1,
	LOOKUP_INSECURE = 3,
	LOOKUP_INDETERMINATE = 4,
};

struct lookup {
	struct dns_lookup question;
	bool json;
	char insecure[UNSIGNED_MAX]; /* the first zone that is not signed */
	int code;
};

static int
exit_code(enum dnssec_status status)
{
	switch (status) {
	case DNSSEC_SECURE:
		return LOOKUP_SECURE;
	case DNSSEC_INSECURE:
		return LOOKUP_INSECURE;
	case DNSSEC_BOGUS:
		return LOOKUP_BOGUS;
	case DNSSEC_UNKNOWN:
	case DNSSEC_INDETERMINATE:
		break;
	}
	return LOOKUP_INDETERMINATE;
}

/* RFC 4035 5.5: what a validating resolver tells its clients. */
static const char *
rcode_text(const struct dnssec_result *r)
{
	if (r->status != DNSSEC_SECURE && r->status != DNSSEC_INSECURE)
		return "SERVFAIL";
	return r->nxdomain ? "NXDOMAIN" : "NOERROR";
}

static const char *
reason_text(const struct lookup *l, const struct dnssec_result *r)
{
	if (r->status != DNSSEC_INSECURE || r->reason[0] != '\0')
		return r->reason;
	return l->insecure[0] != '\0' ? l->insecure : NOT_PROVABLE;
}

/* Presentation form for as long as the callback runs; out of memory there is
 * no text. */
static char *
answer_text(const struct lookup *l, struct span rdata)
{
	char *text;

	return dns_rdata_text(&text, l->question.type, rdata) == 0 ? text
								   : NULL;
}

static void
write_json(struct lookup *l, const struct dnssec_result *r)
{
	struct json j;

	json_to_file(&j, stdout);
	json_object(&j);
	json_key(&j, "status");
	json_text(&j, dnssec_status_text(r->status));
	json_key(&j, "rcode");
	json_text(&j, rcode_text(r));
	json_key(&j, "answers");
	json_array(&j);
	for (size_t i = 0; i < r->nanswers; i++) {
		char *text = answer_text(l, r->answers[i]);

		json_text(&j, text != NULL ? text : "");
		free(text);
	}
	json_close(&j);
	json_key(&j, "canonical");
	json_text(&j, r->canonical.len > 0 ? r->canonical.text : ".");
	json_key(&j, "ttl");
	json_number(&j, r->ttl);
	json_key(&j, "reason");
	json_text(&j, reason_text(l, r));
	json_key(&j, "signatures");
	json_number(&j, r->signatures);
	json_key(&j, "questions");
	json_number(&j, r->questions);
	json_close(&j);
	if (json_end(&j) != 0)
		l->code = LOOKUP_INDETERMINATE;
}

static const char *
algorithm_text(unsigned algorithm)
{
	switch (algorithm) {
	case 5:
		return "RSASHA1";
	case 7:
		return "RSASHA1-NSEC3-SHA1";
	case 8:
		return "RSASHA256";
	case 10:
		return "RSASHA512";
	case 13:
		return "ECDSAP256SHA256";
	case 14:
		return "ECDSAP384SHA384";
	case 15:
		return "ED25519";
	case 16:
		return "ED448";
	default:
		return "unnamed";
	}
}

static const char *
digest_text(unsigned digest)
{
	switch (digest) {
	case 1:
		return "SHA-1";
	case 2:
		return "SHA-256";
	case 4:
		return "SHA-384";
	default:
		return "unnamed";
	}
}

/* Told from within the lookup: one step of the chain. */
static void
on_step(void *arg, const struct dnssec_trace_step *step)
{
	struct lookup *l = arg;

	if (step->target == NULL && step->status != DNSSEC_SECURE &&
	    l->insecure[0] == '\0')
		(void)snprintf(l->insecure, sizeof(l->insecure),
		    "%s is not signed, or not in a way that can be checked",
		    step->name);
	if (l->json)
		return;
	if (step->target != NULL) {
		(void)printf("%s is an alias of %s (%s)\n", step->name,
		    step->target, dnssec_status_text(step->status));
		return;
	}
	if (step->status != DNSSEC_SECURE) {
		(void)printf("%s: unsigned, nothing below is proven\n",
		    step->name);
		return;
	}
	(void)printf("%s: signed\n", step->name);
	for (size_t i = 0; i < step->nkeys; i++) {
		const struct dnssec_trace_key *key = &step->keys[i];

		(void)printf("    key %u, algorithm %u (%s)",
		    (unsigned)key->tag, (unsigned)key->algorithm,
		    algorithm_text(key->algorithm));
		if (key->digest != 0)
			(void)printf(", trusted by a digest of type %u (%s)",
			    (unsigned)key->digest, digest_text(key->digest));
		(void)putchar('\n');
	}
}

static void
write_answers(const struct lookup *l, const struct dnssec_result *r)
{
	const char *owner = r->canonical.len > 0 ? r->canonical.text : ".";
	char type[DNS_TYPE_TEXT_MAX];

	(void)dns_type_text(l->question.type, type);
	if (r->nxdomain)
		(void)printf("%s does not exist\n", owner);
	else if (r->nanswers == 0)
		(void)printf("%s has no %s records\n", owner, type);
	for (size_t i = 0; i < r->nanswers; i++) {
		char *text = answer_text(l, r->answers[i]);

		(void)printf("%s %lu %s %s\n", owner, (unsigned long)r->ttl,
		    type, text != NULL ? text : "");
		free(text);
	}
}

/* The chain has been told on the way; the end remains. */
static void
write_for_person(const struct lookup *l, const struct dnssec_result *r)
{
	const char *reason = reason_text(l, r);

	if (r->status == DNSSEC_SECURE || r->status == DNSSEC_INSECURE)
		write_answers(l, r);
	(void)printf("%s", dnssec_status_text(r->status));
	if (reason[0] != '\0')
		(void)printf(": %s", reason);
	(void)printf(" (%u signatures checked, %u questions asked)\n",
	    r->signatures, r->questions);
}

static void
on_result(void *arg, const struct dnssec_result *r)
{
	struct lookup *l = arg;

	l->code = exit_code(r->status);
	if (l->json)
		write_json(l, r);
	else
		write_for_person(l, r);
}

/* The question that the two words name; false, said on stderr, for none. */
static bool
read_question(struct dns_lookup *q, char **words)
{
	int err;

	if (name_parse_any(&q->name, span_text(words[0])) != 0) {
		(void)fprintf(stderr, "%s: not a domain name\n", words[0]);
		return false;
	}
	err = dns_type_parse(&q->type, span_text(words[1]));
	if (err != 0)
		(void)fprintf(stderr, "%s: %s\n", words[1],
		    err == DG_EUNSUPPORTED ? "not a type that can be validated"
					   : "no such type");
	return err == 0;
}

static int
look_up(const struct dns_options *o)
{
	struct lookup l = { .json = o->json, .code = LOOKUP_INDETERMINATE };
	int err;

	if (o->argc != 2) {
		(void)fputs("expected NAME TYPE\n", stderr);
		return CLI_USAGE;
	}
	if (!read_question(&l.question, o->argv))
		return CLI_USAGE;
	l.question.trace = on_step;
	l.question.trace_arg = &l;
	l.question.done = on_result;
	l.question.arg = &l;
	err = dns_resolve(o, &l.question);
	if (err == 0)
		return l.code;
	(void)fprintf(stderr, "%s\n",
	    err == DG_ESYNTAX ? "--anchor: no usable DS or DNSKEY of the root"
			      : dg_err_text(err));
	return err == DG_ESYNTAX ? CLI_USAGE : LOOKUP_INDETERMINATE;
}

int
dns_lookup_run(int argc, char **argv)
{
	struct dns_options o;
	int code = CLI_USAGE;

	if (dns_options_take(&o, argc, argv))
		code = look_up(&o);
	dns_options_free(&o);
	return code;
}
