/*
 * What a decision says in a report's words (RFC 8460 4.3), and how sessions are
 * counted; within bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tlsrpt/tally.h"

static const uint8_t digest[32] = { 0xab, 0xcd };
static struct tlsa record = { 3, 1, 1, { digest, sizeof(digest) } };

static struct budget budget = { .name = "tlsrpt", .limit = 30000 };

static void
test_results(void **state)
{
	static const struct {
		enum need need;
		enum tlsa_status tlsa;
		struct judgement j;
		enum server_tls tls;
		enum tlsrpt_result result;
		enum tlsrpt_policy policy;
	} rows[] = {
#define RELAYED(auth) { VERDICT_RELAY, auth, REASON_OK }
#define HELD(reason)                             \
	{                                        \
		VERDICT_DEFER, AUTH_NONE, reason \
	}
		{ NEED_DANE, TLSA_STATUS_USABLE, RELAYED(AUTH_DANE_EE),
		    SERVER_TLS_DONE, TLSRPT_SUCCESS, TLSRPT_TLSA },
		{ NEED_MAY, TLSA_STATUS_ABSENT, RELAYED(AUTH_TLS),
		    SERVER_TLS_DONE, TLSRPT_SUCCESS, TLSRPT_NO_POLICY },
		{ NEED_TLS, TLSA_STATUS_UNUSABLE, RELAYED(AUTH_TLS),
		    SERVER_TLS_DONE, TLSRPT_SUCCESS, TLSRPT_NO_POLICY },
		{ NEED_MAY, TLSA_STATUS_ABSENT, RELAYED(AUTH_NONE),
		    SERVER_TLS_NOT_OFFERED, TLSRPT_STARTTLS_NOT_SUPPORTED,
		    TLSRPT_NO_POLICY },
		{ NEED_MAY_FALLBACK, TLSA_STATUS_ABSENT, RELAYED(AUTH_NONE),
		    SERVER_TLS_FAILED, TLSRPT_VALIDATION_FAILURE,
		    TLSRPT_NO_POLICY },
		/* Level none asks for nothing. */
		{ NEED_NOTHING, TLSA_STATUS_USABLE, RELAYED(AUTH_NONE),
		    SERVER_TLS_UNKNOWN, TLSRPT_NOTHING, TLSRPT_NO_POLICY },
		{ NEED_DANE, TLSA_STATUS_USABLE, HELD(REASON_STARTTLS_MISSING),
		    SERVER_TLS_NOT_OFFERED, TLSRPT_STARTTLS_NOT_SUPPORTED,
		    TLSRPT_TLSA },
		{ NEED_DANE, TLSA_STATUS_USABLE, HELD(REASON_STARTTLS_REFUSED),
		    SERVER_TLS_REFUSED, TLSRPT_STARTTLS_NOT_SUPPORTED,
		    TLSRPT_TLSA },
		{ NEED_MAY, TLSA_STATUS_ABSENT, HELD(REASON_DOWNGRADE),
		    SERVER_TLS_NOT_OFFERED, TLSRPT_STARTTLS_NOT_SUPPORTED,
		    TLSRPT_NO_POLICY },
		{ NEED_DANE, TLSA_STATUS_USABLE, HELD(REASON_DOWNGRADE),
		    SERVER_TLS_INJECTED, TLSRPT_VALIDATION_FAILURE,
		    TLSRPT_TLSA },
		{ NEED_DANE, TLSA_STATUS_USABLE, HELD(REASON_TLSA_MISMATCH),
		    SERVER_TLS_DONE, TLSRPT_VALIDATION_FAILURE, TLSRPT_TLSA },
		{ NEED_DANE, TLSA_STATUS_USABLE, HELD(REASON_TLS_FAILED),
		    SERVER_TLS_FAILED, TLSRPT_VALIDATION_FAILURE, TLSRPT_TLSA },
		{ NEED_PKIX, TLSA_STATUS_ABSENT, HELD(REASON_TLS_FAILED),
		    SERVER_TLS_DONE, TLSRPT_CERTIFICATE_NOT_TRUSTED,
		    TLSRPT_NO_POLICY },
		{ NEED_DEFER, TLSA_STATUS_BOGUS, HELD(REASON_DNS_BOGUS),
		    SERVER_TLS_UNKNOWN, TLSRPT_DNSSEC_INVALID, TLSRPT_TLSA },
		{ NEED_DEFER, TLSA_STATUS_FAILED, HELD(REASON_DNS_FAILED),
		    SERVER_TLS_UNKNOWN, TLSRPT_DNSSEC_INVALID, TLSRPT_TLSA },
		{ NEED_DEFER, TLSA_STATUS_ABSENT, HELD(REASON_TLS_REQUIRED),
		    SERVER_TLS_UNKNOWN, TLSRPT_DANE_REQUIRED, TLSRPT_TLSA },
		{ NEED_DEFER, TLSA_STATUS_UNUSABLE, HELD(REASON_TLS_REQUIRED),
		    SERVER_TLS_UNKNOWN, TLSRPT_TLSA_INVALID, TLSRPT_TLSA },
		/* For another recipient's sake in a session in clear. */
		{ NEED_DANE, TLSA_STATUS_USABLE, HELD(REASON_TLS_REQUIRED),
		    SERVER_TLS_TOO_LATE, TLSRPT_NOTHING, TLSRPT_TLSA },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		const struct host_facts host = { .tlsa = rows[i].tlsa };
		const struct requirement r = { .need = rows[i].need,
			.host = &host };
		enum tlsrpt_result result = tlsrpt_result_of(&r, &rows[i].j,
		    rows[i].tls);

		if (result != rows[i].result ||
		    tlsrpt_policy_of(&r, result) != rows[i].policy)
			fail_msg("row %zu: %s", i, tlsrpt_result_text(result));
	}
}

