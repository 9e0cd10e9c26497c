/*
 * danegate dns check-forwarder: does a resolver hand on all that danegated
 * needs to validate by itself? Asks what danegated would ask, about the root and
 * the first signed zone below it that the root's NSEC names, and looks at what
 * comes back. Whether a signature is good is for the last check, a lookup with
 * the trust anchors; the others look only whether the records are there.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "cli/cli.h"
#include "cli/dns.h"
#include "cli/dns_ask.h"
#include "dnssec/signature.h"

#define TEXT_MAX   200
#define CHECKS_MAX 12
#define UDP_PLAIN  512 /* octets without EDNS, RFC 1035 4.2.1 */

enum forwarder_exit {
	FORWARDER_FIT = 0,
	FORWARDER_UNFIT = 1,
	FORWARDER_SILENT = 4,
};

/* What one check found. */
enum check {
	CHECK_UNKNOWN = 0, /* could not be made */
	CHECK_PASSED,
	CHECK_FAILED,
};

struct finding {
	const char *word;
	enum check check;
	char text[TEXT_MAX];
};

struct report {
	const struct dns_options *options;
	struct address server;
	bool silent; /* not a single answer */
	size_t n;
	struct finding findings[CHECKS_MAX];
	size_t largest;	  /* answer over UDP */
	struct name zone; /* signed, below the root; empty: none found */
};

static void DG_PRINTF(4, 5) note(struct report *r, const char *word,
    enum check check, const char *format, ...)
{
	struct finding *f = &r->findings[r->n++];
	va_list ap;

	f->word = word;
	f->check = check;
	va_start(ap, format);
	(void)vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
}

static const char *
failure_text(int err)
{
	switch (err) {
	case DG_ETIMEDOUT:
		return "no answer within five seconds";
	case DG_ECLOSED:
		return "it closed the connection without an answer";
	case DG_EPROTO:
		return "an answer that cannot be read";
	case DG_EIO:
		return "no connection, or it was refused";
	default:
		return dg_err_text(err);
	}
}

/* Asks over UDP, and over TCP when the answer says that it was cut. */
static int
ask(struct dns_reply *out, struct report *r, const struct name *name,
    uint16_t type)
{
	struct dnssec_question q = { .name = *name, .type = type };
	int err = dns_ask(out, &r->server, &q, false);

	if (err != 0)
		return err;
	r->silent = false;
	if (out->size > r->largest)
		r->largest = out->size;
	if (!out->header.truncated)
		return 0;
	message_free(&out->message);
	return dns_ask(out, &r->server, &q, true);
}

/* A signature over records of that type is in that section. */
static bool
has_signature(const struct message *m, enum section section, uint16_t type)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->records[i].section == section &&
		    m->records[i].type == TYPE_RRSIG &&
		    signature_covers(m->records[i].rdata) == type)
			return true;
	return false;
}

static const struct record *
find_record(const struct message *m, enum section section, uint16_t type)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->records[i].section == section &&
		    m->records[i].type == type)
			return &m->records[i];
	return NULL;
}

/* A name that nobody has: random letters before the zone. */
static int
random_name(struct name *out, const char *prefix, const struct name *zone)
{
	char label[40];
	size_t n = (size_t)snprintf(label, sizeof(label), "%s", prefix);

	for (int i = 0; i < 16; i++)
		label[n++] = (char)('a' + (int)random_below(26));
	label[n] = '\0';
	if (zone->len == 0)
		return name_parse(out, span_text(label));
	return name_prepend(out, label, zone);
}

static bool
answered(const struct dns_reply *reply)
{
	return reply->header.rcode == DNS_RCODE_NOERROR ||
	    reply->header.rcode == DNS_RCODE_NXDOMAIN;
}

static void
check_root_keys(struct report *r)
{
	const struct name root = { 0 };
	struct dns_reply reply;
	int err = ask(&reply, r, &root, DNS_TYPE_DNSKEY);

	if (err != 0) {
		note(r, "answers", CHECK_FAILED, "%s", failure_text(err));
		return;
	}
	note(r, "answers", answered(&reply) ? CHECK_PASSED : CHECK_FAILED,
	    answered(&reply) ? "it answers questions for the root's keys"
			     : "it refuses them with code %u",
	    reply.header.rcode);
	note(r, "edns", reply.header.edns ? CHECK_PASSED : CHECK_FAILED,
	    reply.header.edns
		? "it speaks EDNS, which DNSSEC needs"
		: "it does not speak EDNS, without which there is no DNSSEC");
	if (has_signature(&reply.message, SECTION_ANSWER, DNS_TYPE_DNSKEY))
		note(r, "signatures", CHECK_PASSED,
		    "signatures (RRSIG) come with the root's keys");
	else
		note(r, "signatures", CHECK_FAILED,
		    "it strips signatures (RRSIG): none came with the root's "
		    "keys");
	message_free(&reply.message);
}

