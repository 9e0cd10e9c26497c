/* link: -Wl,--wrap=pkix_verify */
/*
 * The chain against the hosts that a server may be, and what follows from the
 * need alone: SNI, and whether TLS is tried.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/check.h"

/* SHA2-256 of the two leaves below: what stands in 3 0 1 records. */
static const uint8_t digests[2][32] = {
	{ 0xbc, 0x07, 0x6b, 0x11, 0xb8, 0x2e, 0xa3, 0xc8, 0xf2, 0xe0, 0x94,
	    0xf0, 0xb0, 0xd8, 0xb5, 0x10, 0xb1, 0xa8, 0xaf, 0xf0, 0x37, 0x8f,
	    0x08, 0x32, 0xe7, 0xf6, 0xea, 0xfa, 0x32, 0x28, 0x6f, 0xf2 },
	{ 0x51, 0xb4, 0x8b, 0x6a, 0x4a, 0xe6, 0x0b, 0x08, 0x66, 0xef, 0xfb,
	    0x05, 0x29, 0xbb, 0x7f, 0xf5, 0x66, 0x1c, 0x5e, 0xc2, 0x19, 0xfb,
	    0x21, 0xe3, 0xca, 0x2e, 0xfe, 0x5e, 0x19, 0xcc, 0xca, 0x65 },
};
static struct tlsa records[2];
static struct route_facts facts;
static struct requirement requirement;
static struct server_facts server;

/* Stands in for the check by authorities: they vouch for one name alone. */
static const char *vouched;
/* NOLINTBEGIN(readability-identifier-naming): the linker's name */
void __wrap_pkix_verify(struct pkix_result *out, const struct pkix_store *store,
    const struct dane_input *in);

void
__wrap_pkix_verify(struct pkix_result *out, const struct pkix_store *store,
    const struct dane_input *in)
{
	assert_null(store);
	assert_int_equal(in->nnames, 1);
	assert_int_equal(in->nrecords, 0);
	*out = (struct pkix_result){
		.verified = strcmp(in->names[0].text, vouched) == 0,
	};
	(void)snprintf(out->reason, sizeof(out->reason), "of %.99s",
	    in->names[0].text);
}

/* NOLINTEND(readability-identifier-naming) */

/* Two hosts, the first with a record for "leaf one", the second for "two". */
static void
begin(bool first_matched, bool second_matched)
{
	memset(&facts, 0, sizeof(facts));
	memset(&server, 0, sizeof(server));
	facts.nhosts = 2;
	for (size_t i = 0; i < 2; i++) {
		struct host_facts *host = &facts.hosts[i];

		records[i] = (struct tlsa){ .usage = 3,
			.matching = 1,
			.data = span_of(digests[i], 32) };
		host->records = &records[i];
		host->nrecords = 1;
		host->tlsa = TLSA_STATUS_USABLE;
		assert_int_equal(name_parse(&host->base,
				     span_text(i == 0 ? "one.example"
						      : "two.example")),
		    0);
		assert_int_equal(name_parse(&host->host,
				     span_text(i == 0 ? "mx1.example"
						      : "mx2.example")),
		    0);
	}
	facts.hosts[0].matched = first_matched;
	facts.hosts[1].matched = second_matched;
	requirement = (struct requirement){ .need = NEED_DANE,
		.host = &facts.hosts[0] };
}

static void
present(const char *leaf)
{
	const struct span chain = span_text(leaf);
	const struct presented p = { .chain = &chain, .nchain = 1 };

	policy_check(&requirement, &server, &facts, &p);
}

static void
test_chosen_host(void **state)
{
	(void)state;
	begin(true, false);
	present("leaf one");
	assert_int_equal(server.dane.verdict, DANE_VERIFIED);
	assert_ptr_equal(requirement.host, &facts.hosts[0]);
}

/* RFC 7672 2.2: hosts that share an address are as good as one another. */
static void
test_other_host_of_the_same_claim(void **state)
{
	(void)state;
	for (int matched = 0; matched < 2; matched++) {
		begin(matched != 0, matched != 0);
		present("leaf two");
		assert_int_equal(server.dane.verdict, DANE_VERIFIED);
		assert_ptr_equal(requirement.host, &facts.hosts[1]);
	}
}

/* A host that does not list the destination is not the one that was dialled. */
static void
test_other_host_of_less_claim(void **state)
{
	(void)state;
	begin(true, false);
	present("leaf two");
	assert_int_equal(server.dane.verdict, DANE_FAILED);
	assert_ptr_equal(requirement.host, &facts.hosts[0]);
}

/* What is not known to be usable authenticates nobody. */
static void
test_other_host_without_usable_set(void **state)
{
	(void)state;
	for (enum tlsa_status s = TLSA_STATUS_UNKNOWN; s <= TLSA_STATUS_FAILED;
	     s++) {
		if (s == TLSA_STATUS_USABLE)
			continue;
		begin(true, true);
		facts.hosts[1].tlsa = s;
		present("leaf two");
		assert_int_equal(server.dane.verdict, DANE_FAILED);
	}
}

/* The reason that is told is that of the host that was chosen. */
static void
test_no_host_fits(void **state)
{
	(void)state;
	begin(true, true);
	facts.hosts[1].nrecords = 0;
	present("leaf three");
	assert_int_equal(server.dane.verdict, DANE_FAILED);
	assert_string_equal(server.dane.reason,
	    "no usable TLSA record matches the leaf");
}

/* Level verify: the MX host's own name, and of hosts with the same claim any;
 * whatever they have of TLSA records. */