/* They are ours, or the time's, and say nothing of the domain. */
static void
test_other_reasons_say_nothing(void **state)
{
	static const enum reason reasons[] = { REASON_UNKNOWN,
		REASON_CLOCK_UNSET, REASON_NULL_MX, REASON_POLICY_BLOCK,
		REASON_OTHER_SERVER, REASON_UNLISTED_DESTINATION,
		REASON_OVERLOAD, REASON_SERVER_GONE, REASON_PROTOCOL_ERROR };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(reasons); i++) {
		const struct requirement r = { .need = NEED_DANE };
		const struct judgement j = HELD(reasons[i]);

		assert_int_equal(tlsrpt_result_of(&r, &j, SERVER_TLS_UNKNOWN),
		    TLSRPT_NOTHING);
	}
}

static struct name
name_of(const char *text)
{
	struct name name;

	assert_int_equal(name_parse(&name, span_text(text)), 0);
	return name;
}

static void
note(struct tlsrpt_tally *t, const char *domain, uint64_t session,
    enum tlsrpt_result result, const char *mx)
{
	struct name name = name_of(domain);
	struct host_facts host = { .records = &record, .nrecords = 1 };
	const struct address server = { .family = ADDRESS_IPV4 };
	const struct address local = { .family = ADDRESS_NONE };
	const struct tlsrpt_seen seen = {
		.domain = &name,
		.session = session,
		.result = result,
		.policy = TLSRPT_TLSA,
		.reason = result == TLSRPT_SUCCESS ? REASON_OK
						   : REASON_TLSA_MISMATCH,
		.host = &host,
		.server = &server,
		.local = &local,
	};

	host.host = name_of(mx);
	tlsrpt_tally_note(t, &seen);
}

