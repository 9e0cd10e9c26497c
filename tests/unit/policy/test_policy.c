/*
 * The decision, row by row. The expectations are written here a second time as
 * words, independent of the tables in policy.c, so that a slip in one of the
 * two is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

/* One MX host that lists the destination, with this TLSA status. */
static struct route_facts
facts_with(enum tlsa_status tlsa)
{
	struct route_facts f = { .status = ROUTE_FOUND,
		.mx_security = DNSSEC_SECURE,
		.nhosts = 1 };

	f.hosts[0].matched = true;
	f.hosts[0].tlsa = tlsa;
	return f;
}

static struct route_facts
facts_of(enum route_status status)
{
	return (struct route_facts){ .status = status };
}

static struct requirement
require(enum level level, const struct route_facts *facts)
{
	static struct settings settings;
	struct name domain;
	struct requirement r;

	settings = (struct settings){ .default_level = level };
	assert_int_equal(name_parse(&domain, span_text("example.nl")), 0);
	policy_require(&r, &settings, &domain, NULL, facts, 0);
	return r;
}

static void
expect(enum level level, const struct route_facts *facts, enum need need,
    enum reason reason)
{
	struct requirement r = require(level, facts);

	assert_int_equal(r.need, need);
	assert_int_equal(r.reason, reason);
	assert_int_equal(r.level, level);
}

/* design: lookup error is not absence; RFC 7672 2.1.1 */
static void
test_dane_holds_what_could_not_be_found_out(void **state)
{
	struct route_facts bogus = facts_with(TLSA_STATUS_BOGUS);
	struct route_facts failed = facts_with(TLSA_STATUS_FAILED);
	struct route_facts mx_bogus = facts_of(ROUTE_BOGUS);
	struct route_facts mx_failed = facts_of(ROUTE_FAILED);
	struct route_facts clock = facts_of(ROUTE_CLOCK_UNSET);

	(void)state;
	for (enum level l = LEVEL_DANE; l <= LEVEL_DANE_ONLY; l++) {
		expect(l, &bogus, NEED_DEFER, REASON_DNS_BOGUS);
		expect(l, &failed, NEED_DEFER, REASON_DNS_FAILED);
		expect(l, &mx_bogus, NEED_DEFER, REASON_DNS_BOGUS);
		expect(l, &mx_failed, NEED_DEFER, REASON_DNS_FAILED);
		expect(l, &clock, NEED_DEFER, REASON_CLOCK_UNSET);
	}
}

/* RFC 7672 2.2: usable: authenticate; none usable: encrypt; denied: may */
static void
test_dane_rows(void **state)
{
	struct route_facts usable = facts_with(TLSA_STATUS_USABLE);
	struct route_facts unusable = facts_with(TLSA_STATUS_UNUSABLE);
	struct route_facts absent = facts_with(TLSA_STATUS_ABSENT);
	struct route_facts insecure = facts_with(TLSA_STATUS_INSECURE);

	(void)state;
	expect(LEVEL_DANE, &usable, NEED_DANE, REASON_OK);
	expect(LEVEL_DANE, &unusable, NEED_TLS, REASON_OK);
	expect(LEVEL_DANE, &absent, NEED_MAY, REASON_OK);
	expect(LEVEL_DANE, &insecure, NEED_MAY, REASON_OK);
	expect(LEVEL_DANE_ONLY, &usable, NEED_DANE, REASON_OK);
	expect(LEVEL_DANE_ONLY, &unusable, NEED_DEFER, REASON_TLS_REQUIRED);
	expect(LEVEL_DANE_ONLY, &absent, NEED_DEFER, REASON_TLS_REQUIRED);
	expect(LEVEL_DANE_ONLY, &insecure, NEED_DEFER, REASON_TLS_REQUIRED);
}

