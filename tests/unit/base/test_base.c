/* Spans, buffers, names and addresses: the ground everything stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"
#include "base/budget.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/name.h"

static void
test_span_number_refuses_overflow(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_int_equal(span_number(&v, span_text("18446744073709551615"),
			     UINT64_MAX),
	    0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(span_number(&v, span_text("18446744073709551616"),
			     UINT64_MAX),
	    DG_ELIMIT);
	assert_int_equal(span_number(&v, span_text("9"), 8), DG_ELIMIT);
	assert_int_equal(span_number(&v, span_text("8"), 8), 0);
	assert_int_equal(span_number(&v, span_text(""), 8), DG_ESYNTAX);
	assert_int_equal(span_number(&v, span_text("-1"), 8), DG_ESYNTAX);
}

static void
test_span_word_cuts_words(void **state)
{
	struct span rest = span_text("  set \tproxy  ");

	(void)state;
	assert_true(span_equal(span_word(&rest), span_text("set")));
	assert_true(span_equal(span_word(&rest), span_text("proxy")));
	assert_int_equal(span_word(&rest).n, 0);
}

static void
test_span_copy_refuses_nul_and_overflow(void **state)
{
	char text[4];

	(void)state;
	assert_int_equal(span_copy_text(text, sizeof(text), span_text("abc")),
	    0);
	assert_string_equal(text, "abc");
	assert_int_equal(span_copy_text(text, sizeof(text), span_text("abcd")),
	    DG_ELIMIT);
	assert_int_equal(span_copy_text(text, sizeof(text), span_of("a\0b", 3)),
	    DG_ESYNTAX);
}

static void
test_buf_is_bounded(void **state)
{
	uint8_t mem[8];
	struct buf b;

	(void)state;
	buf_init(&b, mem, sizeof(mem));
	assert_int_equal(buf_put(&b, "12345", 5), 0);
	assert_int_equal(buf_put(&b, "6789", 4), DG_EAGAIN);
	buf_drop(&b, 3);
	assert_int_equal(buf_put(&b, "678901", 6), 0);
	assert_true(span_equal(buf_peek(&b), span_text("45678901")));
	assert_int_equal(buf_room(&b), 0);
	buf_drop(&b, 8);
	assert_int_equal(buf_printf(&b, "%s", "12345678"), DG_EAGAIN);
	assert_int_equal(buf_printf(&b, "%d", 1234567), 0);
	assert_int_equal(buf_peek(&b).n, 7);
}

/* RFC 1035 5.1: \\X and \\DDD; one name has one text. RFC 4592 2.1: '*'. */
static void
test_name_parse_any(void **state)
{
	static const struct {
		const char *text;
		const char *wanted; /* NULL: refused */
		bool odd;
	} cases[] = {
		{ "Mail.Example.NL.", "mail.example.nl", false },
		{ ".", "", false },
		{ "*.Example.nl", "*.example.nl", true },
		{ "_25._tcp.mx", "_25._tcp.mx", false },
		{ "a\\.b.nl", "a\\046b.nl", true },
		{ "a\\046b.nl", "a\\046b.nl", true },
		{ "a b.nl", "a\\032b.nl", true },
		{ "\\000\\255.nl", "\\000\\255.nl", true },
		{ "\\065\\a.nl", "aa.nl", false },
		{ "\\\\.nl", "\\092.nl", true },
		{ "\xc3\xa9.nl", "\\195\\169.nl", true },
		{ "", NULL, false },
		{ "..", NULL, false },
		{ ".nl", NULL, false },
		{ "a..nl", NULL, false },
		{ "a\\", NULL, false },
		{ "a\\2", NULL, false },
		{ "a\\25.nl", NULL, false },
		{ "a\\256.nl", NULL, false },
	};
	char text[NAME_TEXT_MAX + 2];
	struct name n;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(cases); i++) {
		bool good = name_parse_any(&n, span_text(cases[i].text)) == 0;

		assert_int_equal(good, cases[i].wanted != NULL);
		if (!good)
			continue;
		assert_string_equal(n.text, cases[i].wanted);
		assert_int_equal(n.len, strlen(cases[i].wanted));
		assert_int_equal(name_is_odd(&n), cases[i].odd);
	}
	memset(text, 'a', sizeof(text));
	assert_int_equal(name_parse_any(&n, span_of(text, 63)), 0);
	assert_int_equal(name_parse_any(&n, span_of(text, 64)), DG_ELIMIT);
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = '.';
	assert_int_equal(name_parse_any(&n, span_of(text, 253)), 0);
	assert_int_equal(n.len, 253);
	assert_int_equal(name_parse_any(&n, span_of(text, 255)), DG_ELIMIT);
	memset(text, '!', 63);
	assert_int_equal(name_parse_any(&n, span_of(text, 63)), 0);
	memset(text + 64, '!', 2);
	assert_int_equal(name_parse_any(&n, span_of(text, 65)), DG_ELIMIT);
}

