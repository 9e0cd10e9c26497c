/*
 * danegate report: the forms against golden files, tests/unit/cli/report.FORM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "cli/report.h"
#include "config/config.h"

#define GOLDEN	   "tests/unit/cli/report."
#define GOLDEN_MAX 16384
#define DEC_1_2026 20788 /* 2026-12-01 */
#define JAN_1_2027 20819 /* 2027-01-01 */

static struct report report;
static struct settings settings;

static const char configuration[] =
    "set policy domain example.nl level may until 2027-01-15 reason \"TLS 1.0 "
    "only\"\n"
    "set policy domain .example.com level dane-only\n"
    "set policy domain old.example level encrypt reason \"a text of eighty "
    "characters that goes on to the last one that is allowed in it!\"\n"
    "set policy relay 192.0.2.0/28 name relay.example.net level encrypt\n";

/* The second has expired, so that nothing is to be said of it. */
static uint8_t unneeded[] =
    "2027-01-30 old.example dane-ee\n2027-01-30 example.nl tls\n";

static void
note(enum evidence_kind kind, unsigned code, const char *domain,
    const char *text, uint64_t recipients)
{
	const struct evidence_item item = {
		.kind = kind,
		.code = code,
		.domain = span_text(domain),
		.text = span_text(text),
		.recipients = recipients,
		.first = JAN_1_2027 * (int64_t)DATE_SECONDS + 3661,
		.last = (JAN_1_2027 + 30) * (int64_t)DATE_SECONDS + 86399,
	};

	evidence_note(report.evidence, &item);
}

static int
note_domains(void)
{
	if (evidence_new(&report.evidence) != 0)
		return -1;
	note(EVIDENCE_OPEN, CAUSE_NO_TLSA, "few.example", "", 2);
	note(EVIDENCE_OPEN, CAUSE_NO_TLSA, "many.example", "", 900);
	note(EVIDENCE_OPEN, CAUSE_NO_DNSSEC,
	    "a-name-that-is-too-long-for-its-column.example", "", 40);
	note(EVIDENCE_OPEN, CAUSE_EXCEPTION, "old.example",
	    "a text of eighty characters that goes on to the last one that is "
	    "allowed, \"so\"",
	    41);
	note(EVIDENCE_OPEN, CAUSE_NO_ROUTE, "", "", 5);
	evidence_adopt(report.evidence, ADOPTION_WITH, span_text("a.example"));
	evidence_adopt(report.evidence, ADOPTION_WITHOUT,
	    span_text("b.example"));
	evidence_adopt(report.evidence, ADOPTION_WITHOUT,
	    span_text("c.example"));
	note(EVIDENCE_HELD, REASON_TLSA_MISMATCH, "mismatch.example", "", 3);
	note(EVIDENCE_HELD, REASON_DOWNGRADE, "mismatch.example", "", 3);
	note(EVIDENCE_PASSED, REASON_DNS_BOGUS, "bogus.example", "", 1);
	return 0;
}

/* December with one day, January with two, one day of February. */
static int
setup(void **state)
{
	struct counts c = { .messages = 90, .bytes = 123456, .sessions = 80 };
	struct config_error error;

	(void)state;
	c.auths[AUTH_DANE_EE] = 50;
	c.auths[AUTH_TLS] = 30;
	c.auths[AUTH_NONE] = 20;
	c.verdicts[VERDICT_RELAY] = 100;
	c.reasons[REASON_OK] = 100;
	report_add(&report, DEC_1_2026 + 4, &c);
	c.auths[AUTH_DANE_TA] = 33;
	c.auths[AUTH_NONE] = 0;
	c.verdicts[VERDICT_RELAY] = 113;
	c.verdicts[VERDICT_DEFER] = 3;
	c.verdicts[VERDICT_REJECT] = 1;
	c.passed = 1;
	c.reasons[REASON_OK] = 113;
	c.reasons[REASON_TLSA_MISMATCH] = 3;
	c.reasons[REASON_NULL_MX] = 1;
	c.handshakes = 100;
	c.handshakes_resumed = 40;
	c.handshakes_failed = 2;
	c.dns[DNSSEC_SECURE] = 700;
	c.dns[DNSSEC_INSECURE] = 20;
	c.messages_by[AUTH_TLS] = 30;
	c.bytes_by[AUTH_TLS] = 3000;
	/* Not in order, and one of them twice: the latter holds. */
	report_add(&report, JAN_1_2027 + 30, &c);
	report_add(&report, JAN_1_2027 + 31, &c);
	c.turned_away = 9;
	report_add(&report, JAN_1_2027, &c);
	c.turned_away = 4;
	report_add(&report, JAN_1_2027, &c);
	if (note_domains() != 0)
		return -1;
	report.unneeded = unneeded;
	report.unneeded_n = sizeof(unneeded) - 1;
	report.top = 3;
	report.settings = &settings;
	report.now = (JAN_1_2027 + 31) * (int64_t)DATE_SECONDS;
	strcpy(report.month, "2027-01");
	return config_parse(&settings, span_text(configuration), &error);
}

static int
teardown(void **state)
{
	(void)state;
	evidence_free(report.evidence);
	settings_free(&settings);
	return 0;
}

static void
compare(const char *form, const char *text, size_t n)
{
	char path[128];
	uint8_t *wanted;
	size_t wanted_n;

	(void)snprintf(path, sizeof(path), GOLDEN "%s", form);
	assert_int_equal(file_read(&wanted, &wanted_n, path, GOLDEN_MAX), 0);
	if (n != wanted_n || memcmp(text, wanted, n) != 0)
		fail_msg("%s is not:\n%s", path, text);
	free(wanted);
}

static void
test_text(void **state)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);
	size_t column = 0;

	(void)state;
	assert_non_null(to);
	report_text(to, &report);
	assert_int_equal(fclose(to), 0);
	compare("text", text, n);
	for (size_t i = 0; i < n; i++) {
		column = text[i] == '\n' ? 0 : column + 1;
		assert_true(column <= 80);
	}
	free(text);
}

static void
test_csv(void **state)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	assert_non_null(to);
	report_csv(to, &report);
	assert_int_equal(fclose(to), 0);
	compare("csv", text, n);
	free(text);
}

static void
test_csv_domains(void **state)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	assert_non_null(to);
	report_csv_domains(to, &report);
	assert_int_equal(fclose(to), 0);
	compare("domains.csv", text, n);
	free(text);
}

static void
test_json(void **state)
{
	char *text;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	assert_non_null(to);
	assert_int_equal(report_json(to, &report), 0);
	assert_int_equal(fclose(to), 0);
	compare("json", text, n);
	free(text);
}

/* The oldest gives way, whatever the order. */
static void
test_days_are_bounded(void **state)
{
	struct report *r = calloc(1, sizeof(*r));
	const struct counts c = { .messages = 1 };

	(void)state;
	assert_non_null(r);
	for (int64_t day = 2 * COUNTS_DAYS_MAX; day > 0; day--)
		report_add(r, day, &c);
	assert_int_equal(r->ndays, COUNTS_DAYS_MAX);
	assert_int_equal(r->days[0].day, COUNTS_DAYS_MAX + 1);
	report_add(r, 2 * COUNTS_DAYS_MAX + 1, &c);
	assert_int_equal(r->ndays, COUNTS_DAYS_MAX);
	assert_int_equal(r->days[0].day, COUNTS_DAYS_MAX + 2);
	for (size_t i = 1; i < r->ndays; i++)
		assert_int_equal(r->days[i].day, r->days[i - 1].day + 1);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_domains),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_days_are_bounded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