static void
test_authorities(void **state)
{
	(void)state;
	begin(true, true);
	facts.hosts[1].tlsa = TLSA_STATUS_ABSENT;
	requirement.need = NEED_PKIX;
	vouched = "mx1.example";
	present("leaf one");
	assert_true(server.pkix.verified);
	assert_ptr_equal(requirement.host, &facts.hosts[0]);
	vouched = "mx2.example";
	present("leaf one");
	assert_true(server.pkix.verified);
	assert_ptr_equal(requirement.host, &facts.hosts[1]);
	begin(true, false);
	requirement.need = NEED_PKIX;
	present("leaf one");
	assert_false(server.pkix.verified);
	assert_string_equal(server.pkix.reason, "of mx1.example");
	assert_ptr_equal(requirement.host, &facts.hosts[0]);
	vouched = "one.example";
	present("leaf one");
	assert_false(server.pkix.verified);
	assert_int_equal(server.dane.verdict, DANE_UNKNOWN);
}

static void
test_nothing_to_check(void **state)
{
	(void)state;
	for (enum need need = NEED_UNKNOWN; need < NEEDS; need++) {
		if (need == NEED_DANE || need == NEED_PKIX)
			continue;
		begin(true, true);
		requirement.need = need;
		present("leaf one");
		assert_int_equal(server.dane.verdict, DANE_UNKNOWN);
	}
	begin(true, true);
	requirement.host = NULL;
	present("leaf one");
	assert_int_equal(server.dane.verdict, DANE_UNKNOWN);
}

/* RFC 7672 8.1 */
static void
test_sni_is_the_base_domain(void **state)
{
	(void)state;
	begin(true, true);
	assert_string_equal(policy_sni(&requirement)->text, "one.example");
	for (enum need need = NEED_UNKNOWN; need < NEED_DANE; need++) {
		requirement.need = need;
		assert_null(policy_sni(&requirement));
		assert_false(
		    policy_is_other(&requirement, &facts.hosts[1].base));
	}
	requirement.need = NEED_PKIX;
	assert_string_equal(policy_sni(&requirement)->text, "mx1.example");
	requirement.host = NULL;
	assert_null(policy_sni(&requirement));
}

static void
test_other_server(void **state)
{
	const struct name nobody = { .len = 0 };

	(void)state;
	begin(true, true);
	assert_false(policy_is_other(&requirement, &facts.hosts[0].base));
	assert_true(policy_is_other(&requirement, &facts.hosts[1].base));
	assert_true(policy_is_other(&requirement, &nobody));
	requirement.need = NEED_PKIX;
	assert_false(policy_is_other(&requirement, &facts.hosts[0].host));
	assert_true(policy_is_other(&requirement, &facts.hosts[0].base));
}

static void
test_where_tls_is_tried(void **state)
{
	static const bool wanted[NEEDS] = { [NEED_MAY] = true,
		[NEED_MAY_FALLBACK] = true,
		[NEED_TLS] = true,
		[NEED_DANE] = true,
		[NEED_PKIX] = true };
	struct requirement r = { 0 };

	(void)state;
	for (enum need need = NEED_UNKNOWN; need < NEEDS; need++) {
		r.need = need;
		assert_int_equal(policy_wants_tls(&r, false), wanted[need]);
		assert_int_equal(policy_wants_tls(&r, true),
		    wanted[need] || need == NEED_DEFER);
	}
}

static const char *
why(enum reason reason)
{
	const struct judgement j = { .reason = reason };

	return policy_why(&j, &requirement, &facts, &server);
}

static void
test_why(void **state)
{
	(void)state;
	begin(true, true);
	present("leaf three");
	(void)snprintf(facts.why, sizeof(facts.why), "MX of example: lost");
	assert_string_equal(why(REASON_TLSA_MISMATCH), server.dane.reason);
	assert_string_equal(why(REASON_OTHER_SERVER), server.dane.reason);
	assert_string_equal(why(REASON_DNS_BOGUS), facts.why);
	(void)snprintf(facts.hosts[0].why, sizeof(facts.hosts[0].why),
	    "TLSA of one.example: lost");
	assert_string_equal(why(REASON_DNS_FAILED), facts.hosts[0].why);
	assert_string_equal(why(REASON_OK), "");
	assert_string_equal(why(REASON_TLS_FAILED), "");
	requirement.need = NEED_PKIX;
	(void)snprintf(server.pkix.reason, sizeof(server.pkix.reason), "no");
	assert_string_equal(why(REASON_TLS_FAILED), "no");
	assert_string_equal(why(REASON_OTHER_SERVER), "no");
	assert_string_not_equal(why(REASON_STARTTLS_MISSING), "");
	assert_string_not_equal(why(REASON_CLOCK_UNSET), "");
	assert_string_not_equal(why(REASON_DOWNGRADE), "");
	server.tls = SERVER_TLS_INJECTED;
	assert_string_equal(why(REASON_DOWNGRADE), "");
	requirement.host = NULL;
	assert_string_equal(
	    policy_why(&(struct judgement){ .reason = REASON_DNS_FAILED },
		&requirement, NULL, &server),
	    "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chosen_host),
		cmocka_unit_test(test_other_host_of_the_same_claim),
		cmocka_unit_test(test_other_host_of_less_claim),
		cmocka_unit_test(test_other_host_without_usable_set),
		cmocka_unit_test(test_no_host_fits),
		cmocka_unit_test(test_authorities),
		cmocka_unit_test(test_other_server),
		cmocka_unit_test(test_nothing_to_check),
		cmocka_unit_test(test_sni_is_the_base_domain),
		cmocka_unit_test(test_where_tls_is_tried),
		cmocka_unit_test(test_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