/* Levels that do not rest on DNS are the same whatever DNS says; RFC 7505. */
static void
test_levels_without_dns(void **state)
{
	static const struct {
		enum level level;
		enum need need;
		enum reason reason;
	} rows[] = {
		{ LEVEL_NONE, NEED_NOTHING, REASON_OK },
		{ LEVEL_MAY, NEED_MAY, REASON_OK },
		{ LEVEL_ENCRYPT, NEED_TLS, REASON_OK },
		{ LEVEL_BLOCK, NEED_DEFER, REASON_POLICY_BLOCK },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		for (enum tlsa_status t = TLSA_STATUS_USABLE;
		     t <= TLSA_STATUS_FAILED; t++) {
			struct route_facts f = facts_with(t);

			expect(rows[i].level, &f, rows[i].need, rows[i].reason);
		}
		for (enum route_status s = ROUTE_NONE; s <= ROUTE_CLOCK_UNSET;
		     s++) {
			struct route_facts f = facts_of(s);

			expect(rows[i].level, &f, rows[i].need, rows[i].reason);
		}
	}
}

/* verify rests on the MX hosts' names, and on time; not on TLSA records. */
static void
test_verify_rows(void **state)
{
	struct route_facts usable = facts_with(TLSA_STATUS_USABLE);
	struct route_facts unusable = facts_with(TLSA_STATUS_UNUSABLE);
	struct route_facts absent = facts_with(TLSA_STATUS_ABSENT);
	struct route_facts insecure = facts_with(TLSA_STATUS_INSECURE);
	struct route_facts bogus = facts_with(TLSA_STATUS_BOGUS);
	struct route_facts failed = facts_with(TLSA_STATUS_FAILED);
	struct route_facts unknown = facts_with(TLSA_STATUS_UNKNOWN);
	struct route_facts mx_bogus = facts_of(ROUTE_BOGUS);
	struct route_facts mx_failed = facts_of(ROUTE_FAILED);
	struct route_facts clock = facts_of(ROUTE_CLOCK_UNSET);
	struct route_facts none = facts_of(ROUTE_NONE);
	struct route_facts unlisted = facts_with(TLSA_STATUS_ABSENT);

	(void)state;
	unlisted.hosts[0].matched = false;
	expect(LEVEL_VERIFY, &usable, NEED_PKIX, REASON_OK);
	expect(LEVEL_VERIFY, &unusable, NEED_PKIX, REASON_OK);
	expect(LEVEL_VERIFY, &absent, NEED_PKIX, REASON_OK);
	expect(LEVEL_VERIFY, &insecure, NEED_PKIX, REASON_OK);
	expect(LEVEL_VERIFY, &unlisted, NEED_PKIX, REASON_OK);
	expect(LEVEL_VERIFY, &bogus, NEED_DEFER, REASON_DNS_BOGUS);
	expect(LEVEL_VERIFY, &failed, NEED_DEFER, REASON_DNS_FAILED);
	expect(LEVEL_VERIFY, &unknown, NEED_UNKNOWN, REASON_UNKNOWN);
	expect(LEVEL_VERIFY, &mx_bogus, NEED_DEFER, REASON_DNS_BOGUS);
	expect(LEVEL_VERIFY, &mx_failed, NEED_DEFER, REASON_DNS_FAILED);
	expect(LEVEL_VERIFY, &clock, NEED_DEFER, REASON_CLOCK_UNSET);
	/* No name is known that a certificate could have. */
	expect(LEVEL_VERIFY, &none, NEED_DEFER, REASON_UNLISTED_DESTINATION);
}

static void
test_null_mx_is_refused(void **state)
{
	struct route_facts f = facts_of(ROUTE_NULL_MX);

	(void)state;
	for (enum level l = LEVEL_MAY; l <= LEVEL_BLOCK; l++)
		expect(l, &f, NEED_REJECT, REASON_NULL_MX);
	expect(LEVEL_NONE, &f, NEED_NOTHING, REASON_OK);
	assert_string_equal(reason_status(REASON_NULL_MX), "1.10");
}

