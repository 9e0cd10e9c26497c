/*
 * Trust anchors through a complete roll: add, hold-down, retire, revoke,
 * remove. RFC 5011 sections 2 and 4, with a clock that the test sets.
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

#include "dnssec/rollover.h"
#include "dnssec/support/world.h"

#define DAY    86400
#define REVOKE 0x80
#define KEYS   3

/* A key of the root: the zone it is made by is of no account. */
static struct world w;
static struct world_zone *key[KEYS];
static uint16_t tag[KEYS];
static struct rollover r;
static int64_t now;

static const ldns_rr *
dnskey_of(const struct world_zone *z)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++)
		if (ldns_rr_get_type(ldns_rr_list_rr(z->rrs, i)) ==
		    LDNS_RR_TYPE_DNSKEY)
			return ldns_rr_list_rr(z->rrs, i);
	abort();
}

/* Key i as a record of the root. */
static ldns_rr *
root_key(size_t i, bool revoked)
{
	ldns_rr *rr = ldns_rr_clone(dnskey_of(key[i]));

	ldns_rdf_deep_free(ldns_rr_owner(rr));
	ldns_rr_set_owner(rr, ldns_dname_new_frm_str("."));
	if (revoked)
		ldns_rdf_data(ldns_rr_rdf(rr, 0))[1] |= REVOKE;
	return rr;
}

static void
anchor(struct ds *out, size_t i)
{
	ldns_rr *rr = root_key(i, false);
	char *text = ldns_rr2str(rr);
	struct record record;
	struct key k;

	assert_int_equal(record_from_text(&record, text), 0);
	assert_int_equal(key_parse(&k, record.rdata), 0);
	assert_int_equal(ds_from_key(out, &record.owner, &k), 0);
	record_free(&record);
	free(text);
	ldns_rr_free(rr);
}

