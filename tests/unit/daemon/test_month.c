/*
 * A month of mail, decided by the tables of policy/ and kept by the daemon's
 * state, with a clock of the test's own and a restart every few days: what the
 * files then say names each domain that was not protected or held, with the
 * reason that it was made for, and the sums agree.
 */
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/date.h"
#include "base/state.h"
#include "config/config.h"
#include "daemon/ledger.h"
#include "daemon/sums.h"
#include "policy/evidence.h"
#include "session/watch.h"

#define JAN_1_2027   20819
#define DAYS	     31
#define RESTART_DAYS 4

/* old.example's exception ends with the 15th. */
static const char configuration[] =
    "set policy domain old.example level may until 2027-01-15 reason \"TLS 1.0 "
    "only\"\n"
    "set policy domain old.example fallback cleartext\n"
    "set policy domain shut.example level block\n";

/* What there is to be known of a domain, and what it comes to. */
static const struct domain {
	const char *name;
	enum tlsa_status tlsa;
	enum dnssec_status mx;
	enum server_tls server;
	enum dane_verdict dane;
	enum evidence_kind kind;
	unsigned code;
	/* from the 16th on, where that is something else */
	enum evidence_kind later_kind;
	unsigned later_code;
} domains[] = {
	{ "dane.example", TLSA_STATUS_USABLE, DNSSEC_SECURE, SERVER_TLS_DONE,
	    DANE_VERIFIED, EVIDENCE_OPEN, CAUSE_DANE, EVIDENCE_OPEN,
	    CAUSE_DANE },
	{ "no-tlsa.example", TLSA_STATUS_ABSENT, DNSSEC_SECURE, SERVER_TLS_DONE,
	    DANE_UNKNOWN, EVIDENCE_OPEN, CAUSE_NO_TLSA, EVIDENCE_OPEN,
	    CAUSE_NO_TLSA },
	{ "clear.example", TLSA_STATUS_ABSENT, DNSSEC_SECURE,
	    SERVER_TLS_NOT_OFFERED, DANE_UNKNOWN, EVIDENCE_OPEN, CAUSE_NO_TLSA,
	    EVIDENCE_OPEN, CAUSE_NO_TLSA },
	{ "unsigned.example", TLSA_STATUS_INSECURE, DNSSEC_INSECURE,
	    SERVER_TLS_DONE, DANE_UNKNOWN, EVIDENCE_OPEN, CAUSE_NO_DNSSEC,
	    EVIDENCE_OPEN, CAUSE_NO_DNSSEC },
	{ "unusable.example", TLSA_STATUS_UNUSABLE, DNSSEC_SECURE,
	    SERVER_TLS_DONE, DANE_UNKNOWN, EVIDENCE_OPEN, CAUSE_TLSA_UNUSABLE,
	    EVIDENCE_OPEN, CAUSE_TLSA_UNUSABLE },
	{ "mx.example", TLSA_STATUS_USABLE, DNSSEC_INSECURE, SERVER_TLS_DONE,
	    DANE_VERIFIED, EVIDENCE_OPEN, CAUSE_MX_NOT_SIGNED, EVIDENCE_OPEN,
	    CAUSE_MX_NOT_SIGNED },
	{ "mismatch.example", TLSA_STATUS_USABLE, DNSSEC_SECURE,
	    SERVER_TLS_DONE, DANE_FAILED, EVIDENCE_HELD, REASON_TLSA_MISMATCH,
	    EVIDENCE_HELD, REASON_TLSA_MISMATCH },
	{ "stripped.example", TLSA_STATUS_USABLE, DNSSEC_SECURE,
	    SERVER_TLS_NOT_OFFERED, DANE_UNKNOWN, EVIDENCE_HELD,
	    REASON_STARTTLS_MISSING, EVIDENCE_HELD, REASON_STARTTLS_MISSING },
	{ "injected.example", TLSA_STATUS_ABSENT, DNSSEC_SECURE,
	    SERVER_TLS_INJECTED, DANE_UNKNOWN, EVIDENCE_HELD, REASON_DOWNGRADE,
	    EVIDENCE_HELD, REASON_DOWNGRADE },
	{ "bogus.example", TLSA_STATUS_BOGUS, DNSSEC_SECURE, SERVER_TLS_UNKNOWN,
	    DANE_UNKNOWN, EVIDENCE_HELD, REASON_DNS_BOGUS, EVIDENCE_HELD,
	    REASON_DNS_BOGUS },
	{ "lost.example", TLSA_STATUS_FAILED, DNSSEC_SECURE, SERVER_TLS_UNKNOWN,
	    DANE_UNKNOWN, EVIDENCE_HELD, REASON_DNS_FAILED, EVIDENCE_HELD,
	    REASON_DNS_FAILED },
	{ "old.example", TLSA_STATUS_ABSENT, DNSSEC_SECURE, SERVER_TLS_FAILED,
	    DANE_UNKNOWN, EVIDENCE_OPEN, CAUSE_EXCEPTION, EVIDENCE_HELD,
	    REASON_TLS_FAILED },
	{ "shut.example", TLSA_STATUS_USABLE, DNSSEC_SECURE, SERVER_TLS_UNKNOWN,
	    DANE_UNKNOWN, EVIDENCE_HELD, REASON_POLICY_BLOCK, EVIDENCE_HELD,
	    REASON_POLICY_BLOCK },
};

