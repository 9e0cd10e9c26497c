/*
 * Zones made to cost time: KeyTrap (CVE-2023-50387), hash chains
 * (CVE-2023-50868) and their relatives. Whatever they hold, one lookup ends,
 * bogus and with a reason, after at most DNSSEC_MAX_SIGNATURES signature checks,
 * of which DNSSEC_MAX_FAILURES fail, and DNSSEC_MAX_NSEC3_HASH hashes.
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

static int
setup(void **state)
{
	struct world_zone *z;

	(void)state;
	world_open(&w);
	world_zone(&w, ".", WORLD_NSEC);
	world_zone(&w, "nl.", WORLD_NSEC);
	z = world_zone(&w, "bad.nl.", WORLD_NSEC);
	world_add(z, "www.bad.nl. 300 IN A 192.0.2.1");
	z = world_zone(&w, "hashed.nl.", WORLD_NSEC3);
	z->iterations = 100;
	world_add(z, "www.hashed.nl. 300 IN A 192.0.2.2");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

/* The lookup ends as it must, at a bounded cost; so much of it failed. */
static void
expect_bounded(const char *name, uint16_t type, const char *why)
{
	const struct dnssec_result *r = world_lookup(&w, name, type);

	if (r->status != DNSSEC_BOGUS || strstr(r->reason, why) == NULL)
		print_message("%s: %s\n", dnssec_status_text(r->status),
		    r->reason);
	assert_int_equal(r->status, DNSSEC_BOGUS);
	assert_non_null(strstr(r->reason, why));
	assert_true(r->signatures <= DNSSEC_MAX_SIGNATURES);
	assert_true(r->hashes <= DNSSEC_MAX_NSEC3_HASH);
	assert_true(r->questions <= DNSSEC_MAX_QUESTIONS);
}

/* Keys of one tag: it is a sum in which the place of a number does not
 * matter. Their flags say SEP, and none signs anything. */
static void
add_colliding_keys(struct world_zone *z, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[512];
		char base64[128];
		uint8_t key[64] = { 0 };

		key[2 * i + 1] = 7;
		world_base64(base64, key, sizeof(key));
		snprintf(text, sizeof(text), "%s 300 IN DNSKEY 257 3 13 %s",
		    z->origin, base64);
		world_add(z, text);
	}
}

/* The tag of the keys that are not the zone's own. */
static uint16_t
other_tag(const struct world_zone *z)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNSKEY &&
		    ldns_calc_keytag(rr) != z->tag)
			return ldns_calc_keytag(rr);
	}
	return 0;
}

/* A hundred RRSIGs over the address, each by another moment's hand. */
static void
sign_often(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	ldns_rr_list *set;

	if (q->type != DNS_TYPE_A)
		return;
	world_remove(reply->answer, TYPE_RRSIG, 0);
	set = ldns_rr_list_clone(reply->answer);
	for (int64_t i = 0; i < 100; i++)
		world_sign_set(reply->answer, world_find(x, "bad.nl."), set,
		    &(struct world_signing){ .expires = WORLD_NOW + 900 + i });
	ldns_rr_list_deep_free(set);
}

/* KeyTrap itself: many keys of one tag times many signatures. */
static void
test_keys_times_signatures(void **state)
{
	struct world_zone *z = world_find(&w, "bad.nl.");

	(void)state;
	add_colliding_keys(z, 30);
	world_sign(&w);
	z->tag = other_tag(z);
	w.tamper = sign_often;
	expect_bounded("www.bad.nl", DNS_TYPE_A, "too many");
	/* Five hold on the way down: DNSKEY and DS, three zones deep. */
	assert_int_equal(dnssec_lookup_result(w.lookup)->signatures,
	    5 + DNSSEC_MAX_FAILURES);
	/* And all over again when the keys are known. */
	expect_bounded("www.bad.nl", DNS_TYPE_A, "too many");
	assert_int_equal(dnssec_lookup_result(w.lookup)->signatures,
	    DNSSEC_MAX_FAILURES);
}

static void
test_too_many_keys(void **state)
{
	(void)state;
	add_colliding_keys(world_find(&w, "bad.nl."), 32);
	world_sign(&w);
	expect_bounded("www.bad.nl", DNS_TYPE_A, "too many keys");
}

/* DS records of one tag, in place of the delegation's own. */
static void
replace_ds(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply, unsigned n)
{
	uint16_t tag = other_tag(world_find(x, "bad.nl."));

	if (q->type != DNS_TYPE_DS || strcmp(q->name.text, "bad.nl") != 0)
		return;
	world_remove(reply->answer, 0, 0);
	for (unsigned i = 0; i < n; i++) {
		char text[256];

		snprintf(text, sizeof(text), "bad.nl. 300 IN DS %u 13 2 %064u",
		    (unsigned)tag, i);
		ldns_rr_list_push_rr(reply->answer, world_rr(text));
	}
	world_sign_set(reply->answer, world_find(x, "nl."), reply->answer,
	    &(struct world_signing){ 0 });
}

