/*
 * Evidence for the report: why mail went without DANE, told by the facts (RFC
 * 7672 2.1 to 2.2), and tables that are bounded and lose no recipient.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/evidence.h"

#define NOW 1800000000

static struct evidence *
evidence(void)
{
	struct evidence *e;

	assert_int_equal(evidence_new(&e), 0);
	return e;
}

static void
note(struct evidence *e, enum evidence_kind kind, unsigned code,
    const char *domain, int64_t now)
{
	const struct evidence_item item = {
		.kind = kind,
		.code = code,
		.domain = span_text(domain),
		.recipients = 1,
		.first = now,
		.last = now,
	};

	evidence_note(e, &item);
}

struct wanted {
	enum evidence_kind kind;
	unsigned code;
	struct span domain;
	bool found;
	struct evidence_item item;
	char text[256];
};

static void
look(void *arg, const struct evidence_item *item)
{
	struct wanted *w = arg;

	if (item->kind != w->kind || item->code != w->code ||
	    !span_equal(item->domain, w->domain))
		return;
	w->found = true;
	w->item = *item;
	assert_int_equal(span_copy_text(w->text, sizeof(w->text), item->text),
	    0);
}

static struct wanted
get(const struct evidence *e, enum evidence_kind kind, unsigned code,
    const char *domain)
{
	struct wanted w = { .kind = kind,
		.code = code,
		.domain = span_text(domain) };

	evidence_each(e, look, &w);
	return w;
}

struct total {
	uint64_t recipients;
	size_t domains;
};

static void
sum(void *arg, const struct evidence_item *item)
{
	struct total *t = arg;

	t->recipients += item->recipients;
	t->domains += item->domain.n > 0 ? 1 : 0;
}

static struct total
total(const struct evidence *e)
{
	struct total t = { 0 };

	evidence_each(e, sum, &t);
	return t;
}

/* The cause is the fact that the level rested on. */
static void
test_causes(void **state)
{
	static const struct {
		enum tlsa_status tlsa;
		enum cause cause;
	} rows[] = {
		{ TLSA_STATUS_ABSENT, CAUSE_NO_TLSA },
		{ TLSA_STATUS_INSECURE, CAUSE_NO_DNSSEC },
		{ TLSA_STATUS_UNUSABLE, CAUSE_TLSA_UNUSABLE },
		{ TLSA_STATUS_USABLE, CAUSE_MX_NOT_SIGNED },
		{ TLSA_STATUS_BOGUS, CAUSE_UNKNOWN },
	};
	struct judgement j = { VERDICT_RELAY, AUTH_TLS, REASON_OK };
	struct host_facts host = { 0 };
	struct requirement r = { .level = LEVEL_DANE };

	(void)state;
	assert_int_equal(policy_cause(&r, &j), CAUSE_NO_ROUTE);
	r.host = &host;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		host.tlsa = rows[i].tlsa;
		assert_int_equal(policy_cause(&r, &j), rows[i].cause);
	}
	host.tlsa = TLSA_STATUS_USABLE;
	j.auth = AUTH_DANE_TA;
	assert_int_equal(policy_cause(&r, &j), CAUSE_DANE);
	j.auth = AUTH_PKIX;
	r.level = LEVEL_VERIFY;
	assert_int_equal(policy_cause(&r, &j), CAUSE_LEVEL);
	r.by_rule = true;
	assert_int_equal(policy_cause(&r, &j), CAUSE_EXCEPTION);
	/* A rule that asks for DANE is no exception from it. */
	r.level = LEVEL_DANE_ONLY;
	host.tlsa = TLSA_STATUS_ABSENT;
	assert_int_equal(policy_cause(&r, &j), CAUSE_NO_TLSA);
}

static void
test_adoption(void **state)
{
	struct host_facts host = { .tlsa = TLSA_STATUS_UNUSABLE };
	struct requirement r = { .level = LEVEL_NONE };

	(void)state;
	assert_int_equal(policy_adoption(&r), ADOPTIONS);
	r.host = &host;
	assert_int_equal(policy_adoption(&r), ADOPTION_WITH);
	host.tlsa = TLSA_STATUS_INSECURE;
	assert_int_equal(policy_adoption(&r), ADOPTION_WITHOUT);
	host.tlsa = TLSA_STATUS_FAILED;
	assert_int_equal(policy_adoption(&r), ADOPTIONS);
}

