/* Evidence for the report on disk: months, restarts, days that are over, power
 * cuts and damage, with a clock of the test's own. */
/* with: daemon/support/power.c */
/* link: -Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=rename */
#include <dirent.h>
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
#include "daemon/ledger.h"
#include "daemon/support/power.h"
#include "policy/evidence.h"
#include "session/watch.h"

#define JAN_1_2027 20819
#define CALLS_MAX  100

static char folder[64];
static struct event_base *base;
static struct settings settings;

static int
setup(void **state)
{
	(void)state;
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	settings_default(&settings);
	base = event_base_new();
	strcpy(folder, "/tmp/danegate-ledger-XXXXXX");
	if (base == NULL || mkdtemp(folder) == NULL)
		return -1;
	strcpy(settings.state_directory, folder);
	return 0;
}

static const char *
path_of(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int
teardown(void **state)
{
	DIR *d = opendir(folder);
	const struct dirent *at;

	(void)state;
	event_base_free(base);
	while (d != NULL && (at = readdir(d)) != NULL)
		(void)unlink(path_of(at->d_name));
	(void)closedir(d);
	return rmdir(folder);
}

static int64_t
at(int64_t day, int64_t second)
{
	return (JAN_1_2027 + day) * DATE_SECONDS + second;
}

static struct ledger *
begin(int64_t now)
{
	struct ledger *l;

	assert_int_equal(ledger_new(&l, base, &settings, now), 0);
	return l;
}

/* Mail to the domain, in clear or held. */
static void
note(struct ledger *l, const char *domain, bool held, int64_t now)
{
	const struct host_facts host = { .tlsa = TLSA_STATUS_ABSENT };
	const struct requirement r = { .level = LEVEL_DANE, .host = &host };
	struct watch_decision d = {
		.judgement = { held ? VERDICT_DEFER : VERDICT_RELAY, AUTH_NONE,
		    held ? REASON_DOWNGRADE : REASON_OK },
	};
	const struct proxy_decided decided = { .decision = &d,
		.requirement = &r };

	assert_int_equal(name_parse(&d.domain, span_text(domain)), 0);
	ledger_note(l, &decided, now);
}

struct count {
	struct span domain;
	uint64_t recipients;
	uint64_t whole;
	int64_t first;
};

static void
take(void *arg, const struct evidence_item *item)
{
	struct count *c = arg;

	c->whole += item->recipients;
	if (!span_equal(item->domain, c->domain))
		return;
	c->recipients += item->recipients;
	c->first = item->first;
}

static void
restore(void *arg, const struct record *record)
{
	assert_int_equal(evidence_restore(arg, record->payload), 0);
}

/* What the file of a month says of a domain ("": of the others). */
static struct count
in_file(const char *month, const char *domain)
{
	struct count c = { .domain = span_text(domain) };
	struct state_records read;
	struct evidence *e;
	char file[32];

	(void)snprintf(file, sizeof(file), EVIDENCE_FILE "%s", month);
	assert_int_equal(evidence_new(&e), 0);
	if (access(path_of(file), F_OK) == 0)
		assert_int_equal(state_records_read(&read, folder, file,
				     restore, e),
		    0);
	evidence_each(e, take, &c);
	evidence_free(e);
	return c;
}

static void
test_months_and_restarts(void **state)
{
	struct ledger *l = begin(at(0, 0));

	(void)state;
	note(l, "a.example", false, at(3, 5));
	note(l, "a.example", false, at(3, 6));
	note(l, "b.example", true, at(3, 7));
	ledger_free(l);
	l = begin(at(4, 0));
	note(l, "a.example", false, at(30, 86399));
	/* To the second: this belongs to February. */
	note(l, "a.example", false, at(31, 0));
	assert_int_equal(in_file("2027-01", "a.example").recipients, 3);
	assert_int_equal(in_file("2027-01", "a.example").first, at(3, 5));
	assert_int_equal(in_file("2027-01", "b.example").recipients, 1);
	ledger_free(l);
	assert_int_equal(in_file("2027-02", "a.example").recipients, 1);
	assert_int_equal(in_file("2027-02", "").whole, 1);
}

/* What came before the time was known is counted in the month that is then,
 * beside what is there. */
static void
test_waits_for_the_time(void **state)
{
	struct ledger *l = begin(at(0, 0));

	(void)state;
	note(l, "a.example", true, at(0, 5));
	ledger_free(l);
	l = begin(0);
	note(l, "a.example", true, 0);
	ledger_save(l);
	assert_int_equal(in_file("2027-01", "a.example").recipients, 1);
	ledger_look(l, at(1, 0));
	ledger_free(l);
	assert_int_equal(in_file("2027-01", "a.example").recipients, 2);
}

static bool
is_there(const char *month)
{
	char file[32];

	(void)snprintf(file, sizeof(file), EVIDENCE_FILE "%s", month);
	return access(path_of(file), F_OK) == 0;
}

/* To the day, in this month's file and in others. */
static void
test_domains_go(void **state)
{
	struct ledger *l;

	(void)state;
	settings.report_days = 40;
	l = begin(at(0, 0));
	note(l, "old.example", false, at(0, 5));
	note(l, "late.example", false, at(30, 5));
	note(l, "feb.example", false, at(31, 5));
	ledger_look(l, at(40, 100));
	assert_int_equal(in_file("2027-01", "old.example").recipients, 1);
	ledger_look(l, at(41, 0));
	assert_int_equal(in_file("2027-01", "old.example").recipients, 0);
	assert_int_equal(in_file("2027-01", "late.example").recipients, 1);
	assert_int_equal(in_file("2027-01", "").whole, 2);
	/* The last of January is as old. */
	ledger_look(l, at(70, 0));
	assert_true(is_there("2027-01"));
	ledger_look(l, at(71, 0));
	assert_false(is_there("2027-01"));
	assert_int_equal(in_file("2027-02", "feb.example").recipients, 1);
	settings.report_days = 1;
	ledger_settings(l, &settings, at(71, 5));
	assert_false(is_there("2027-02"));
	note(l, "mar.example", false, at(71, 6));
	ledger_save(l);
	ledger_look(l, at(73, 0));
	ledger_save(l);
	assert_int_equal(in_file("2027-03", "mar.example").recipients, 0);
	assert_int_equal(in_file("2027-03", "").whole, 1);
	ledger_free(l);
}

/* 0 days: no domain is written, and none stays. */
static void
test_switched_off(void **state)
{
	struct ledger *l = begin(at(0, 0));

	(void)state;
	note(l, "a.example", false, at(0, 5));
	ledger_save(l);
	assert_true(is_there("2027-01"));
	settings.report_days = 0;
	ledger_settings(l, &settings, at(0, 6));
	assert_false(is_there("2027-01"));
	note(l, "a.example", false, at(0, 7));
	ledger_save(l);
	assert_false(is_there("2027-01"));
	settings.report_days = 10;
	ledger_settings(l, &settings, at(0, 8));
	note(l, "a.example", false, at(0, 9));
	ledger_free(l);
	assert_int_equal(in_file("2027-01", "a.example").recipients, 1);
}

/* The life that a power cut ends: 3 recipients are written before it. */
static void
live(void)
{
	struct ledger *l = begin(at(0, 0));
	char domain[32];

	note(l, "a.example", false, at(0, 5));
	ledger_save(l);
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(domain, sizeof(domain), "n%u.example", i);
		note(l, domain, false, at(1, i));
	}
	ledger_save(l);
	note(l, "c.example", false, at(31, 5));
	ledger_free(l);
}