static void
check_tcp(struct report *r)
{
	struct dnssec_question q = { .type = DNS_TYPE_DNSKEY };
	struct dns_reply reply;
	int err = dns_ask(&reply, &r->server, &q, true);

	if (err != 0) {
		note(r, "tcp", CHECK_FAILED, "over TCP: %s", failure_text(err));
		return;
	}
	r->silent = false;
	note(r, "tcp", CHECK_PASSED, "it answers over TCP as well");
	message_free(&reply.message);
}

/* Is there a DS record at the name, so that its zone is signed? */
static bool
is_signed_zone(struct report *r, const struct name *name)
{
	struct dns_reply reply;
	bool there;

	if (ask(&reply, r, name, DNS_TYPE_DS) != 0)
		return false;
	there = find_record(&reply.message, SECTION_ANSWER, DNS_TYPE_DS) !=
	    NULL;
	message_free(&reply.message);
	return there;
}

/* The root's NSEC names two zones below it: one may be signed. */
static void
find_zone(struct report *r, const struct message *m)
{
	for (size_t i = 0; i < m->n && r->zone.len == 0; i++) {
		const struct record *record = &m->records[i];
		struct dname next;
		struct name names[2];
		size_t pos = 0;
		size_t n = 0;

		if (record->type != TYPE_NSEC ||
		    dname_read(&next, record->rdata, &pos) != 0)
			continue;
		if (dname_to_name(&names[n], &record->owner) == 0)
			n++;
		if (dname_to_name(&names[n], &next) == 0)
			n++;
		for (size_t k = 0; k < n && r->zone.len == 0; k++)
			if (names[k].len > 0 && is_signed_zone(r, &names[k]))
				r->zone = names[k];
	}
}

static void
check_denial_of_root(struct report *r)
{
	const struct name root = { 0 };
	struct dns_reply reply;
	struct name name;
	int err = random_name(&name, "", &root);

	if (err == 0)
		err = ask(&reply, r, &name, DNS_TYPE_A);
	if (err != 0) {
		note(r, "denial", CHECK_FAILED, "for a name that is not: %s",
		    failure_text(err));
		return;
	}
	if (has_signature(&reply.message, SECTION_AUTHORITY, TYPE_NSEC)) {
		note(r, "denial", CHECK_PASSED,
		    "proofs of absence (NSEC) come with negative answers");
		find_zone(r, &reply.message);
	} else {
		note(r, "denial", CHECK_FAILED,
		    "no signed proof (NSEC) came with a negative answer of the "
		    "root (code %u)",
		    reply.header.rcode);
	}
	message_free(&reply.message);
}

/* What danegated asks most: TLSA below a name, here one that nobody has. */
static void
check_tlsa(struct report *r)
{
	struct dns_reply reply;
	struct name name;
	int err;

	if (r->zone.len == 0) {
		note(r, "tlsa", CHECK_UNKNOWN,
		    "questions for TLSA were not tried: no signed zone found");
		return;
	}
	err = random_name(&name, "_25._tcp.", &r->zone);
	if (err == 0)
		err = ask(&reply, r, &name, DNS_TYPE_TLSA);
	if (err != 0) {
		note(r, "tlsa", CHECK_FAILED, "for TLSA: %s",
		    failure_text(err));
		return;
	}
	if (!answered(&reply))
		note(r, "tlsa", CHECK_FAILED,
		    "it refuses questions for TLSA with code %u",
		    reply.header.rcode);
	else if (has_signature(&reply.message, SECTION_AUTHORITY, TYPE_NSEC3))
		note(r, "tlsa", CHECK_PASSED,
		    "TLSA in %.60s is answered, denied by NSEC3", r->zone.text);
	else if (has_signature(&reply.message, SECTION_AUTHORITY, TYPE_NSEC))
		note(r, "tlsa", CHECK_PASSED,
		    "TLSA in %.60s is answered, denied by NSEC", r->zone.text);
	else
		note(r, "tlsa", CHECK_FAILED,
		    "TLSA in %.60s is denied without a signed proof",
		    r->zone.text);
	message_free(&reply.message);
}

