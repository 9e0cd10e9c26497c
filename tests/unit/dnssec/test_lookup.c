/*
 * Validation from the root down, over a tree that the test signs: each answer
 * as it should be, and each way of spoiling it. RFC 4035 section 5, RFC 5155
 * section 8, RFC 6840.
 */
/* with: dnssec/support/world.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dnssec/support/world.h"

#define TYPE_NSEC  47
#define TYPE_NSEC3 50
#define TYPE_RRSIG 46

static struct world w;

/*
 *	.  nl  example.nl, other.nl	NSEC
 *	   unsigned.nl			no DS
 *	   old.nl			DS of an unknown algorithm alone
 *	   org				NSEC3
 *	   org  hashed.org		NSEC3
 *	   com				NSEC3, opt-out
 *	   com  signed.com		NSEC
 *	   com  plain.com		unsigned, in the gap
 *	   slow				NSEC3 with 101 iterations
 */
static int
setup(void **state)
{
	struct world_zone *z;

	(void)state;
	world_open(&w);
	world_zone(&w, ".", WORLD_NSEC);
	world_zone(&w, "nl.", WORLD_NSEC);
	world_zone(&w, "org.", WORLD_NSEC3);
	world_zone(&w, "com.", WORLD_NSEC3)->opt_out = true;
	z = world_zone(&w, "slow.", WORLD_NSEC3);
	z->iterations = 101;
	world_add(z, "www.slow. 300 IN A 192.0.2.9");
	z = world_zone(&w, "example.nl.", WORLD_NSEC);
	world_add(z, "www.example.nl. 300 IN A 192.0.2.1");
	world_add(z, "www.example.nl. 300 IN A 192.0.2.2");
	world_add(z, "a.empty.example.nl. 300 IN A 192.0.2.3");
	world_add(z, "*.wild.example.nl. 300 IN A 192.0.2.4");
	world_add(z, "alias.example.nl. 300 IN CNAME WWW.example.nl.");
	world_add(z, "out.example.nl. 300 IN CNAME www.unsigned.nl.");
	world_add(z, "loop.example.nl. 300 IN CNAME loop.example.nl.");
	z = world_zone(&w, "other.nl.", WORLD_NSEC);
	world_add(z, "moved.other.nl. 300 IN DNAME example.nl.");
	world_add(z, "_25._tcp.mx.other.nl. 300 IN TLSA 3 1 1 AABBCCDD");
	world_add(z, "odd.other.nl. 300 IN TYPE52 \\# 2 0301");
	world_add(z, "mail.other.nl. 300 IN MX 10 MX.Other.NL.");
	world_add(z, "bad.other.nl. 300 IN CNAME x\\032y.other.nl.");
	z = world_zone(&w, "unsigned.nl.", WORLD_UNSIGNED);
	world_add(z, "www.unsigned.nl. 300 IN A 192.0.2.5");
	world_add(z, "back.unsigned.nl. 300 IN CNAME www.example.nl.");
	z = world_zone(&w, "old.nl.", WORLD_UNSIGNED);
	z->ds = "4711 3 2 "
		"0000000000000000000000000000000000000000000000000000000000000"
		"000";
	world_add(z, "www.old.nl. 300 IN A 192.0.2.6");
	z = world_zone(&w, "hashed.org.", WORLD_NSEC3);
	world_add(z, "www.hashed.org. 300 IN A 192.0.2.7");
	world_add(z, "*.wild.hashed.org. 300 IN A 192.0.2.8");
	world_add(z, "a.empty.hashed.org. 300 IN A 192.0.2.8");
	world_add(z, "alias.hashed.org. 300 IN CNAME www.hashed.org.");
	world_add(z, "moved.hashed.org. 300 IN DNAME example.nl.");
	z = world_zone(&w, "signed.com.", WORLD_NSEC);
	world_add(z, "www.signed.com. 300 IN A 192.0.2.10");
	z = world_zone(&w, "plain.com.", WORLD_UNSIGNED);
	world_add(z, "www.plain.com. 300 IN A 192.0.2.11");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static const struct dnssec_result *
expect(const char *name, uint16_t type, enum dnssec_status status, size_t n)
{
	const struct dnssec_result *r = world_lookup(&w, name, type);

	if (r->status != status || r->nanswers != n)
		print_message("%s: %s, %zu answers, %s\n", name,
		    dnssec_status_text(r->status), r->nanswers, r->reason);
	assert_int_equal(r->status, status);
	assert_int_equal(r->nanswers, n);
	return r;
}

static void
expect_bogus(const char *name, uint16_t type, const char *why)
{
	const struct dnssec_result *r = expect(name, type, DNSSEC_BOGUS, 0);

	if (strstr(r->reason, why) == NULL)
		print_message("reason: %s\n", r->reason);
	assert_non_null(strstr(r->reason, why));
	assert_false(r->resolver_broken);
	assert_false(r->nxdomain);
}

static bool
asks(const struct dnssec_question *q, const char *name, uint16_t type)
{
	return q->type == type && strcmp(q->name.text, name) == 0;
}

/* What is there */

static void
test_secure_address(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	r = expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_memory_equal(r->answers[0].p, "\xc0\x00\x02\x01", 4);
	assert_memory_equal(r->answers[1].p, "\xc0\x00\x02\x02", 4);
	assert_int_equal(r->ttl, 300);
	assert_false(r->aliased);
	assert_string_equal(r->canonical.text, "www.example.nl");
	/* Answer, then DNSKEY, DS, DNSKEY, DS, DNSKEY from the root down. */
	assert_int_equal(r->questions, 6);
	assert_int_equal(r->signatures, 6);
}

/* What is known of the zones is not asked for again. */
static void
test_zones_are_remembered(void **state)
{
	(void)state;
	world_sign(&w);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_int_equal(w.asked, 1);
	expect("www.unsigned.nl", DNS_TYPE_A, DNSSEC_INSECURE, 1);
	assert_int_equal(w.asked, 2);
	expect("www.unsigned.nl", DNS_TYPE_A, DNSSEC_INSECURE, 1);
	assert_int_equal(w.asked, 1);
	/* Not for longer than they may be, nor in a past they were not in. */
	w.now += 301;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_int_equal(w.asked, 6);
	w.now -= 301;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_int_equal(w.asked, 6);
}

/* New anchors: nothing that hung on the old ones is believed. */
static void
test_new_anchors_forget_zones(void **state)
{
	(void)state;
	world_sign(&w);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_int_equal(dnssec_trust_load(w.trust,
			     span_text(
				 ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B"
				 "0D7C65D08458E880409BBC683457104237C7F8E"
				 "C8D\n")),
	    0);
	expect_bogus("www.example.nl", DNS_TYPE_A,
	    "DNSKEY of the root: no key fits");
}

static void
test_service_records(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	r = expect("_25._tcp.mx.other.nl", DNS_TYPE_TLSA, DNSSEC_SECURE, 1);
	assert_int_equal(r->answers[0].n, 7);
	r = expect("mail.other.nl", DNS_TYPE_MX, DNSSEC_SECURE, 1);
	assert_memory_equal(r->answers[0].p, "\0\x0a\x02mx\x05other\x02nl", 14);
	/* RDATA that no TLSA can have is there all the same. */
	r = expect("odd.other.nl", DNS_TYPE_TLSA, DNSSEC_SECURE, 1);
	assert_int_equal(r->answers[0].n, 2);
	/* DS stands in the zone above. */
	r = expect("example.nl", DNS_TYPE_DS, DNSSEC_SECURE, 1);
	assert_int_equal(r->answers[0].n, 36);
	expect("example.nl", DNS_TYPE_DNSKEY, DNSSEC_SECURE, 1);
	expect("unsigned.nl", DNS_TYPE_DS, DNSSEC_SECURE, 0);
}

/* What is not there */

static void
test_nsec_absence(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	r = expect("www.example.nl", DNS_TYPE_AAAA, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
	assert_int_equal(r->ttl, 120);
	r = expect("no.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
	/* An empty non-terminal is there. */
	r = expect("empty.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
	r = expect("x.wild.example.nl", DNS_TYPE_AAAA, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
	r = expect("_25._tcp.www.example.nl", DNS_TYPE_TLSA, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
	r = expect("no-such-tld", DNS_TYPE_MX, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
}

static void
test_nsec3_absence(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	r = expect("www.hashed.org", DNS_TYPE_AAAA, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
	assert_true(r->hashes > 0);
	r = expect("no.hashed.org", DNS_TYPE_A, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
	r = expect("empty.hashed.org", DNS_TYPE_A, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
	r = expect("x.wild.hashed.org", DNS_TYPE_AAAA, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
	r = expect("_25._tcp.www.hashed.org", DNS_TYPE_TLSA, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
	r = expect("hashed.org", DNS_TYPE_MX, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
}

/* Only the proof counts, not the code in the header that anybody can change. */
static void
flip_rcode(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	(void)q;
	reply->rcode = reply->rcode == 0 ? 3 : 0;
}

static void
test_rcode_means_nothing(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	w.tamper = flip_rcode;
	r = expect("no.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
	r = expect("www.example.nl", DNS_TYPE_AAAA, DNSSEC_SECURE, 0);
	assert_false(r->nxdomain);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
}

static void
drop_denial(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	if (q->type == DNS_TYPE_DS || q->type == DNS_TYPE_DNSKEY)
		return;
	world_remove(reply->authority, TYPE_NSEC, 0);
	world_remove(reply->authority, TYPE_NSEC3, 0);
}

/* Absence without proof, RFC 4035 5.4. */
static void
test_absence_needs_proof(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = drop_denial;
	expect_bogus("www.example.nl", DNS_TYPE_AAAA, "no proof of absence");
	expect_bogus("www.hashed.org", DNS_TYPE_AAAA, "no proof of absence");
	expect_bogus("x.wild.hashed.org", DNS_TYPE_AAAA, "no proof");
}

/* Wildcards, RFC 4035 5.3.4, RFC 5155 8.8. */
static void
test_wildcard(void **state)
{
	(void)state;
	world_sign(&w);
	expect("x.wild.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 1);
	expect("x.y.wild.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 1);
	expect("x.wild.hashed.org", DNS_TYPE_A, DNSSEC_SECURE, 1);
	w.tamper = drop_denial;
	expect_bogus("x.wild.example.nl", DNS_TYPE_A, "no proof of absence");
	expect_bogus("x.wild.hashed.org", DNS_TYPE_A, "no proof of absence");
}

/* RFC 2181 section 11: any octets make a name; RFC 4592 2.1: a question may be
 * for the wildcard itself, which is then a name like any other. */
static void
test_names_that_no_host_has(void **state)
{
	struct world_zone *z = world_find(&w, "example.nl.");
	const struct dnssec_result *r;

	(void)state;
	world_add(z, "a\\032b.example.nl. 300 IN A 192.0.2.12");
	world_add(z, "c.example.nl. 300 IN CNAME a\\032b.example.nl.");
	world_add(z, "\\000x.example.nl. 300 IN CNAME a\\032b.example.nl.");
	world_sign(&w);
	r = expect("*.wild.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 1);
	assert_string_equal(r->canonical.text, "*.wild.example.nl");
	expect("*.wild.example.nl", DNS_TYPE_AAAA, DNSSEC_SECURE, 0);
	expect("*.wild.hashed.org", DNS_TYPE_A, DNSSEC_SECURE, 1);
	r = expect("*.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
	r = expect("A b.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 1);
	assert_string_equal(r->canonical.text, "a\\032b.example.nl");
	r = expect("\\000x.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 1);
	assert_string_equal(r->canonical.text, "a\\032b.example.nl");
	/* From a host's name none of these is reached. */
	expect_bogus("c.example.nl", DNS_TYPE_A, "no host can have");
}

/* The wildcard's records under a name that is there. */
static void
misuse_wildcard(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	struct dnssec_question other = *q;
	struct world_reply wild;

	if (!asks(q, "a.empty.example.nl", DNS_TYPE_AAAA))
		return;
	assert_int_equal(name_parse(&other.name,
			     span_text("x.wild.example.nl")),
	    0);
	other.type = DNS_TYPE_A;
	world_answer(x, &other, &wild);
	ldns_rr_list_deep_free(reply->answer);
	ldns_rr_list_deep_free(reply->authority);
	for (size_t i = 0; i < ldns_rr_list_rr_count(wild.answer); i++) {
		ldns_rr *rr = ldns_rr_list_rr(wild.answer, i);

		ldns_rdf_deep_free(ldns_rr_owner(rr));
		ldns_rr_set_owner(rr,
		    ldns_dname_new_frm_str("a.empty.example.nl."));
	}
	*reply = wild;
}

static void
test_wildcard_of_another_branch(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = misuse_wildcard;
	/* An A record is no answer, and its denial says AAAA is not there. */
	expect("a.empty.example.nl", DNS_TYPE_AAAA, DNSSEC_SECURE, 0);
}

/* RFC 5011 section 5, RFC 4033 section 5: a trust point whose anchors are all
 * revoked is as if it had never been configured. Without any, nothing is known;
 * that is not the same as insecure. */
static void
test_all_anchors_revoked(void **state)
{
	char text[3 * sizeof(w.anchor)];
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	assert_true(
	    snprintf(text, sizeof(text), "%s ; configured 0\n%s ; revoked 1\n",
		w.anchor, w.anchor) < (int)sizeof(text));
	assert_int_equal(dnssec_trust_restore(w.trust, span_text(text)), 0);
	r = expect("www.example.nl", DNS_TYPE_A, DNSSEC_INDETERMINATE, 0);
	assert_string_equal(r->reason,
	    "DNSKEY of the root: all trust anchors are revoked");
	assert_false(r->resolver_broken);
}

/* Unsigned zones */

static void
test_insecure_delegation(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	expect("www.unsigned.nl", DNS_TYPE_A, DNSSEC_INSECURE, 1);
	r = expect("no.unsigned.nl", DNS_TYPE_A, DNSSEC_INSECURE, 0);
	assert_true(r->nxdomain);
	r = expect("www.unsigned.nl", DNS_TYPE_MX, DNSSEC_INSECURE, 0);
	assert_false(r->nxdomain);
	/* RFC 4035 5.2: DS records of which none can be used. */
	expect("www.old.nl", DNS_TYPE_A, DNSSEC_INSECURE, 1);
}

/* RFC 5155 section 6: a gap that may hold unsigned zones. */
static void
test_opt_out(void **state)
{
	(void)state;
	world_sign(&w);
	expect("www.plain.com", DNS_TYPE_A, DNSSEC_INSECURE, 1);
	expect("www.signed.com", DNS_TYPE_A, DNSSEC_SECURE, 1);
	expect("no.com", DNS_TYPE_A, DNSSEC_INSECURE, 0);
}

/* RFC 9276 3.2. */
static void
test_too_many_iterations(void **state)
{
	(void)state;
	world_sign(&w);
	expect("www.slow", DNS_TYPE_AAAA, DNSSEC_INSECURE, 0);
	expect("www.slow", DNS_TYPE_A, DNSSEC_SECURE, 1);
	assert_int_equal(dnssec_lookup_result(w.lookup)->hashes, 0);
}

static void
hide_ds(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	if (q->type != DNS_TYPE_DS)
		return;
	world_remove(reply->answer, 0, 0);
}

/* A zone does not become unsigned because its DS was taken away. */
static void
test_missing_ds(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = hide_ds;
	expect_bogus("www.example.nl", DNS_TYPE_A, "DS of nl");
}

/* The child's own NSEC says that it has no DS: it would (RFC 6840 4.1). */
static void
ds_from_child(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	const struct world_zone *child = world_find(x, "example.nl.");

	if (!asks(q, "example.nl", DNS_TYPE_DS))
		return;
	world_remove(reply->answer, 0, 0);
	world_remove(reply->authority, 0, 0);
	world_copy(reply->authority, child, TYPE_NSEC);
}

static void
test_denial_of_ds_by_child(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = ds_from_child;
	expect_bogus("www.example.nl", DNS_TYPE_A, "DS of example.nl");
}

/* The parent's NSEC at the cut, turned against what is below (RFC 6840 4.1). */
static void
deny_by_parent(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	bool com = strstr(q->name.text, ".com") != NULL;
	const struct world_zone *parent = world_find(x, com ? "com." : "nl.");

	if (q->type != DNS_TYPE_A)
		return;
	world_remove(reply->answer, 0, 0);
	world_remove(reply->authority, 0, 0);
	world_copy(reply->authority, parent, DNS_TYPE_SOA);
	world_copy(reply->authority, parent, TYPE_NSEC);
	world_copy(reply->authority, parent, TYPE_NSEC3);
	reply->rcode = 3;
}

static void
test_ancestor_delegation(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = deny_by_parent;
	expect_bogus("www.example.nl", DNS_TYPE_A, "signed by another zone");
	expect_bogus("example.nl", DNS_TYPE_A, "signed by another zone");
	expect_bogus("www.signed.com", DNS_TYPE_A, "no proof of absence");
}

/* All that a zone has signed of denial, against what is there: none of it may
 * fit (CNAME and DNAME bits, wildcards; RFC 6840 4.1 and 4.3). */
static void
deny_by_zone(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	const char *zone = "example.nl.";

	if (q->type != DNS_TYPE_A)
		return;
	if (strstr(q->name.text, "hashed.org") != NULL)
		zone = "hashed.org.";
	else if (strstr(q->name.text, "other.nl") != NULL)
		zone = "other.nl.";
	world_remove(reply->answer, 0, 0);
	world_remove(reply->authority, 0, 0);
	world_copy(reply->authority, world_find(x, zone), TYPE_NSEC);
	world_copy(reply->authority, world_find(x, zone), TYPE_NSEC3);
	reply->rcode = 3;
}

static void
test_denial_of_what_is_there(void **state)
{
	static const char *const names[] = { "www.example.nl",
		"alias.example.nl", "x.wild.example.nl", "www.hashed.org",
		"alias.hashed.org", "x.wild.hashed.org" };

	(void)state;
	world_sign(&w);
	w.tamper = deny_by_zone;
	for (size_t i = 0; i < DG_ARRAY_LEN(names); i++)
		expect_bogus(names[i], DNS_TYPE_A, "no proof of absence");
	/* Below a DNAME: the walk finds that, and follows it to what is there;
	 * there the answer has gone too. */
	expect_bogus("www.moved.other.nl", DNS_TYPE_A, "A of www.example.nl");
	expect_bogus("www.moved.hashed.org", DNS_TYPE_A, "A of www.example.nl");
}

/* Signatures */

static void
drop_signature(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	if (q->type == DNS_TYPE_A)
		world_remove(reply->answer, TYPE_RRSIG, 0);
}

static void
test_missing_signature(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = drop_signature;
	expect_bogus("www.example.nl", DNS_TYPE_A,
	    "A of www.example.nl: no signature");
	/* With zones known: the root is asked whether signatures come. */
	expect_bogus("www.example.nl", DNS_TYPE_A,
	    "A of www.example.nl: no signature");
}

static void
change_address(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	ldns_rr *rr = ldns_rr_list_rr(reply->answer, 0);

	(void)x;
	if (q->type == DNS_TYPE_A)
		ldns_rdf_data(ldns_rr_rdf(rr, 0))[3] ^= 1;
}

static void
add_address(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	if (q->type == DNS_TYPE_A)
		ldns_rr_list_push_rr(reply->answer,
		    world_rr("www.example.nl. 300 IN A 203.0.113.1"));
}

static void
test_changed_records(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = change_address;
	expect_bogus("www.example.nl", DNS_TYPE_A, "does not verify");
	w.tamper = add_address;
	expect_bogus("www.example.nl", DNS_TYPE_A, "does not verify");
}

/* Order, letters' case and copies do not matter (RFC 4034 section 6). */
static void
shuffle(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	size_t n = ldns_rr_list_rr_count(reply->answer);

	(void)x;
	if (q->type != DNS_TYPE_A)
		return;
	for (size_t i = 0; i < n; i++)
		ldns_rr_list_push_rr(reply->answer,
		    ldns_rr_clone(ldns_rr_list_rr(reply->answer, n - 1 - i)));
	ldns_rdf_deep_free(ldns_rr_owner(ldns_rr_list_rr(reply->answer, 0)));
	ldns_rr_set_owner(ldns_rr_list_rr(reply->answer, 0),
	    ldns_dname_new_frm_str("wWw.EXAMPLE.nl."));
}

static void
test_canonical_form(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = shuffle;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
}

/* The TTL in the message may only be less than what was signed. */
static void
raise_ttl(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	(void)q;
	for (size_t i = 0; i < ldns_rr_list_rr_count(reply->answer); i++)
		ldns_rr_set_ttl(ldns_rr_list_rr(reply->answer, i), 1000000);
}

static void
test_ttl(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = raise_ttl;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_int_equal(dnssec_lookup_result(w.lookup)->ttl, 300);
	/* Nor outlive the signature. */
	w.now = WORLD_NOW + WORLD_DAY - 5;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_int_equal(dnssec_lookup_result(w.lookup)->ttl, 5);
}

static void
test_validity_period(void **state)
{
	(void)state;
	world_find(&w, "example.nl.")->signing.expires = WORLD_NOW + 100;
	world_sign(&w);
	w.now = WORLD_NOW + 100;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	w.now = WORLD_NOW + 101;
	expect_bogus("www.example.nl", DNS_TYPE_A, "signature expired");
	w.now = WORLD_NOW - 3601;
	expect_bogus("www.example.nl", DNS_TYPE_A, "not valid yet");
}

/* A signature by z over the A records of www.example.nl instead of its own. */
static void
sign_as(struct world_reply *reply, struct world_zone *z,
    const struct world_signing *how)
{
	ldns_rr_list *set;

	world_remove(reply->answer, TYPE_RRSIG, 0);
	set = ldns_rr_list_clone(reply->answer);
	world_sign_set(reply->answer, z, set, how);
	ldns_rr_list_deep_free(set);
}

static void
sign_by_itself(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	if (q->type == DNS_TYPE_A)
		sign_as(reply, world_find(x, "example.nl."),
		    &(struct world_signing){ 0 });
}

static void
sign_by_sibling(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	if (q->type == DNS_TYPE_A)
		sign_as(reply, world_find(x, "other.nl."),
		    &(struct world_signing){ 0 });
}

static void
sign_in_its_name(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	if (q->type == DNS_TYPE_A)
		sign_as(reply, world_find(x, "other.nl."),
		    &(struct world_signing){ .signer = "example.nl." });
}

static void
sign_with_more_labels(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	if (q->type == DNS_TYPE_A)
		sign_as(reply, world_find(x, "example.nl."),
		    &(struct world_signing){ .labels = 5 });
}

/* RFC 4035 5.3.1. */
static void
test_wrong_signer(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = sign_by_itself;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	w.tamper = sign_by_sibling;
	expect_bogus("www.example.nl", DNS_TYPE_A, "signed by another zone");
	w.tamper = sign_in_its_name;
	expect_bogus("www.example.nl", DNS_TYPE_A, "no key fits");
	w.tamper = sign_with_more_labels;
	expect_bogus("www.example.nl", DNS_TYPE_A, "more labels");
}

/* An NSEC made from a wildcard proves nothing (CVE-2017-15105). */
static void
expand_nsec(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	ldns_rr_list *set;

	if (q->type != DNS_TYPE_AAAA)
		return;
	world_remove(reply->authority, 0, 0);
	set = ldns_rr_list_new();
	ldns_rr_list_push_rr(set,
	    world_rr("*.wild.example.nl. 120 IN NSEC www.example.nl. A RRSIG "
		     "NSEC"));
	world_sign_set(reply->authority, world_find(x, "example.nl."), set,
	    &(struct world_signing){ 0 });
	ldns_rr_list_push_rr(reply->authority,
	    ldns_rr_clone(ldns_rr_list_rr(set, 0)));
	for (size_t i = 0; i < 2; i++) {
		ldns_rr *rr = ldns_rr_list_rr(reply->authority, i);

		ldns_rdf_deep_free(ldns_rr_owner(rr));
		ldns_rr_set_owner(rr,
		    ldns_dname_new_frm_str("x.wild.example.nl."));
	}
	ldns_rr_list_deep_free(set);
}

static void
test_expanded_nsec(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = expand_nsec;
	expect_bogus("x.wild.example.nl", DNS_TYPE_AAAA,
	    "expanded from a wildcard");
}

/* An NSEC that leads out of its zone would deny the world. */
static void
wrap_nsec(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	ldns_rr_list *set;

	if (strcmp(q->name.text, "no.example.nl") != 0)
		return;
	world_remove(reply->authority, 0, 0);
	set = ldns_rr_list_new();
	ldns_rr_list_push_rr(set,
	    world_rr("example.nl. 120 IN NSEC zz.nl. A RRSIG NSEC"));
	world_sign_set(reply->authority, world_find(x, "example.nl."), set,
	    &(struct world_signing){ 0 });
	ldns_rr_list_push_rr_list(reply->authority, set);
	ldns_rr_list_free(set);
}

static void
test_nsec_out_of_zone(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = wrap_nsec;
	expect_bogus("no.example.nl", DNS_TYPE_AAAA, "no proof of absence");
}

/* Leaves only the wildcard's denial out. */
static void
keep_one_nsec(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	struct world_reply kept = { 0, NULL, ldns_rr_list_new() };

	(void)x;
	for (size_t i = 0; i < ldns_rr_list_rr_count(reply->authority); i++) {
		ldns_rr *rr = ldns_rr_list_rr(reply->authority, i);
		char *owner = ldns_rdf2str(ldns_rr_owner(rr));

		if (strcmp(q->name.text, "no.example.nl") != 0 ||
		    strcmp(owner, "loop.example.nl.") == 0)
			ldns_rr_list_push_rr(kept.authority, ldns_rr_clone(rr));
		free(owner);
	}
	ldns_rr_list_deep_free(reply->authority);
	reply->authority = kept.authority;
}

/* RFC 4035 5.4: no such name, and no wildcard either. */
static void
test_wildcard_must_be_denied(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = keep_one_nsec;
	expect_bogus("no.example.nl", DNS_TYPE_AAAA, "no proof of absence");
}

/* Aliases */

static void
test_aliases(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	r = expect("alias.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_true(r->aliased);
	assert_string_equal(r->canonical.text, "www.example.nl");
	r = expect("alias.example.nl", DNS_TYPE_CNAME, DNSSEC_SECURE, 1);
	assert_false(r->aliased);
	assert_memory_equal(r->answers[0].p, "\3www\7example\2nl", 16);
	/* The worst of all steps. */
	r = expect("out.example.nl", DNS_TYPE_A, DNSSEC_INSECURE, 1);
	assert_string_equal(r->canonical.text, "www.unsigned.nl");
	r = expect("back.unsigned.nl", DNS_TYPE_A, DNSSEC_INSECURE, 2);
	assert_string_equal(r->canonical.text, "www.example.nl");
	expect_bogus("loop.example.nl", DNS_TYPE_A, "too many aliases");
	expect_bogus("bad.other.nl", DNS_TYPE_A, "no host can have");
}

/* RFC 6672 5.3. */
static void
test_dname(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	r = expect("www.moved.other.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_true(r->aliased);
	assert_string_equal(r->canonical.text, "www.example.nl");
	r = expect("no.moved.other.nl", DNS_TYPE_A, DNSSEC_SECURE, 0);
	assert_true(r->nxdomain);
	r = expect("www.moved.other.nl", DNS_TYPE_CNAME, DNSSEC_SECURE, 1);
	assert_memory_equal(r->answers[0].p, "\3www\7example\2nl", 16);
	r = expect("moved.other.nl", DNS_TYPE_DNAME, DNSSEC_SECURE, 1);
	assert_false(r->aliased);
}

/* The signed DNAME decides, not the CNAME that came with it. */
static void
change_cname(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	(void)q;
	if (ldns_rr_list_rr_count(reply->answer) < 3)
		return;
	world_remove(reply->answer, DNS_TYPE_CNAME, 0);
	ldns_rr_list_push_rr(reply->answer,
	    world_rr("www.moved.other.nl. 300 IN CNAME www.unsigned.nl."));
}

static void
test_dname_with_another_cname(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	w.tamper = change_cname;
	r = expect("www.moved.other.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_string_equal(r->canonical.text, "www.example.nl");
}

/* Forwarders */

static void
strip(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	(void)q;
	world_remove(reply->answer, TYPE_RRSIG, 0);
	world_remove(reply->authority, TYPE_RRSIG, 0);
	world_remove(reply->authority, TYPE_NSEC, 0);
	world_remove(reply->authority, TYPE_NSEC3, 0);
}

static void
test_stripping_forwarder(void **state)
{
	const struct dnssec_result *r;

	(void)state;
	world_sign(&w);
	w.tamper = strip;
	r = expect("www.example.nl", DNS_TYPE_A, DNSSEC_INDETERMINATE, 0);
	assert_true(r->resolver_broken);
	assert_non_null(strstr(r->reason, "strips DNSSEC"));
	/* Found out even when the root's keys are known from another. */
	w.tamper = NULL;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	w.tamper = strip;
	r = expect("www.example.nl", DNS_TYPE_A, DNSSEC_INDETERMINATE, 0);
	assert_true(r->resolver_broken);
	r = expect("no.org", DNS_TYPE_A, DNSSEC_INDETERMINATE, 0);
	assert_true(r->resolver_broken);
}

static void
test_no_answer(void **state)
{
	struct dnssec_lookup *l;
	struct dnssec_question need;
	struct name name;

	(void)state;
	world_sign(&w);
	assert_int_equal(name_parse(&name, span_text("www.example.nl")), 0);
	assert_int_equal(dnssec_lookup_new(&l, w.trust, &name, DNS_TYPE_A,
			     WORLD_NOW),
	    0);
	assert_int_equal(dnssec_lookup_step(l, &need), DNSSEC_STEP_NEED);
	assert_int_equal(dnssec_lookup_result(l)->status, DNSSEC_UNKNOWN);
	dnssec_lookup_fail(l, "SERVFAIL");
	assert_int_equal(dnssec_lookup_step(l, &need), DNSSEC_STEP_DONE);
	assert_int_equal(dnssec_lookup_result(l)->status, DNSSEC_INDETERMINATE);
	assert_string_equal(dnssec_lookup_result(l)->reason,
	    "A of www.example.nl: SERVFAIL");
	dnssec_lookup_free(l);
}

static void
refuse(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	(void)x;
	(void)q;
	world_remove(reply->answer, 0, 0);
	reply->rcode = 5;
}

static void
test_odd_rcode(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = refuse;
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_INDETERMINATE, 0);
}

/* Work is bounded: KeyTrap, CVE-2023-50387. */

static void
many_signatures(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	const ldns_rr *good;

	(void)x;
	if (q->type != DNS_TYPE_A)
		return;
	good = ldns_rr_list_rr(reply->answer, 2);
	for (uint8_t i = 1; i <= 100; i++) {
		ldns_rr *bad = ldns_rr_clone(good);

		ldns_rdf_data(ldns_rr_rdf(bad, 8))[5] ^= i;
		ldns_rr_list_push_rr(reply->answer, bad);
	}
	ldns_rdf_data(ldns_rr_rdf(good, 8))[4] ^= 1;
}

static void
test_many_signatures(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = many_signatures;
	expect_bogus("www.example.nl", DNS_TYPE_A, "too many signatures");
	/* Five that hold on the way down, and these. */
	assert_int_equal(dnssec_lookup_result(w.lookup)->signatures,
	    5 + DNSSEC_MAX_FAILURES);
}

/* A tag is a sum: where in the key a number stands does not matter to it. */
static void
test_many_keys_of_one_tag(void **state)
{
	struct world_zone *z = world_find(&w, "example.nl.");
	char text[512];
	uint8_t key[64];
	char base64[128];
	unsigned before;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		memset(key, 0, sizeof(key));
		key[2 * i + 1] = 7;
		world_base64(base64, key, sizeof(key));
		snprintf(text, sizeof(text), "%s 300 IN DNSKEY 257 3 13 %s",
		    z->origin, base64);
		world_add(z, text);
	}
	world_sign(&w);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	before = dnssec_lookup_result(w.lookup)->signatures;
	assert_int_equal(before, 6);
	/* From now on it signs by a key that is none of the six. */
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNSKEY &&
		    ldns_calc_keytag(rr) != z->tag) {
			z->tag = ldns_calc_keytag(rr);
			break;
		}
	}
	w.tamper = sign_by_itself;
	expect_bogus("www.example.nl", DNS_TYPE_A, "too many keys of one tag");
	assert_int_equal(dnssec_lookup_result(w.lookup)->signatures,
	    DNSSEC_MAX_COLLISIONS);
}

static void
too_many_records(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	char text[320];

	(void)x;
	for (unsigned i = 0; q->type == DNS_TYPE_A && i < 130; i++) {
		snprintf(text, sizeof(text), "%s. 300 IN A 203.0.113.%u",
		    q->name.text, i);
		ldns_rr_list_push_rr(reply->answer, world_rr(text));
	}
}

static void
test_many_records(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = too_many_records;
	expect_bogus("www.example.nl", DNS_TYPE_A, "too many records");
	expect_bogus("www.unsigned.nl", DNS_TYPE_A, "too many records");
}

/* The anchors of the world outside, and those of a file. */
static void
test_anchors(void **state)
{
	static const char *const bad[] = {
		"",
		"; nothing\n",
		"nonsense\n",
		"nl. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409B"
		"BC683457104237C7F8EC8D\n",
		". IN A 192.0.2.1\n",
		/* too short, then only an unknown algorithm */
		". IN DS 20326 8 2 E06D44B8\n",
		". IN DS 20326 3 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BB"
		"C683457104237C7F8EC8D\n",
	};
	struct dnssec_trust *t;

	(void)state;
	assert_int_equal(dnssec_trust_new(&t, 1000), 0);
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++)
		assert_int_equal(dnssec_trust_load(t, span_text(bad[i])),
		    DG_ESYNTAX);
	assert_int_equal(
	    dnssec_trust_load(t,
		span_text(
		    "; root\r\n"
		    ". 172800 IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F74"
		    "1219298D0A450D612C483AF444A4C0FB2B16 ; 2024\r\n"
		    "\n. IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaub"
		    "CvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQ"
		    "Lc8NAA==")),
	    0);
	dnssec_trust_free(t);
}

/* A DNSKEY as the anchor does what its DS would. */
static void
test_dnskey_anchor(void **state)
{
	struct world_zone *root;
	char *text = NULL;

	(void)state;
	world_sign(&w);
	root = world_find(&w, ".");
	for (size_t i = 0; i < ldns_rr_list_rr_count(root->rrs); i++)
		if (ldns_rr_get_type(ldns_rr_list_rr(root->rrs, i)) ==
		    LDNS_RR_TYPE_DNSKEY)
			text = ldns_rr2str(ldns_rr_list_rr(root->rrs, i));
	assert_non_null(text);
	assert_int_equal(dnssec_trust_load(w.trust, span_text(text)), 0);
	free(text);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
}

/* A cache of nothing changes nothing but the number of questions. */
static void
test_no_room_to_remember(void **state)
{
	(void)state;
	dnssec_trust_free(w.trust);
	assert_int_equal(dnssec_trust_new(&w.trust, 0), 0);
	world_sign(&w);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	expect("www.example.nl", DNS_TYPE_A, DNSSEC_SECURE, 2);
	assert_int_equal(w.asked, 6);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_secure_address),
		TEST(test_zones_are_remembered),
		TEST(test_new_anchors_forget_zones),
		TEST(test_service_records),
		TEST(test_nsec_absence),
		TEST(test_nsec3_absence),
		TEST(test_rcode_means_nothing),
		TEST(test_absence_needs_proof),
		TEST(test_wildcard),
		TEST(test_wildcard_of_another_branch),
		TEST(test_names_that_no_host_has),
		TEST(test_all_anchors_revoked),
		TEST(test_insecure_delegation),
		TEST(test_opt_out),
		TEST(test_too_many_iterations),
		TEST(test_missing_ds),
		TEST(test_denial_of_ds_by_child),
		TEST(test_ancestor_delegation),
		TEST(test_denial_of_what_is_there),
		TEST(test_missing_signature),
		TEST(test_changed_records),
		TEST(test_canonical_form),
		TEST(test_ttl),
		TEST(test_validity_period),
		TEST(test_wrong_signer),
		TEST(test_expanded_nsec),
		TEST(test_nsec_out_of_zone),
		TEST(test_wildcard_must_be_denied),
		TEST(test_aliases),
		TEST(test_dname),
		TEST(test_dname_with_another_cname),
		TEST(test_stripping_forwarder),
		TEST(test_no_answer),
		TEST(test_odd_rcode),
		TEST(test_many_signatures),
		TEST(test_many_keys_of_one_tag),
		TEST(test_many_records),
		TEST(test_anchors),
		TEST(test_dnskey_anchor),
		TEST(test_no_room_to_remember),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