static void
test_name_parse(void **state)
{
	static const struct {
		const char *text;
		int result;
		const char *name;
	} cases[] = {
		{ "Example.NL.", 0, "example.nl" },
		{ ".", 0, "" },
		{ "_25._tcp.mx-1.example.nl", 0, "_25._tcp.mx-1.example.nl" },
		{ "", DG_ESYNTAX, NULL },
		{ "a..b", DG_ESYNTAX, NULL },
		{ ".a", DG_ESYNTAX, NULL },
		{ "a..", DG_ESYNTAX, NULL },
		{ "a b", DG_ESYNTAX, NULL },
		{ "a\r\n", DG_ESYNTAX, NULL },
		{ "*.example", DG_ESYNTAX, NULL },
		{ "\xc3\xa9.example", DG_ESYNTAX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(cases); i++) {
		struct name n;

		assert_int_equal(name_parse(&n, span_text(cases[i].text)),
		    cases[i].result);
		if (cases[i].name != NULL)
			assert_string_equal(n.text, cases[i].name);
	}
}

/* RFC 1035 2.3.4: labels of 63, names of 253 bytes in text form. */
static void
test_name_limits(void **state)
{
	char text[260];
	struct name n;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(name_parse(&n, span_of(text, 63)), 0);
	assert_int_equal(name_parse(&n, span_of(text, 64)), DG_ELIMIT);
	for (size_t i = 49; i < sizeof(text); i += 50)
		text[i] = '.';
	assert_int_equal(name_parse(&n, span_of(text, 253)), 0);
	assert_int_equal(name_labels(&n), 6);
	assert_int_equal(name_parse(&n, span_of(text, 254)), DG_ELIMIT);
}

static void
test_name_within_needs_a_label_boundary(void **state)
{
	struct name a, zone, parent, tlsa;

	(void)state;
	assert_int_equal(name_parse(&a, span_text("badexample.nl")), 0);
	assert_int_equal(name_parse(&zone, span_text("example.nl")), 0);
	assert_false(name_is_within(&a, &zone));
	assert_true(name_is_within(&zone, &zone));
	name_parent(&parent, &zone);
	assert_string_equal(parent.text, "nl");
	assert_true(name_is_within(&a, &parent));
	name_parent(&parent, &parent);
	assert_int_equal(parent.len, 0);
	assert_int_equal(name_prepend(&tlsa, "_25._tcp", &zone), 0);
	assert_string_equal(tlsa.text, "_25._tcp.example.nl");
}

static void
test_prefix_contains(void **state)
{
	struct prefix p;
	struct address a;

	(void)state;
	assert_int_equal(prefix_parse(&p, span_text("192.0.2.1/24")),
	    DG_ESYNTAX);
	assert_int_equal(prefix_parse(&p, span_text("192.0.2.0/33")),
	    DG_ESYNTAX);
	assert_int_equal(prefix_parse(&p, span_text("192.0.2.0/25")), 0);
	assert_int_equal(address_parse(&a, span_text("192.0.2.127")), 0);
	assert_true(prefix_contains(&p, &a));
	assert_int_equal(address_parse(&a, span_text("192.0.2.128")), 0);
	assert_false(prefix_contains(&p, &a));
	assert_int_equal(prefix_parse(&p, span_text("::/0")), 0);
	assert_false(prefix_contains(&p, &a));
}

static void
test_address_port(void **state)
{
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	(void)state;
	assert_int_equal(address_parse_port(&a, span_text("2001:db8::1@5353"),
			     53),
	    0);
	assert_string_equal(address_port_text(&a, text), "[2001:db8::1]:5353");
	assert_int_equal(address_parse_port(&a, span_text("192.0.2.1"), 53), 0);
	assert_string_equal(address_port_text(&a, text), "192.0.2.1:53");
	assert_int_equal(address_parse_port(&a, span_text("192.0.2.1@0"), 53),
	    DG_ESYNTAX);
	assert_int_equal(address_parse_port(&a, span_text("192.0.2.1@65536"),
			     53),
	    DG_ESYNTAX);
}

/* Network bytes never reach a log line raw: no forged line, no escape code. */
static void
test_log_escapes_values(void **state)
{
	struct log_line l;
	char text[16];

	(void)state;
	log_begin(&l, LOG_LEVEL_INFO, "decision");
	log_span(&l, "reply", span_of("a\nb \"\x1b[0m", 9));
	l.text[l.len] = '\0';
	assert_string_equal(l.text, "decision reply=\"a\\x0ab \\\"\\x1b[0m\"");
	log_escape(text, 6, span_text("abc\ndef"));
	assert_string_equal(text, "abc");
}

static void
test_log_line_is_bounded(void **state)
{
	char big[5000];
	struct log_line l;

	(void)state;
	memset(big, '\n', sizeof(big));
	log_begin(&l, LOG_LEVEL_INFO, "event");
	for (int i = 0; i < 10; i++)
		log_span(&l, "key", span_of(big, sizeof(big)));
	assert_true(l.len < sizeof(l.text));
}

static void
test_budget_refuses_past_its_limit(void **state)
{
	struct budget b = { .name = "test", .limit = 100 };

	(void)state;
	assert_int_equal(budget_take(&b, 60), 0);
	assert_int_equal(budget_take(&b, 41), DG_ENOMEM);
	assert_int_equal(budget_take(&b, SIZE_MAX), DG_ENOMEM);
	assert_int_equal(budget_take(&b, 40), 0);
	budget_give(&b, 100);
	assert_int_equal(b.used, 0);
	assert_int_equal(b.peak, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_span_number_refuses_overflow),
		cmocka_unit_test(test_span_word_cuts_words),
		cmocka_unit_test(test_span_copy_refuses_nul_and_overflow),
		cmocka_unit_test(test_buf_is_bounded),
		cmocka_unit_test(test_name_parse),
		cmocka_unit_test(test_name_parse_any),
		cmocka_unit_test(test_name_limits),
		cmocka_unit_test(test_name_within_needs_a_label_boundary),
		cmocka_unit_test(test_prefix_contains),
		cmocka_unit_test(test_address_port),
		cmocka_unit_test(test_log_escapes_values),
		cmocka_unit_test(test_log_line_is_bounded),
		cmocka_unit_test(test_budget_refuses_past_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