/* RFC 8460 4: sessions are counted, not recipients. */
static void
test_sessions(void **state)
{
	struct tlsrpt_tally *t;
	const struct tlsrpt_sum *sum;

	(void)state;
	assert_int_equal(tlsrpt_tally_new(&t, 1, &budget), 0);
	note(t, "a.example", 1, TLSRPT_SUCCESS, "mx");
	note(t, "a.example", 1, TLSRPT_SUCCESS, "mx");
	note(t, "a.example", 2, TLSRPT_SUCCESS, "mx");
	note(t, "a.example", 2, TLSRPT_NOTHING, "mx");
	note(t, "b.example", 3, TLSRPT_VALIDATION_FAILURE, "mx1");
	note(t, "b.example", 3, TLSRPT_VALIDATION_FAILURE, "mx1");
	note(t, "b.example", 4, TLSRPT_VALIDATION_FAILURE, "mx1");
	note(t, "b.example", 5, TLSRPT_VALIDATION_FAILURE, "mx2");
	assert_int_equal(t->ndomains, 2);
	sum = &tlsrpt_tally_domain(t, 0)->sums[TLSRPT_TLSA];
	assert_int_equal(sum->successes, 2);
	assert_int_equal(sum->failures, 0);
	assert_string_equal(sum->strings,
	    "3 1 1 abcd"
	    "000000000000000000000000000000000000000000000000000000000000");
	sum = &tlsrpt_tally_domain(t, 1)->sums[TLSRPT_TLSA];
	assert_int_equal(sum->failures, 3);
	assert_int_equal(sum->details->sessions, 2);
	assert_string_equal(sum->details->next->mx, "mx2");
	assert_null(tlsrpt_tally_domain(t, 2));
	tlsrpt_tally_drop(t, 0);
	assert_string_equal(tlsrpt_tally_domain(t, 0)->name, "b.example");
	tlsrpt_tally_drop(t, 0);
	assert_int_equal(t->ndomains, 0);
	assert_int_equal(budget.used, 0);
	tlsrpt_tally_free(t);
}

/* Past so many details failures are counted without one, once a session. */
static void
test_many_details(void **state)
{
	struct tlsrpt_tally *t;
	const struct tlsrpt_sum *sum;
	char mx[20];

	(void)state;
	assert_int_equal(tlsrpt_tally_new(&t, 1, &budget), 0);
	for (unsigned i = 0; i < TLSRPT_FAILURES_MAX + 5; i++) {
		(void)snprintf(mx, sizeof(mx), "mx%u.example", i);
		note(t, "a.example", i + 1, TLSRPT_VALIDATION_FAILURE, mx);
		note(t, "a.example", i + 1, TLSRPT_VALIDATION_FAILURE, mx);
	}
	sum = &tlsrpt_tally_domain(t, 0)->sums[TLSRPT_TLSA];
	assert_int_equal(sum->ndetails, TLSRPT_FAILURES_MAX);
	assert_int_equal(sum->failures, TLSRPT_FAILURES_MAX + 5);
	tlsrpt_tally_free(t);
}

/* However many domains: so many bytes, and the rest is counted as lost. */
static void
test_bounded(void **state)
{
	struct tlsrpt_tally *t;
	char domain[40];

	(void)state;
	assert_int_equal(tlsrpt_tally_new(&t, 1, &budget), 0);
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(domain, sizeof(domain), "d%u.example", i);
		note(t, domain, i + 1, TLSRPT_SUCCESS, "mx.example");
		note(t, domain, i + 1, TLSRPT_VALIDATION_FAILURE, "mx.example");
	}
	assert_in_range(t->ndomains, 50, 4999);
	assert_int_equal(t->lost, 2 * (5000 - t->ndomains));
	tlsrpt_tally_free(t);
}

/* A set of records that has no room is left out, record by record. */
static void
test_large_records(void **state)
{
	static uint8_t certificate[2000];
	struct tlsrpt_tally *t;

	(void)state;
	assert_int_equal(tlsrpt_tally_new(&t, 1, &budget), 0);
	record.data = span_of(certificate, sizeof(certificate));
	note(t, "a.example", 1, TLSRPT_SUCCESS, "mx");
	record.data = span_of(digest, sizeof(digest));
	assert_null(tlsrpt_tally_domain(t, 0)->sums[TLSRPT_TLSA].strings);
	tlsrpt_tally_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_other_reasons_say_nothing),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_many_details),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_large_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
