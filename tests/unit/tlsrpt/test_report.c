/*
 * A report as JSON (RFC 8460 4.4), byte for byte; gzip that anybody can unpack
 * (RFC 1952); and the letter around it (RFC 8460 5.3, RFC 5321 4.5.2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tlsrpt/report.h"

#define DAY 1800000000 /* 2027-01-15, 8:00 UTC */

static const struct tlsrpt_about about = {
	.from = "reports@office.example",
	.since = DAY - 8 * 3600,
	.until = DAY + 16 * 3600 - 1,
	.now = DAY + 17 * 3600,
};

static struct budget budget = { .name = "tlsrpt", .limit = 1 << 20 };

static struct tlsrpt_tally *
tally(unsigned failures)
{
	static const uint8_t bytes[] = { 0x01, 0x23 };
	struct tlsa record = { 3, 1, 1, { bytes, sizeof(bytes) } };
	struct host_facts host = { .records = &record, .nrecords = 1 };
	struct tlsrpt_tally *t;
	struct name domain;
	struct address server;
	struct address local;
	struct tlsrpt_seen seen = { .domain = &domain,
		.session = 1,
		.host = &host,
		.server = &server,
		.local = &local };
	char mx[30];

	assert_int_equal(tlsrpt_tally_new(&t, about.since, &budget), 0);
	assert_int_equal(name_parse(&domain, span_text("example.nl")), 0);
	assert_int_equal(address_parse(&server, span_text("2001:db8::25")), 0);
	assert_int_equal(address_parse(&local, span_text("192.0.2.1")), 0);
	seen.result = TLSRPT_SUCCESS;
	tlsrpt_tally_note(t, &seen);
	seen.policy = TLSRPT_TLSA;
	seen.result = TLSRPT_VALIDATION_FAILURE;
	seen.reason = REASON_TLSA_MISMATCH;
	for (unsigned i = 0; i < failures; i++) {
		(void)snprintf(mx, sizeof(mx), "mx%u.example.nl", i);
		assert_int_equal(name_parse(&host.host, span_text(mx)), 0);
		seen.session++;
		tlsrpt_tally_note(t, &seen);
	}
	return t;
}

static void
test_json(void **state)
{
	static const char expected[] =
	    "{\"organization-name\":\"office.example\",\"date-range\":"
	    "{\"start-datetime\":\"2027-01-15T00:00:00Z\","
	    "\"end-datetime\":\"2027-01-15T23:59:59Z\"},"
	    "\"contact-info\":\"reports@office.example\","
	    "\"report-id\":\"20270115T000000Z.example.nl@office.example\","
	    "\"policies\":[{\"policy\":{\"policy-type\":\"tlsa\","
	    "\"policy-string\":[\"3 1 1 0123\"],"
	    "\"policy-domain\":\"example.nl\"},\"summary\":"
	    "{\"total-successful-session-count\":0,"
	    "\"total-failure-session-count\":1},\"failure-details\":"
	    "[{\"result-type\":\"validation-failure\","
	    "\"sending-mta-ip\":\"192.0.2.1\","
	    "\"receiving-mx-hostname\":\"mx0.example.nl\","
	    "\"receiving-ip\":\"2001:db8::25\",\"failed-session-count\":1,"
	    "\"failure-reason-code\":\"tlsa-mismatch\"}]},"
	    "{\"policy\":{\"policy-type\":\"no-policy-found\","
	    "\"policy-domain\":\"example.nl\"},\"summary\":"
	    "{\"total-successful-session-count\":1,"
	    "\"total-failure-session-count\":0},\"failure-details\":[]}]}\n";
	struct tlsrpt_tally *t = tally(1);
	char text[4096];
	struct json j;

	(void)state;
	json_to_memory(&j, text, sizeof(text));
	tlsrpt_json(&j, tlsrpt_tally_domain(t, 0), &about);
	assert_int_equal(json_end(&j), 0);
	assert_string_equal(text, expected);
	tlsrpt_tally_free(t);
}

/* What gzip(1) makes of it. */
static void
assert_unpacks(const uint8_t *packed, size_t n, const char *text)
{
	char path[] = "/tmp/danegate-gzip-XXXXXX";
	char command[100];
	size_t len = strlen(text);
	char *got = malloc(len + 1);
	int fd = mkstemp(path);
	FILE *f;

	assert_non_null(got);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, packed, n), n);
	assert_int_equal(close(fd), 0);
	(void)snprintf(command, sizeof(command), "gzip -dc <%s", path);
	f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fread(got, 1, len + 1, f), len);
	assert_int_equal(pclose(f), 0);
	assert_memory_equal(got, text, len);
	assert_int_equal(unlink(path), 0);
	free(got);
}

static void
test_gzip(void **state)
{
	char *text = malloc(40001);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 40000; i++)
		text[i] = (char)('a' + i * i % 23);
	text[40000] = '\0';
	for (size_t n = 0; n <= 40000; n = n * 3 + 1) {
		char end = text[n];
		uint8_t *packed;
		size_t size;

		text[n] = '\0';
		assert_int_equal(tlsrpt_gzip(&packed, &size, span_of(text, n)),
		    0);
		assert_unpacks(packed, size, text);
		text[n] = end;
		free(packed);
	}
	free(text);
}

/* Every line ends in CRLF, is short enough to be sent, and begins with no dot
 * (RFC 5321 4.5.2, 4.5.3.1.6). */
static void
assert_lines(const char *text, size_t n)
{
	const char *at = text;

	while (at < text + n) {
		const char *end = strstr(at, "\r\n");

		assert_non_null(end);
		assert_true(end - at <= 998);
		assert_true(*at != '.');
		assert_null(memchr(at, '\n', (size_t)(end - at)));
		at = end + 2;
	}
	assert_ptr_equal(at, text + n);
}

static void
test_letter(void **state)
{
	static const char *const parts[] = {
		"From: <reports@office.example>\r\n",
		"To: <a@example.nl>,\r\n\t<b@example.nl>\r\n",
		"Date: Sat, 16 Jan 2027 01:00:00 +0000\r\n",
		"Subject: Report Domain: example.nl\r\n"
		" Submitter: office.example\r\n"
		" Report-ID: <20270115T000000Z.example.nl@office.example>\r\n",
		"TLS-Report-Domain: example.nl\r\n"
		"TLS-Report-Submitter: office.example\r\n"
		"TLS-Required: No\r\n",
		"Content-Type: multipart/report; report-type=\"tlsrpt\";",
		"Content-Type: application/tlsrpt+gzip\r\n",
		"filename=\"office.example!example.nl!1799971200!1800057599"
		".json.gz\"",
	};
	const struct tlsrpt_record to = { .mailboxes = { "a@example.nl",
					      "b@example.nl" },
		.nmailboxes = 2 };

	(void)state;
	for (unsigned failures = 0; failures < 20; failures++) {
		struct tlsrpt_tally *t = tally(failures);
		char *text;
		size_t n;

		assert_int_equal(tlsrpt_letter(&text, &n,
				     tlsrpt_tally_domain(t, 0), &about, &to),
		    0);
		assert_int_equal(n, strlen(text));
		assert_lines(text, n);
		for (size_t i = 0; i < DG_ARRAY_LEN(parts); i++)
			if (strstr(text, parts[i]) == NULL)
				fail_msg("no %s in %s", parts[i], text);
		free(text);
		tlsrpt_tally_free(t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