static int
setup(void **state)
{
	static const char *const names[KEYS] = { "one.", "two.", "three." };
	struct ds_set configured = { .n = 1 };

	(void)state;
	world_open(&w);
	world_zone(&w, ".", WORLD_NSEC);
	for (size_t i = 0; i < KEYS; i++)
		key[i] = world_zone(&w, names[i], WORLD_NSEC);
	world_sign(&w);
	for (size_t i = 0; i < KEYS; i++)
		tag[i] = key[i]->tag;
	anchor(&configured.ds[0], 0);
	rollover_begin(&r, &configured);
	now = WORLD_NOW;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

/*
 * The root's keys are seen: each digit of keys is one; signers say who signs.
 * '!' before a digit: with REVOKE. Returns whether they were believed.
 */
static bool
see(const char *keys, const char *signers, bool *changed)
{
	struct world_reply reply = { 0, ldns_rr_list_new(),
		ldns_rr_list_new() };
	ldns_rr_list *set = ldns_rr_list_new();
	struct dnssec_question question = { .type = DNS_TYPE_DNSKEY };
	struct work work = { .now = now };
	struct message m = { 0 };
	struct rrset dnskey;
	struct ds_set trusted;
	struct keys_answer answer = { &m, &dnskey, &trusted };
	struct signature signature;
	struct zone *zone;
	static uint8_t bytes[4096];
	bool good;

	*changed = false;
	for (const char *k = keys; *k != '\0'; k++) {
		size_t i = (size_t)(*k == '!' ? k[1] : *k) - '0';

		ldns_rr_list_push_rr(set, root_key(i, *k == '!'));
		key[i]->tag = *k == '!' ? ldns_calc_keytag(ldns_rr_list_rr(set,
					      ldns_rr_list_rr_count(set) - 1))
					: tag[i];
		k += *k == '!' ? 1 : 0;
	}
	for (const char *s = signers; *s != '\0'; s++)
		world_sign_set(reply.answer, key[*s - '0'], set,
		    &(struct world_signing){ .signer = ".",
			.begins = now - 3600,
			.expires = now + DAY });
	ldns_rr_list_push_rr_list(reply.answer, set);
	ldns_rr_list_free(set);
	assert_int_equal(message_read(&m,
			     span_of(bytes,
				 world_write(bytes, sizeof(bytes), &question,
				     &reply))),
	    0);
	assert_int_equal(message_rrset(&dnskey, &m, SECTION_ANSWER,
			     &m.records[m.n - 1].owner, DNS_TYPE_DNSKEY),
	    0);
	rollover_anchors(&trusted, &r);
	good = signature_check_keys(&zone, &signature, &work, &answer) ==
	    SIGNING_GOOD;
	if (good) {
		*changed = rollover_observe(&r, &work, &answer);
		zone_release(zone);
	} else {
		*changed = rollover_observe_revocations(&r, &work, &answer);
	}
	message_free(&m);
	ldns_rr_list_deep_free(reply.answer);
	ldns_rr_list_deep_free(reply.authority);
	return good;
}

/* It is seen and believed; changed says whether that was news. */
static void
expect(const char *keys, const char *signers, bool news)
{
	bool changed;

	assert_true(see(keys, signers, &changed));
	assert_int_equal(changed, news);
}

static void
expect_refused(const char *keys, const char *signers)
{
	bool changed;

	assert_false(see(keys, signers, &changed));
	assert_false(changed);
}

/* Nobody who is trusted has signed it, and yet it says something. */
static void
expect_revocation(const char *keys, const char *signers)
{
	bool changed;

	assert_false(see(keys, signers, &changed));
	assert_true(changed);
}

static enum rollover_state
state_of(size_t i)
{
	struct ds ds;

	anchor(&ds, i);
	for (size_t k = 0; k < r.n; k++)
		if (memcmp(r.keys[k].ds.digest, ds.digest, ds.n) == 0)
			return r.keys[k].state;
	return ROLLOVER_UNKNOWN;
}

/* The daemon starts anew: what was written comes back. */
static void
restart(void)
{
	static char text[ROLLOVER_TEXT_MAX];
	struct ds_set configured = r.configured;

	assert_int_equal(rollover_write(text, sizeof(text), &r), 0);
	rollover_begin(&r, &configured);
	assert_int_equal(rollover_read(&r, span_text(text)), 0);
}

/* RFC 5011 2.4.1, 2.1, 2.2, 4.2: the whole life of two keys. */
static void
test_complete_roll(void **state)
{
	(void)state;
	expect("0", "0", true);
	assert_int_equal(state_of(0), ROLLOVER_VALID);
	expect("0", "0", false);
	/* A new key appears: it is nothing yet. */
	now += DAY;
	expect("01", "0", true);
	assert_int_equal(state_of(1), ROLLOVER_PENDING);
	expect_refused("01", "1");
	restart();
	now += 29 * DAY;
	expect("01", "0", false);
	assert_int_equal(state_of(1), ROLLOVER_PENDING);
	expect_refused("01", "1");
	/* Thirty days: trusted. */
	now += DAY;
	expect("01", "0", true);
	assert_int_equal(state_of(1), ROLLOVER_VALID);
	expect("01", "1", false);
	restart();
	/* The old one retires, comes back, and revokes itself. */
	now += DAY;
	expect("1", "1", true);
	assert_int_equal(state_of(0), ROLLOVER_MISSING);
	expect("01", "0", true);
	assert_int_equal(state_of(0), ROLLOVER_VALID);
	now += DAY;
	expect("!01", "01", true);
	assert_int_equal(state_of(0), ROLLOVER_REVOKED);
	/* Though the configuration names it, it is never trusted again. */
	expect_refused("01", "0");
	restart();
	expect_refused("01", "0");
	expect("01", "1", false);
	assert_int_equal(state_of(0), ROLLOVER_REVOKED);
	/* Gone for thirty days it is removed, and stays so. */
	now += 31 * DAY;
	expect("1", "1", true);
	assert_int_equal(state_of(0), ROLLOVER_REMOVED);
	expect("01", "1", false);
	assert_int_equal(state_of(0), ROLLOVER_REMOVED);
	expect_refused("01", "0");
}

/* RFC 5011 4.1: a key that goes away before its time begins anew. */
static void
test_pending_key_goes(void **state)
{
	(void)state;
	expect("01", "0", true);
	now += 20 * DAY;
	expect("0", "0", true);
	assert_int_equal(state_of(1), ROLLOVER_UNKNOWN);
	now += 20 * DAY;
	expect("01", "0", true);
	assert_int_equal(state_of(1), ROLLOVER_PENDING);
	expect_refused("01", "1");
}

/* RFC 5011 2.1: only the key itself revokes it. */
static void
test_revoked_by_another(void **state)
{
	(void)state;
	expect("01", "0", true);
	now += 31 * DAY;
	expect("01", "0", true);
	assert_int_equal(state_of(1), ROLLOVER_VALID);
	expect("0!1", "0", false);
	assert_int_equal(state_of(1), ROLLOVER_VALID);
	expect("01", "1", false);
	/* A pending one has nothing to revoke; it is a stranger still. */
	expect("012", "0", true);
	expect("01!2", "02", false);
	assert_int_equal(state_of(2), ROLLOVER_PENDING);
}

/* RFC 5011 2.1: a key that signs its own revocation is revoked, whatever else
 * signs; nothing else in such a set counts. */
static void
test_revoked_by_itself_alone(void **state)
{
	(void)state;
	expect("01", "0", true);
	now += 31 * DAY;
	expect("01", "0", true);
	expect_refused("!012", "2");
	assert_int_equal(state_of(0), ROLLOVER_VALID);
	expect_revocation("!02", "0");
	assert_int_equal(state_of(0), ROLLOVER_REVOKED);
	assert_int_equal(state_of(1), ROLLOVER_VALID);
	assert_int_equal(state_of(2), ROLLOVER_UNKNOWN);
	expect_refused("01", "0");
	restart();
	expect_refused("!01", "0");
	expect("!01", "1", false);
}

/* RFC 5011 2.1: the same for an anchor that is first seen when it is revoked:
 * a program of years ago has it. */
static void
test_revoked_before_it_was_seen(void **state)
{
	struct ds_set configured = { .n = 2 };

	(void)state;
	anchor(&configured.ds[0], 0);
	anchor(&configured.ds[1], 1);
	rollover_begin(&r, &configured);
	expect("!01", "01", true);
	assert_int_equal(state_of(0), ROLLOVER_REVOKED);
	expect_refused("01", "0");
	rollover_begin(&r, &configured);
	expect_revocation("!0", "0");
	expect_refused("0", "0");
	/* The second, too: nothing is left to believe in. */
	expect_revocation("!1", "1");
	expect_refused("01", "01");
}

/* RFC 5011 2.3: MAX(1 hour, MIN(15 days, TTL / 2, expiration / 2)), and to
 * retry MAX(1 hour, MIN(1 day, TTL / 10, expiration / 10)). */
static void
test_next_look(void **state)
{
	static const struct {
		uint32_t ttl, valid_for, look, retry;
	} table[] = {
		{ 0, 0, 3600, 3600 },
		{ 300, 20 * DAY, 3600, 3600 },
		{ 2 * DAY, 20 * DAY, DAY, 17280 },
		{ 20 * DAY, 2 * DAY, DAY, 17280 },
		{ 14400, 60 * DAY, 7200, 3600 },
		{ 20 * DAY, 60 * DAY, 10 * DAY, DAY },
		{ 60 * DAY, 60 * DAY, 15 * DAY, DAY },
		{ UINT32_MAX, UINT32_MAX, 15 * DAY, DAY },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(table); i++) {
		struct signature s = {
			.original_ttl = table[i].ttl,
			.valid_for = table[i].valid_for,
		};

		assert_int_equal(rollover_next_look(&s), table[i].look);
		assert_int_equal(rollover_next_retry(&s), table[i].retry);
	}
}

/* All keys revoked: nothing is trusted, least of all everything. */
static void
test_last_key_revoked(void **state)
{
	struct ds_set trusted;

	(void)state;
	expect("01", "0", true);
	now += 31 * DAY;
	expect("01", "0", true);
	expect("!01", "01", true);
	expect_revocation("!1", "1");
	rollover_anchors(&trusted, &r);
	assert_int_equal(trusted.n, 0);
	expect_refused("01", "01");
}

/* Another configuration: what was learnt under the old one is forgotten, but
 * not what was revoked. */
static void
test_configuration_changes(void **state)
{
	static char text[ROLLOVER_TEXT_MAX];
	struct ds_set configured = { .n = 2 };

	(void)state;
	expect("01", "0", true);
	now += 31 * DAY;
	expect("01", "0", true);
	expect("!01", "01", true);
	assert_int_equal(rollover_write(text, sizeof(text), &r), 0);
	anchor(&configured.ds[0], 0);
	anchor(&configured.ds[1], 2);
	rollover_begin(&r, &configured);
	assert_int_equal(rollover_read(&r, span_text(text)), 0);
	assert_int_equal(state_of(0), ROLLOVER_REVOKED);
	assert_int_equal(state_of(1), ROLLOVER_UNKNOWN);
	expect_refused("012", "0");
	expect_refused("012", "1");
	expect("012", "2", true);
}

static void
test_bad_text(void **state)
{
	static const char *const bad[] = { "nonsense\n", ". IN A 192.0.2.1\n",
		". IN DS 1 13 2 00 ; valid 1\n",
		". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC"
		"683457104237C7F8EC8D ; splendid 1\n",
		". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC"
		"683457104237C7F8EC8D ; valid x\n" };
	char small[64];

	(void)state;
	expect("01", "0", true);
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++)
		assert_int_equal(rollover_read(&r, span_text(bad[i])),
		    DG_ESYNTAX);
	assert_int_equal(state_of(1), ROLLOVER_PENDING);
	assert_int_equal(rollover_write(small, sizeof(small), &r), DG_ELIMIT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_complete_roll),
		TEST(test_pending_key_goes),
		TEST(test_revoked_by_another),
		TEST(test_revoked_by_itself_alone),
		TEST(test_revoked_before_it_was_seen),
		TEST(test_next_look),
		TEST(test_last_key_revoked),
		TEST(test_configuration_changes),
		TEST(test_bad_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