static void
sixteen_ds(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	replace_ds(x, q, reply, DNSSEC_MAX_DS);
}

static void
seventeen_ds(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	replace_ds(x, q, reply, DNSSEC_MAX_DS + 1);
}

/* Each DS may mean each key: the hash that never fits. */
static void
test_ds_times_keys(void **state)
{
	(void)state;
	add_colliding_keys(world_find(&w, "bad.nl."), 30);
	world_sign(&w);
	w.tamper = sixteen_ds;
	expect_bounded("www.bad.nl", DNS_TYPE_A, "no key fits the DS");
	assert_int_equal(dnssec_lookup_result(w.lookup)->signatures, 4);
	w.tamper = seventeen_ds;
	dnssec_lookup_free(w.lookup);
	w.lookup = NULL;
	expect_bounded("www.bad.nl", DNS_TYPE_A, "too many");
}

/* Two hundred NSEC records whose signatures look right and are not. */
static void
deny_often(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	if (q->type != DNS_TYPE_A)
		return;
	world_remove(reply->answer, 0, 0);
	for (unsigned i = 0; i < 100; i++) {
		ldns_rr_list *set = ldns_rr_list_new();
		char text[128];
		ldns_rr *rrsig;

		snprintf(text, sizeof(text),
		    "n%u.bad.nl. 300 IN NSEC o%u.bad.nl. A RRSIG NSEC", i, i);
		ldns_rr_list_push_rr(set, world_rr(text));
		world_sign_set(set, world_find(x, "bad.nl."), set,
		    &(struct world_signing){ 0 });
		rrsig = ldns_rr_list_rr(set, 1);
		ldns_rdf_data(ldns_rr_rdf(rrsig, 8))[9] ^= 1;
		ldns_rr_list_push_rr_list(reply->authority, set);
		ldns_rr_list_free(set);
	}
}

static void
test_many_bad_denials(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = deny_often;
	expect_bounded("www.bad.nl", DNS_TYPE_A, "too many signatures");
}

/* A name of very many labels in a zone with as many iterations as may be. */
static void
test_nsec3_of_a_long_name(void **state)
{
	const struct dnssec_result *r;
	char name[256] = "";

	(void)state;
	world_sign(&w);
	for (size_t i = 0; i < 110; i++)
		strcat(name, "x.");
	strcat(name, "hashed.nl");
	r = world_lookup(&w, name, DNS_TYPE_A);
	assert_int_equal(r->status, DNSSEC_SECURE);
	assert_true(r->nxdomain);
	assert_true(r->hashes > 110);
	assert_true(r->hashes <= DNSSEC_MAX_NSEC3_HASH);
}

/* Records of denial that hold, but each of another chain: hashed once each for
 * nothing, and no end of them. */
static void
repeat_nsec3(struct world *x, const struct dnssec_question *q,
    struct world_reply *reply)
{
	if (q->type != DNS_TYPE_A)
		return;
	world_remove(reply->answer, 0, 0);
	world_remove(reply->authority, 0, 0);
	for (unsigned i = 0; i < 80; i++) {
		ldns_rr_list *set = ldns_rr_list_new();
		char text[256];

		snprintf(text, sizeof(text),
		    "%032u.hashed.nl. 300 IN NSEC3 1 0 100 AB "
		    "00000000000000000000000000000000 A RRSIG",
		    i + 1);
		ldns_rr_list_push_rr(set, world_rr(text));
		world_sign_set(set, world_find(x, "hashed.nl."), set,
		    &(struct world_signing){ 0 });
		ldns_rr_list_push_rr_list(reply->authority, set);
		ldns_rr_list_free(set);
	}
}

static void
test_many_nsec3(void **state)
{
	(void)state;
	world_sign(&w);
	w.tamper = repeat_nsec3;
	expect_bounded("www.hashed.nl", DNS_TYPE_A, "no proof of absence");
	/* No more of them are looked at than can be used: twice, since the
	 * walk goes on to the name itself, by way of its DS. */
	assert_true(dnssec_lookup_result(w.lookup)->signatures <=
	    5 + 3 * DNSSEC_MAX_DENIALS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_keys_times_signatures),
		TEST(test_too_many_keys),
		TEST(test_ds_times_keys),
		TEST(test_many_bad_denials),
		TEST(test_nsec3_of_a_long_name),
		TEST(test_many_nsec3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