static void
test_first_last_count(void **state)
{
	struct evidence *e = evidence();
	struct evidence_item item = {
		.kind = EVIDENCE_OPEN,
		.code = CAUSE_EXCEPTION,
		.domain = span_text("example.nl"),
		.text = span_text("their MX speaks TLS 1.0 only"),
		.recipients = 1,
		.first = NOW,
		.last = NOW,
	};
	struct wanted w;

	(void)state;
	evidence_note(e, &item);
	item.text = span_text("until their new one comes");
	item.first = item.last = NOW + 50;
	evidence_note(e, &item);
	note(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "example.nl", NOW + 70);
	note(e, EVIDENCE_HELD, REASON_DOWNGRADE, "example.nl", NOW + 90);
	note(e, EVIDENCE_OPEN, CAUSE_DANE, "example.com", NOW);
	w = get(e, EVIDENCE_OPEN, CAUSE_EXCEPTION, "example.nl");
	assert_true(w.found);
	assert_int_equal(w.item.recipients, 2);
	assert_int_equal(w.item.first, NOW);
	assert_int_equal(w.item.last, NOW + 50);
	assert_string_equal(w.text, "until their new one comes");
	assert_true(
	    get(e, EVIDENCE_HELD, REASON_DOWNGRADE, "example.nl").found);
	assert_false(
	    get(e, EVIDENCE_PASSED, REASON_DOWNGRADE, "example.nl").found);
	assert_int_equal(total(e).recipients, 4);
	assert_int_equal(total(e).domains, 3);
	evidence_free(e);
}

/* The domain with the least gives way, and all recipients stay counted. */
static void
test_full_table(void **state)
{
	struct evidence *e = evidence();
	char domain[64];

	(void)state;
	note(e, EVIDENCE_HELD, REASON_DNS_BOGUS, "held.example", NOW);
	for (unsigned i = 0; i < 3 * EVIDENCE_OPEN_MAX; i++) {
		note(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "often.example", NOW + i);
		(void)snprintf(domain, sizeof(domain), "n%u.example", i);
		note(e, EVIDENCE_OPEN, CAUSE_NO_DNSSEC, domain, NOW + i);
	}
	assert_int_equal(total(e).recipients, 6 * EVIDENCE_OPEN_MAX + 1);
	assert_int_equal(total(e).domains, EVIDENCE_OPEN_MAX + 1);
	assert_int_equal(get(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "often.example")
			     .item.recipients,
	    3 * EVIDENCE_OPEN_MAX);
	/* The last one is there, the first is one of the others. */
	assert_true(get(e, EVIDENCE_OPEN, CAUSE_NO_DNSSEC, domain).found);
	assert_false(
	    get(e, EVIDENCE_OPEN, CAUSE_NO_DNSSEC, "n0.example").found);
	assert_int_equal(get(e, EVIDENCE_OPEN, CAUSE_NO_DNSSEC, "")
			     .item.recipients,
	    2 * EVIDENCE_OPEN_MAX + 1);
	assert_true(
	    get(e, EVIDENCE_HELD, REASON_DNS_BOGUS, "held.example").found);
	evidence_free(e);
}

/* Long names leave room for fewer; the bound is on bytes. */
static void
test_bytes_are_bounded(void **state)
{
	struct evidence *e = evidence();
	char domain[250];

	(void)state;
	memset(domain, 'a', sizeof(domain) - 1);
	domain[sizeof(domain) - 1] = '\0';
	for (unsigned i = 0; i < 4 * EVIDENCE_OPEN_MAX; i++) {
		(void)snprintf(domain, 8, "%06u", i);
		domain[6] = '.';
		note(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, domain, NOW + i);
		note(e, EVIDENCE_HELD, REASON_TLS_FAILED, domain, NOW + i);
		assert_true(evidence_bytes(e) <= EVIDENCE_BYTES_MAX);
	}
	assert_true(evidence_bytes(e) > EVIDENCE_BYTES_MAX / 10 * 9);
	assert_int_equal(total(e).recipients, 8 * EVIDENCE_OPEN_MAX);
	evidence_free(e);
}