/* Whatever call the power goes at, what was written before is there. */
static void
test_power_cuts(void **state)
{
	unsigned cuts = 0;

	(void)state;
	for (unsigned n = 1; n < CALLS_MAX; n++) {
		struct ledger *l = begin(at(0, 0));
		bool cut;

		note(l, "kept.example", true, at(0, 1));
		ledger_free(l);
		cut = power_cut_at(n, live);
		/* The next start takes what is there, and goes on. */
		l = begin(at(2, 0));
		note(l, "after.example", true, at(2, 1));
		ledger_free(l);
		assert_true(in_file("2027-01", "kept.example").recipients >= 1);
		assert_true(
		    in_file("2027-01", "after.example").recipients >= 1);
		(void)unlink(path_of(EVIDENCE_FILE "2027-01"));
		(void)unlink(path_of(EVIDENCE_FILE "2027-02"));
		if (!cut)
			break;
		cuts++;
	}
	assert_in_range(cuts, 6, CALLS_MAX - 2);
}

/* Torn off at each byte: the records before it hold. */
static void
test_torn_at_each_byte(void **state)
{
	static uint8_t bytes[16384];
	struct ledger *l = begin(at(0, 0));
	size_t size;
	size_t first;
	size_t item;
	FILE *f;

	(void)state;
	note(l, "a.example", false, at(0, 5));
	ledger_save(l);
	f = fopen(path_of(EVIDENCE_FILE "2027-01"), "rb");
	assert_non_null(f);
	first = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	item = RECORD_OVERHEAD + (size_t)record_number_get(bytes + 2, 2);
	note(l, "a.example", false, at(0, 6));
	ledger_free(l);
	f = fopen(path_of(EVIDENCE_FILE "2027-01"), "rb");
	assert_non_null(f);
	size = fread(bytes, 1, sizeof(bytes), f);
	assert_in_range(size, first + item, sizeof(bytes) - 1);
	(void)fclose(f);
	for (size_t n = 0; n <= size; n++) {
		/* The domain's record comes first of what is written. */
		uint64_t had = n >= first + item ? 2 : n >= item ? 1 : 0;

		f = fopen(path_of(EVIDENCE_FILE "2027-01"), "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(bytes, 1, n, f), n);
		assert_int_equal(fclose(f), 0);
		l = begin(at(0, 7));
		note(l, "a.example", false, at(0, 8));
		ledger_free(l);
		assert_int_equal(in_file("2027-01", "a.example").recipients,
		    had + 1);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_months_and_restarts),
		TEST(test_waits_for_the_time),
		TEST(test_domains_go),
		TEST(test_switched_off),
		TEST(test_power_cuts),
		TEST(test_torn_at_each_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