/* Of each domain before and after the 15th. */
struct tally {
	uint64_t recipients[2];
	int64_t first[2];
	int64_t last[2];
};

static char folder[64];
static struct event_base *base;
static struct settings settings;
static struct counts counts; /* since the start */
static struct counts all;    /* of the month */
static struct tally tallies[DG_ARRAY_LEN(domains)];
static struct ledger *ledger;
static struct sums *sums;

static int
setup(void **state)
{
	struct config_error error;

	(void)state;
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	base = event_base_new();
	strcpy(folder, "/tmp/danegate-month-XXXXXX");
	if (base == NULL || mkdtemp(folder) == NULL ||
	    config_parse(&settings, span_text(configuration), &error) != 0)
		return -1;
	strcpy(settings.state_directory, folder);
	return 0;
}

static const char *
path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int
teardown(void **state)
{
	(void)state;
	settings_free(&settings);
	event_base_free(base);
	(void)unlink(path_of(COUNTS_FILE));
	(void)unlink(path_of(EVIDENCE_FILE "2027-01"));
	(void)unlink(path_of(EVIDENCE_FILE "2027-02"));
	return rmdir(folder);
}

static void
give(void *arg, struct counts *out)
{
	(void)arg;
	*out = counts;
}

static void
start(int64_t now)
{
	counts = (struct counts){ 0 };
	assert_int_equal(ledger_new(&ledger, base, &settings, now), 0);
	assert_int_equal(sums_new(&sums, base, folder, give, NULL, now), 0);
}

static void
stop(int64_t now)
{
	ledger_free(ledger);
	sums_free(sums, now);
}

/* One recipient of the domain, as a session would have it decided. */
static void
decide(size_t index, int64_t now)
{
	const struct domain *d = &domains[index];
	struct route_facts facts = { .status = ROUTE_FOUND,
		.mx_security = d->mx,
		.nhosts = 1 };
	struct server_facts server = { .tls = d->server };
	struct watch_decision w = { .time = now };
	struct requirement r;
	const struct proxy_decided decided = { .decision = &w,
		.requirement = &r,
		.facts = &facts };

	facts.hosts[0].tlsa = d->tlsa;
	facts.hosts[0].matched = true;
	server.dane.verdict = d->dane;
	server.dane.usage = TLSA_DANE_EE;
	assert_int_equal(name_parse(&w.domain, span_text(d->name)), 0);
	policy_require(&r, &settings, &w.domain, NULL, &facts, now);
	policy_judge(&w.judgement, &settings, &r, &server);
	counts_decide(&counts, &w.judgement, false);
	counts_decide(&all, &w.judgement, false);
	ledger_note(ledger, &decided, now);
}

static void
play_day(int64_t day)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(domains); i++) {
		unsigned part = day < 15 ? 0 : 1;

		for (size_t n = 0; n <= (i + (size_t)day) % 3; n++) {
			int64_t now = (JAN_1_2027 + day) * DATE_SECONDS +
			    (int64_t)(n * 1000 + i);

			decide(i, now);
			tallies[i].recipients[part]++;
			if (tallies[i].first[part] == 0)
				tallies[i].first[part] = now;
			tallies[i].last[part] = now;
		}
	}
}