static void
check_sizes(struct report *r)
{
	if (r->largest > UDP_PLAIN)
		note(r, "size", CHECK_PASSED,
		    "answers of up to %zu octets came over UDP (asked for at "
		    "most %d)",
		    r->largest, DNS_EDNS_SIZE);
	else
		note(r, "size", CHECK_UNKNOWN,
		    "no answer over UDP was longer than %d octets; longer ones "
		    "would go over TCP",
		    UDP_PLAIN);
}

static void
on_validated(void *arg, const struct dnssec_result *result)
{
	struct report *r = arg;

	if (result->status == DNSSEC_SECURE)
		note(r, "validation", CHECK_PASSED,
		    "the root's keys fit the trust anchors");
	else
		note(r, "validation", CHECK_FAILED, "%s: %.160s",
		    dnssec_status_text(result->status), result->reason);
}

/* All of it together, as danegated does it. */
static int
check_validation(struct report *r)
{
	struct dns_options o = *r->options;
	struct dns_lookup l = {
		.type = DNS_TYPE_DNSKEY,
		.done = on_validated,
		.arg = r,
	};

	o.servers[0] = r->server;
	o.nservers = 1;
	return dns_resolve(&o, &l);
}

static int
verdict(const struct report *r)
{
	if (r->silent)
		return FORWARDER_SILENT;
	for (size_t i = 0; i < r->n; i++)
		if (r->findings[i].check == CHECK_FAILED)
			return FORWARDER_UNFIT;
	return FORWARDER_FIT;
}

static const char *
check_text(enum check check)
{
	switch (check) {
	case CHECK_PASSED:
		return "passed";
	case CHECK_FAILED:
		return "failed";
	case CHECK_UNKNOWN:
		break;
	}
	return "unknown";
}

static const char *
verdict_text(int code)
{
	switch (code) {
	case FORWARDER_FIT:
		return "fit";
	case FORWARDER_UNFIT:
		return "unfit";
	default:
		return "silent";
	}
}

static int
write_json(const struct report *r, int code)
{
	struct json j;

	json_to_file(&j, stdout);
	json_object(&j);
	json_key(&j, "verdict");
	json_text(&j, verdict_text(code));
	json_key(&j, "checks");
	json_array(&j);
	for (size_t i = 0; i < r->n; i++) {
		json_object(&j);
		json_key(&j, "check");
		json_text(&j, r->findings[i].word);
		json_key(&j, "result");
		json_text(&j, check_text(r->findings[i].check));
		json_key(&j, "text");
		json_text(&j, r->findings[i].text);
		json_close(&j);
	}
	json_close(&j);
	json_close(&j);
	return json_end(&j);
}

static void
write_for_person(const struct report *r, int code)
{
	char address[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < r->n; i++)
		(void)printf("%-8s %s\n", check_text(r->findings[i].check),
		    r->findings[i].text);
	(void)address_port_text(&r->server, address);
	if (code == FORWARDER_FIT)
		(void)printf("%s passes DNSSEC: danegated can use it\n",
		    address);
	else if (code == FORWARDER_UNFIT)
		(void)printf("%s does not pass DNSSEC: mail to be checked "
			     "would be held\n",
		    address);
	else
		(void)printf("%s gave no answer at all\n", address);
}

static int
check_forwarder(const struct dns_options *o)
{
	struct report r = { .options = o, .silent = true };
	int code;

	if (o->argc != 1 || o->nservers > 0 ||
	    dns_server_parse(&r.server, o->argv[0]) != 0) {
		(void)fputs("expected ADDRESS[@PORT]\n", stderr);
		return CLI_USAGE;
	}
	check_root_keys(&r);
	check_tcp(&r);
	if (!r.silent) {
		check_denial_of_root(&r);
		check_tlsa(&r);
		check_sizes(&r);
		code = check_validation(&r);
		if (code != 0) {
			(void)fprintf(stderr, "%s\n",
			    code == DG_ESYNTAX
				? "--anchor: no usable DS or DNSKEY of the root"
				: dg_err_text(code));
			return CLI_USAGE;
		}
	}
	code = verdict(&r);
	if (!o->json)
		write_for_person(&r, code);
	else if (write_json(&r, code) != 0)
		return FORWARDER_SILENT;
	return code;
}

int
dns_forwarder_run(int argc, char **argv)
{
	struct dns_options o = { .argc = argc, .argv = argv };
	int code = CLI_USAGE;
	bool good = dns_options_take(&o, argc, argv);

	/* --json may stand behind the address, too. */
	if (good && o.argc == 2 && strcmp(o.argv[1], "--json") == 0) {
		o.json = true;
		o.argc = 1;
	}
	if (good)
		code = check_forwarder(&o);
	dns_options_free(&o);
	return code;
}