static void
test_forget(void **state)
{
	struct evidence *e = evidence();

	(void)state;
	note(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "old.example", NOW);
	note(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "new.example", NOW + 10);
	note(e, EVIDENCE_HELD, REASON_CLOCK_UNSET, "when.example", 0);
	evidence_forget(e, NOW + 10);
	assert_false(get(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "old.example").found);
	assert_true(get(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "new.example").found);
	assert_true(
	    get(e, EVIDENCE_HELD, REASON_CLOCK_UNSET, "when.example").found);
	assert_int_equal(total(e).recipients, 3);
	evidence_free(e);
}

struct copy {
	struct evidence *to;
	size_t records;
};

static void
restore(void *arg, struct span payload)
{
	struct copy *c = arg;

	c->records++;
	assert_int_equal(evidence_restore(c->to, payload), 0);
}

/* What is written is read back, and only what is new is written. */
static void
test_records(void **state)
{
	struct evidence *e = evidence();
	struct copy c = { .to = evidence() };
	struct wanted w;

	(void)state;
	assert_int_equal(evidence_unsaved(e), RECORD_NOTHING);
	note(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "a.example", NOW);
	note(e, EVIDENCE_PASSED, REASON_TLSA_MISMATCH, "b.example", NOW + 5);
	note(e, EVIDENCE_OPEN, CAUSE_NO_ROUTE, "", NOW);
	evidence_adopt(e, ADOPTION_WITH, span_text("a.example"));
	assert_int_equal(evidence_unsaved(e), RECORD_CHANGES);
	evidence_save(e, RECORD_CHANGES, restore, &c);
	assert_int_equal(c.records, 4);
	assert_int_equal(evidence_adopted(c.to, ADOPTION_WITH), 1);
	assert_int_equal(evidence_adopted(c.to, ADOPTION_WITHOUT), 0);
	/* Seen again: nothing new. */
	evidence_adopt(e, ADOPTION_WITH, span_text("a.example"));
	evidence_adopt(e, ADOPTIONS, span_text("b.example"));
	assert_int_equal(evidence_unsaved(e), RECORD_NOTHING);
	assert_int_equal(evidence_unsaved(c.to), RECORD_NOTHING);
	note(e, EVIDENCE_OPEN, CAUSE_NO_TLSA, "a.example", NOW + 7);
	evidence_save(e, RECORD_CHANGES, restore, &c);
	assert_int_equal(c.records, 5);
	w = get(c.to, EVIDENCE_OPEN, CAUSE_NO_TLSA, "a.example");
	assert_int_equal(w.item.recipients, 2);
	assert_int_equal(w.item.first, NOW);
	assert_int_equal(w.item.last, NOW + 7);
	assert_int_equal(total(c.to).recipients, total(e).recipients);
	assert_int_equal(get(c.to, EVIDENCE_OPEN, CAUSE_NO_ROUTE, "")
			     .item.recipients,
	    1);
	/* What gave way must not stand in the file with its old count. */
	evidence_forget(e, NOW + 6);
	assert_int_equal(evidence_unsaved(e), RECORD_ALL);
	evidence_free(c.to);
	evidence_free(e);
}

static void
test_bad_records(void **state)
{
	const struct evidence_item item = {
		.kind = EVIDENCE_OPEN,
		.code = CAUSE_NO_TLSA,
		.domain = span_text("a.example"),
		.text = span_text("text"),
		.recipients = 1,
	};
	struct evidence *e = evidence();
	struct evidence_item out;
	uint8_t p[RECORD_PAYLOAD_MAX];
	size_t n = evidence_put(p, &item);

	(void)state;
	/* Cut anywhere it is not taken for something else than it was. */
	for (size_t i = 0; i < n; i++) {
		int err = evidence_get(&out, span_of(p, i));

		assert_true(
		    err == 0 ? i >= n - item.text.n : err == DG_ESYNTAX);
	}
	p[n - 1] = '\x1b';
	assert_int_equal(evidence_restore(e, span_of(p, n)), DG_ESYNTAX);
	p[0] = EVIDENCE_KINDS;
	assert_int_equal(evidence_restore(e, span_of(p, n)), DG_ESYNTAX);
	n = evidence_put(p, &item);
	p[18] = 'X'; /* of its cause's word */
	assert_int_equal(evidence_restore(e, span_of(p, n)), DG_ENOTFOUND);
	assert_int_equal(total(e).recipients, 0);
	evidence_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_adoption),
		cmocka_unit_test(test_first_last_count),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_bytes_are_bounded),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_bad_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