static void
restore(void *arg, const struct record *record)
{
	assert_int_equal(evidence_restore(arg, record->payload), 0);
}

struct found {
	enum evidence_kind kind;
	unsigned code;
	const char *domain;
	struct evidence_item item;
	size_t items;
};

static void
look(void *arg, const struct evidence_item *item)
{
	struct found *f = arg;

	f->items++;
	if (item->kind == f->kind && item->code == f->code &&
	    span_equal(item->domain, span_text(f->domain)))
		f->item = *item;
}

static size_t
expect(const struct evidence *e, const char *domain, enum evidence_kind kind,
    unsigned code, uint64_t recipients, int64_t first, int64_t last)
{
	struct found f = { .kind = kind, .code = code, .domain = domain };

	evidence_each(e, look, &f);
	if (kind == EVIDENCE_OPEN && code == CAUSE_DANE) {
		assert_int_equal(f.item.recipients, 0);
		return f.items;
	}
	if (f.item.recipients != recipients)
		fail_msg("%s: %d of %d recipients for %s", domain,
		    (int)f.item.recipients, (int)recipients,
		    evidence_word(kind, code));
	assert_int_equal(f.item.first, first);
	assert_int_equal(f.item.last, last);
	return f.items;
}

static void
expect_domain(const struct evidence *e, size_t i)
{
	const struct domain *d = &domains[i];
	const struct tally *t = &tallies[i];

	if (d->kind == d->later_kind && d->code == d->later_code) {
		(void)expect(e, d->name, d->kind, d->code,
		    t->recipients[0] + t->recipients[1], t->first[0],
		    t->last[1]);
		return;
	}
	(void)expect(e, d->name, d->kind, d->code, t->recipients[0],
	    t->first[0], t->last[0]);
	(void)expect(e, d->name, d->later_kind, d->later_code, t->recipients[1],
	    t->first[1], t->last[1]);
}

static void
add_day(void *arg, const struct record *record)
{
	struct counts *days = arg;
	struct counts c;
	int64_t day;

	assert_int_equal(counts_get(&day, &c, record->payload), 0);
	assert_in_range(day, JAN_1_2027, JAN_1_2027 + DAYS);
	/* The latest of a day holds. */
	days[day - JAN_1_2027] = c;
}

static void
test_month(void **state)
{
	struct state_records read;
	struct counts days[DAYS + 1] = { 0 };
	struct counts sum = { 0 };
	struct evidence *e;
	struct found none = { .domain = "" };

	(void)state;
	start(JAN_1_2027 * (int64_t)DATE_SECONDS);
	for (int64_t day = 0; day < DAYS; day++) {
		int64_t end = (JAN_1_2027 + day + 1) * DATE_SECONDS;

		play_day(day);
		sums_save(sums, end - 1);
		if (day % RESTART_DAYS == 2) {
			stop(end - 1);
			start(end - 1);
		}
	}
	stop((JAN_1_2027 + DAYS) * (int64_t)DATE_SECONDS);
	assert_int_equal(evidence_new(&e), 0);
	assert_int_equal(state_records_read(&read, folder,
			     EVIDENCE_FILE "2027-01", restore, e),
	    0);
	for (size_t i = 0; i < DG_ARRAY_LEN(domains); i++)
		expect_domain(e, i);
	/* And nobody else: each once, without the first, old.example twice. */
	evidence_each(e, look, &none);
	assert_int_equal(none.items, DG_ARRAY_LEN(domains));
	assert_int_equal(evidence_adopted(e, ADOPTION_WITH), 6);
	assert_int_equal(evidence_adopted(e, ADOPTION_WITHOUT), 5);
	evidence_free(e);
	assert_int_equal(state_records_read(&read, folder, COUNTS_FILE, add_day,
			     days),
	    0);
	for (size_t i = 0; i <= DAYS; i++)
		counts_add(&sum, &days[i]);
	assert_memory_equal(&sum, &all, sizeof(sum));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_month, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