/* A cleared struct fails closed, at every level that looks at DNS. */
static void
test_zero_facts_are_held(void **state)
{
	struct settings settings = { 0 };
	struct server_facts server = { .tls = SERVER_TLS_DONE };
	struct route_facts unknown = facts_of(ROUTE_UNKNOWN);
	struct route_facts host_unknown = facts_with(TLSA_STATUS_UNKNOWN);

	(void)state;
	for (enum level l = LEVEL_UNSET; l <= LEVEL_BLOCK; l++) {
		struct requirement r = require(l, &unknown);
		struct judgement j;

		policy_judge(&j, &settings, &r, &server);
		assert_int_equal(j.verdict, VERDICT_DEFER);
		r = require(l, &host_unknown);
		policy_judge(&j, &settings, &r, &server);
		assert_int_equal(j.verdict, VERDICT_DEFER);
	}
}

/* Of two hosts that list the destination the one with TLSA decides; what
 * could not be found out never loses against absence. */
static void
test_strictest_matched_host_decides(void **state)
{
	static const struct {
		enum tlsa_status first, second;
		enum need need;
	} rows[] = {
		{ TLSA_STATUS_ABSENT, TLSA_STATUS_USABLE, NEED_DANE },
		{ TLSA_STATUS_USABLE, TLSA_STATUS_ABSENT, NEED_DANE },
		{ TLSA_STATUS_ABSENT, TLSA_STATUS_BOGUS, NEED_DEFER },
		{ TLSA_STATUS_FAILED, TLSA_STATUS_ABSENT, NEED_DEFER },
		{ TLSA_STATUS_UNUSABLE, TLSA_STATUS_ABSENT, NEED_TLS },
		{ TLSA_STATUS_ABSENT, TLSA_STATUS_UNKNOWN, NEED_UNKNOWN },
		{ TLSA_STATUS_UNKNOWN, TLSA_STATUS_FAILED, NEED_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		struct route_facts f = facts_with(rows[i].first);

		f.nhosts = 2;
		f.hosts[1].matched = true;
		f.hosts[1].tlsa = rows[i].second;
		assert_int_equal(require(LEVEL_DANE, &f).need, rows[i].need);
		/* A host that does not list the destination has no say. */
		f.hosts[0].tlsa = TLSA_STATUS_ABSENT;
		f.hosts[1].matched = false;
		assert_int_equal(require(LEVEL_DANE, &f).need, NEED_MAY);
	}
}

/* design section 3 "Route facts": a forged MX answer sends mail to an address
 * that no host lists; any host with TLSA must then prove itself. */
static void
test_unlisted_destination(void **state)
{
	struct route_facts f = facts_with(TLSA_STATUS_ABSENT);
	struct settings settings = { .default_level = LEVEL_DANE,
		.unlisted = UNLISTED_DEFER };
	struct name domain;
	struct requirement r;

	(void)state;
	f.hosts[0].matched = false;
	expect(LEVEL_DANE, &f, NEED_MAY, REASON_UNLISTED_DESTINATION);
	expect(LEVEL_DANE_ONLY, &f, NEED_DEFER, REASON_UNLISTED_DESTINATION);
	assert_int_equal(name_parse(&domain, span_text("example.nl")), 0);
	policy_require(&r, &settings, &domain, NULL, &f, 0);
	assert_int_equal(r.need, NEED_DEFER);
	f.hosts[0].tlsa = TLSA_STATUS_USABLE;
	expect(LEVEL_DANE, &f, NEED_DANE, REASON_OK);
	f.hosts[0].tlsa = TLSA_STATUS_FAILED;
	expect(LEVEL_DANE, &f, NEED_DEFER, REASON_DNS_FAILED);
}

static struct judgement
judge(enum need need, enum server_tls tls, enum dane_verdict dane, bool memory)
{
	struct settings settings = { 0 };
	struct requirement r = { .need = need,
		.reason = REASON_OK,
		.mx_secure = true };
	struct server_facts server = { .tls = tls, .remembered = memory };
	struct judgement j;

	server.dane.verdict = dane;
	server.dane.usage = TLSA_DANE_EE;
	policy_judge(&j, &settings, &r, &server);
	return j;
}

/* Every need against everything a server can do: what is not listed here as
 * relayed is deferred. */
static void
test_only_listed_outcomes_relay(void **state)
{
	(void)state;
	for (enum need n = NEED_UNKNOWN; n < NEEDS; n++)
		for (enum server_tls t = SERVER_TLS_UNKNOWN;
		     t <= SERVER_TLS_DONE; t++) {
			struct judgement j = judge(n, t, DANE_FAILED, false);
			bool clear = t == SERVER_TLS_NOT_OFFERED;
			bool done = t == SERVER_TLS_DONE ||
			    t == SERVER_TLS_OTHER;
			bool relay = false;

			if (n == NEED_NOTHING)
				relay = clear || done ||
				    t == SERVER_TLS_UNKNOWN ||
				    t == SERVER_TLS_REFUSED ||
				    t == SERVER_TLS_FAILED;
			if (n == NEED_MAY)
				relay = clear || done;
			if (n == NEED_MAY_FALLBACK)
				relay = clear || done ||
				    t == SERVER_TLS_REFUSED ||
				    t == SERVER_TLS_FAILED;
			if (n == NEED_TLS)
				relay = done;
			assert_int_equal(j.verdict == VERDICT_RELAY, relay);
			if (relay)
				assert_int_equal(j.auth,
				    done ? AUTH_TLS : AUTH_NONE);
		}
}

static void
test_dane_relays_only_when_verified(void **state)
{
	(void)state;
	for (enum dane_verdict v = DANE_UNKNOWN; v <= DANE_UNUSABLE; v++) {
		struct judgement j = judge(NEED_DANE, SERVER_TLS_DONE, v,
		    false);

		if (v == DANE_VERIFIED) {
			assert_int_equal(j.verdict, VERDICT_RELAY);
			assert_int_equal(j.auth, AUTH_DANE_EE);
		} else {
			assert_int_equal(j.verdict, VERDICT_DEFER);
			assert_int_equal(j.reason, REASON_TLSA_MISMATCH);
		}
	}
	/* A later recipient, against the chain of the running session. */
	assert_int_equal(judge(NEED_DANE, SERVER_TLS_OTHER, DANE_VERIFIED,
			     false)
			     .auth,
	    AUTH_DANE_EE);
	assert_int_equal(judge(NEED_DANE, SERVER_TLS_OTHER, DANE_FAILED, false)
			     .reason,
	    REASON_OTHER_SERVER);
	/* A verified chain counts for nothing without its handshake. */
	assert_int_equal(judge(NEED_DANE, SERVER_TLS_NOT_OFFERED, DANE_VERIFIED,
			     false)
			     .reason,
	    REASON_STARTTLS_MISSING);
}

/* Level verify: a chain that no authority vouches for is held, and what DANE
 * has to say is of no account. */
static void
test_pkix_relays_only_when_verified(void **state)
{
	static const enum reason reasons[] = {
		[SERVER_TLS_UNKNOWN] = REASON_UNKNOWN,
		[SERVER_TLS_NOT_OFFERED] = REASON_STARTTLS_MISSING,
		[SERVER_TLS_REFUSED] = REASON_STARTTLS_REFUSED,
		[SERVER_TLS_INJECTED] = REASON_DOWNGRADE,
		[SERVER_TLS_FAILED] = REASON_TLS_FAILED,
		[SERVER_TLS_TOO_LATE] = REASON_TLS_REQUIRED,
		[SERVER_TLS_OTHER] = REASON_OTHER_SERVER,
		[SERVER_TLS_DONE] = REASON_TLS_FAILED,
	};
	struct settings settings = { 0 };
	struct requirement r = { .need = NEED_PKIX, .reason = REASON_OK };
	struct judgement j;

	(void)state;
	for (enum server_tls t = SERVER_TLS_UNKNOWN; t <= SERVER_TLS_DONE;
	     t++) {
		struct server_facts server = { .tls = t };

		server.dane.verdict = DANE_VERIFIED;
		policy_judge(&j, &settings, &r, &server);
		assert_int_equal(j.verdict, VERDICT_DEFER);
		assert_int_equal(j.reason, reasons[t]);
		server.pkix.verified = true;
		policy_judge(&j, &settings, &r, &server);
		if (t == SERVER_TLS_DONE || t == SERVER_TLS_OTHER) {
			assert_int_equal(j.verdict, VERDICT_RELAY);
			assert_int_equal(j.auth, AUTH_PKIX);
			assert_int_equal(j.reason, REASON_OK);
		} else {
			assert_int_equal(j.verdict, VERDICT_DEFER);
			assert_int_equal(j.reason, reasons[t]);
		}
	}
}

/* RFC 7672 2.2.1: with an insecure MX RRset the TLSA set is enforced, but the
 * server is not called authenticated. */
static void
test_insecure_mx_is_never_called_verified(void **state)
{
	struct settings settings = { 0 };
	struct requirement r = { .need = NEED_DANE, .reason = REASON_OK };
	struct server_facts server = { .tls = SERVER_TLS_DONE };
	struct judgement j;

	(void)state;
	server.dane.verdict = DANE_VERIFIED;
	policy_judge(&j, &settings, &r, &server);
	assert_int_equal(j.verdict, VERDICT_RELAY);
	assert_int_equal(j.auth, AUTH_TLS);
}

static void
test_downgrade_memory_holds(void **state)
{
	(void)state;
	for (enum need n = NEED_MAY; n <= NEED_MAY_FALLBACK; n++) {
		assert_int_equal(judge(n, SERVER_TLS_NOT_OFFERED, DANE_UNKNOWN,
				     true)
				     .reason,
		    REASON_DOWNGRADE);
		assert_int_equal(judge(n, SERVER_TLS_REFUSED, DANE_UNKNOWN,
				     true)
				     .verdict,
		    VERDICT_DEFER);
		assert_int_equal(judge(n, SERVER_TLS_FAILED, DANE_UNKNOWN, true)
				     .reason,
		    REASON_DOWNGRADE);
		assert_int_equal(judge(n, SERVER_TLS_DONE, DANE_UNKNOWN, true)
				     .verdict,
		    VERDICT_RELAY);
	}
}

/* A host that could be asked for TLS and now cannot: held too, though no
 * handshake ever came to its end. */
static void
test_an_offer_withdrawn_is_a_downgrade(void **state)
{
	struct settings settings = { 0 };
	struct server_facts server = { .tls = SERVER_TLS_NOT_OFFERED,
		.offered = true };
	struct requirement r = { .need = NEED_MAY, .reason = REASON_OK };
	struct judgement j;

	(void)state;
	policy_judge(&j, &settings, &r, &server);
	assert_int_equal(j.reason, REASON_DOWNGRADE);
	assert_int_equal(j.verdict, VERDICT_DEFER);
	/* `fallback cleartext` would have let it pass before, too. */
	r.need = NEED_MAY_FALLBACK;
	policy_judge(&j, &settings, &r, &server);
	assert_int_equal(j.verdict, VERDICT_RELAY);
	server.tls = SERVER_TLS_REFUSED;
	policy_judge(&j, &settings, &r, &server);
	assert_int_equal(j.verdict, VERDICT_RELAY);
}

/* on-block reject makes policy refusals permanent, never a lookup error. */
static void
test_on_block_reject(void **state)
{
	struct settings settings = { .on_block = ON_BLOCK_REJECT };
	struct server_facts server = { .tls = SERVER_TLS_DONE };
	struct requirement r = { .need = NEED_DANE, .reason = REASON_OK };
	struct judgement j;

	(void)state;
	policy_judge(&j, &settings, &r, &server);
	assert_int_equal(j.verdict, VERDICT_REJECT);
	r = (struct requirement){ .need = NEED_DEFER,
		.reason = REASON_DNS_BOGUS };
	policy_judge(&j, &settings, &r, &server);
	assert_int_equal(j.verdict, VERDICT_DEFER);
}

static struct domain_rule *
add_rule(struct settings *settings, const char *domain, bool below,
    enum level level)
{
	struct domain_rule *rule;
	struct name name;

	assert_int_equal(name_parse(&name, span_text(domain)), 0);
	assert_int_equal(domain_rules_get(&rule, &settings->domains, &name,
			     below),
	    0);
	rule->level = level;
	return rule;
}

static enum level
level_of(const struct settings *settings, const char *domain)
{
	const struct domain_rule *rule;
	struct name name;

	assert_int_equal(name_parse(&name, span_text(domain)), 0);
	return policy_level(settings, &name, 0, &rule);
}

static void
test_most_specific_domain_rule_wins(void **state)
{
	struct settings settings = { .default_level = LEVEL_DANE };

	(void)state;
	add_rule(&settings, "nl", true, LEVEL_ENCRYPT);
	add_rule(&settings, "example.nl", false, LEVEL_BLOCK);
	add_rule(&settings, "example.nl", true, LEVEL_MAY);
	assert_int_equal(level_of(&settings, "other.nl"), LEVEL_ENCRYPT);
	assert_int_equal(level_of(&settings, "example.nl"), LEVEL_BLOCK);
	assert_int_equal(level_of(&settings, "a.b.example.nl"), LEVEL_MAY);
	assert_int_equal(level_of(&settings, "myexample.nl"), LEVEL_ENCRYPT);
	assert_int_equal(level_of(&settings, "nl"), LEVEL_DANE);
	assert_int_equal(level_of(&settings, "example.com"), LEVEL_DANE);
	settings_free(&settings);
}

/* Through its last day (UTC) an exception holds, then the next rule does. */
static void
test_exceptions_end_by_themselves(void **state)
{
	struct settings settings = { .default_level = LEVEL_DANE };
	const int64_t day = 20849; /* 2027-01-31 */
	const int64_t end = (day + 1) * 86400;
	const struct domain_rule *rule;
	const struct domain_rule *above;
	struct domain_rule *exception;
	struct name name;

	(void)state;
	assert_int_equal(name_parse(&name, span_text("example.nl")), 0);
	add_rule(&settings, "nl", true, LEVEL_ENCRYPT);
	exception = add_rule(&settings, "example.nl", false, LEVEL_MAY);
	exception->until = (int32_t)day;
	above = &settings.domains.rules[0];
	assert_int_equal(policy_level(&settings, &name, end - 1, &rule),
	    LEVEL_MAY);
	assert_ptr_equal(rule, exception);
	assert_int_equal(policy_level(&settings, &name, end, &rule),
	    LEVEL_ENCRYPT);
	assert_ptr_equal(rule, above);
	assert_int_equal(policy_rule_state(exception, &name, end),
	    RULE_EXPIRED);
	/* Without the time nobody knows whether it has ended. */
	assert_int_equal(policy_level(&settings, &name, 0, &rule),
	    LEVEL_ENCRYPT);
	assert_int_equal(policy_rule_state(exception, &name, 0),
	    RULE_NOT_JUDGED);
	/* What lets less pass can be believed all the same. */
	exception->level = LEVEL_BLOCK;
	assert_int_equal(policy_level(&settings, &name, 0, &rule), LEVEL_BLOCK);
	exception->level = LEVEL_DANE_ONLY;
	assert_int_equal(policy_level(&settings, &name, 0, &rule),
	    LEVEL_DANE_ONLY);
	assert_int_equal(policy_rule_state(above, &name, 0), RULE_HOLDS);
	settings_free(&settings);
}

/* Whether a rule names a domain: its own, or one below it by whole labels. */
static void
test_rule_names_domain(void **state)
{
	static const struct {
		const char *rule;
		bool below;
		const char *domain;
		bool named;
	} cases[] = {
		{ "example.nl", false, "example.nl", true },
		{ "example.nl", false, "www.example.nl", false },
		{ "example.nl", false, "myexample.nl", false },
		{ "example.nl", false, "nl", false },
		{ "example.nl", true, "www.example.nl", true },
		{ "example.nl", true, "a.b.example.nl", true },
		{ "example.nl", true, "example.nl", false },
		{ "example.nl", true, "myexample.nl", false },
		{ "example.nl", true, "other.example", false },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(cases); i++) {
		struct settings settings = { .default_level = LEVEL_DANE };
		struct domain_rule *rule = add_rule(&settings, cases[i].rule,
		    cases[i].below, LEVEL_BLOCK);
		struct name name;

		assert_int_equal(name_parse(&name, span_text(cases[i].domain)),
		    0);
		assert_int_equal(policy_rule_state(rule, &name, 0),
		    cases[i].named ? RULE_HOLDS : RULE_ELSEWHERE);
		assert_int_equal(level_of(&settings, cases[i].domain),
		    cases[i].named ? LEVEL_BLOCK : LEVEL_DANE);
		settings_free(&settings);
	}
}

static void
test_longest_relay_prefix_wins(void **state)
{
	struct relay_rule rules[2] = { 0 };
	struct settings settings = { .relays = rules, .nrelays = 2 };
	struct address a;

	(void)state;
	assert_int_equal(prefix_parse(&rules[0].prefix,
			     span_text("192.0.2.0/24")),
	    0);
	assert_int_equal(prefix_parse(&rules[1].prefix, span_text("192.0.2.7")),
	    0);
	assert_int_equal(address_parse(&a, span_text("192.0.2.7")), 0);
	assert_ptr_equal(policy_relay(&settings, &a), &rules[1]);
	assert_int_equal(address_parse(&a, span_text("192.0.2.8")), 0);
	assert_ptr_equal(policy_relay(&settings, &a), &rules[0]);
	assert_int_equal(address_parse(&a, span_text("198.51.100.1")), 0);
	assert_null(policy_relay(&settings, &a));
}

/* The words of the log are fixed: others script against them. */
static void
test_reason_words(void **state)
{
	static const char *const words[REASONS] = { "protocol-error", "ok",
		"tlsa-mismatch", "starttls-missing", "starttls-refused",
		"tls-failed", "downgrade", "dns-bogus", "dns-failed",
		"clock-unset", "null-mx", "policy-block", "tls-required",
		"other-server", "unlisted-destination", "overload",
		"server-gone", "protocol-error" };

	(void)state;
	for (enum reason r = REASON_UNKNOWN; r < REASONS; r++)
		assert_string_equal(reason_text(r), words[r]);
	assert_string_equal(reason_text(REASONS), "protocol-error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dane_holds_what_could_not_be_found_out),
		cmocka_unit_test(test_dane_rows),
		cmocka_unit_test(test_levels_without_dns),
		cmocka_unit_test(test_verify_rows),
		cmocka_unit_test(test_null_mx_is_refused),
		cmocka_unit_test(test_zero_facts_are_held),
		cmocka_unit_test(test_strictest_matched_host_decides),
		cmocka_unit_test(test_unlisted_destination),
		cmocka_unit_test(test_only_listed_outcomes_relay),
		cmocka_unit_test(test_dane_relays_only_when_verified),
		cmocka_unit_test(test_pkix_relays_only_when_verified),
		cmocka_unit_test(test_insecure_mx_is_never_called_verified),
		cmocka_unit_test(test_downgrade_memory_holds),
		cmocka_unit_test(test_an_offer_withdrawn_is_a_downgrade),
		cmocka_unit_test(test_on_block_reject),
		cmocka_unit_test(test_most_specific_domain_rule_wins),
		cmocka_unit_test(test_exceptions_end_by_themselves),
		cmocka_unit_test(test_rule_names_domain),
		cmocka_unit_test(test_longest_relay_prefix_wins),
		cmocka_unit_test(test_reason_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
