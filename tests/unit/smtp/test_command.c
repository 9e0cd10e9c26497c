/* The client's command lines: RFC 5321 4.1, with Postfix's tolerance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/command.h"
#include "smtp/idna.h"

static struct smtp_command
parse(const char *line)
{
	struct smtp_command c;

	if (smtp_command_parse(&c, span_text(line)) != 0)
		fail_msg("refused: %s", line);
	return c;
}

static void
expect_path(const char *line, const char *path, const char *domain)
{
	struct smtp_command c = parse(line);

	if (!span_equal(c.path, span_text(path)) ||
	    strcmp(c.domain.text, domain) != 0)
		fail_msg("%s: path %.*s, domain %s", line, (int)c.path.n,
		    (const char *)c.path.p, c.domain.text);
}

/* RFC 5321 2.4, 4.1.1: verbs in any case, with or without argument. */
static void
test_verbs(void **state)
{
	(void)state;
	assert_int_equal(parse("EHLO mail.office").verb, SMTP_VERB_EHLO);
	assert_int_equal(parse("helo x").verb, SMTP_VERB_HELO);
	assert_int_equal(parse("DaTa").verb, SMTP_VERB_DATA);
	assert_int_equal(parse("QUIT").verb, SMTP_VERB_QUIT);
	assert_int_equal(parse("RSET ").verb, SMTP_VERB_RSET);
	assert_int_equal(parse("XCLIENT A=B").verb, SMTP_VERB_UNKNOWN);
	assert_int_equal(parse("DATAX").verb, SMTP_VERB_UNKNOWN);
	assert_int_equal(parse("").verb, SMTP_VERB_UNKNOWN);
	assert_true(span_equal(parse("EHLO  mail.office ").argument,
	    span_text("mail.office")));
}

/* RFC 5321 4.1.2; blanks around and missing brackets as Postfix takes them. */
static void
test_paths(void **state)
{
	(void)state;
	expect_path("MAIL FROM:<ann@office.example>", "ann@office.example",
	    "office.example");
	expect_path("mail from: <ann@Office.Example>", "ann@Office.Example",
	    "office.example");
	expect_path("RCPT TO:bob@example.nl", "bob@example.nl", "example.nl");
	expect_path("RCPT TO: < bob@example.nl >", "bob@example.nl",
	    "example.nl");
	expect_path("MAIL FROM:<>", "", "");
	expect_path("RCPT TO:<\"a b>@c\"@example.nl>", "\"a b>@c\"@example.nl",
	    "example.nl");
	/* Source routes are ignored: RFC 5321 4.1.1.3, appendix C. */
	expect_path("RCPT TO:<@a.example,@b.example:bob@example.nl>",
	    "bob@example.nl", "example.nl");
}

static void
test_recipients_without_a_domain_name(void **state)
{
	(void)state;
	assert_true(parse("RCPT TO:<postmaster>").no_domain);
	assert_true(parse("RCPT TO:<bob@[192.0.2.1]>").literal);
	assert_true(parse("RCPT TO:<bob@[IPv6:2001:db8::1]>").literal);
	assert_false(parse("RCPT TO:<bob@example.nl>").literal);
}

/* RFC 6531 3.3, RFC 5891: one key for a domain however it is written. */
static void
test_u_labels_and_a_labels_are_one(void **state)
{
	(void)state;
	expect_path("RCPT TO:<bob@b\xc3\xbc\x63her.example>",
	    "bob@b\xc3\xbc\x63her.example", "xn--bcher-kva.example");
	expect_path("RCPT TO:<bob@xn--BCHER-kva.example>",
	    "bob@xn--BCHER-kva.example", "xn--bcher-kva.example");
}

static void
test_bad_arguments(void **state)
{
	static const char *const lines[] = { "MAIL", "MAIL FROM", "MAIL TO:<a>",
		"MAIL FROM:<a@b", "RCPT TO:<>", "RCPT TO:<bob@>",
		"RCPT TO:<bob@exa mple.nl>", "RCPT TO:<bob@a..b>", "BDAT",
		"BDAT x", "BDAT 1 FIRST", "BDAT 99999999999999999999",
		"MAIL FROM:<a@b> SIZE=x" };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(lines); i++) {
		struct smtp_command c;

		if (smtp_command_parse(&c, span_text(lines[i])) == 0)
			fail_msg("taken: %s", lines[i]);
	}
}

/* RFC 1870, 6152, 6531, 3461, 3030: parameters and what they need. */
static void
test_parameters(void **state)
{
	struct smtp_command c = parse("MAIL FROM:<a@b.nl> SIZE=1234 "
				      "BODY=8BITMIME SMTPUTF8 RET=HDRS "
				      "ENVID=x");

	(void)state;
	assert_true(c.size == 1234);
	assert_int_equal(c.extensions,
	    SMTP_EXT_SIZE | SMTP_EXT_8BITMIME | SMTP_EXT_SMTPUTF8 |
		SMTP_EXT_DSN);
	c = parse("RCPT TO:<a@b.nl> NOTIFY=NEVER ORCPT=rfc822;a@b.nl");
	assert_int_equal(c.extensions, SMTP_EXT_DSN);
	assert_int_equal(parse("MAIL FROM:<a@b.nl> BODY=BINARYMIME").extensions,
	    SMTP_EXT_BINARYMIME);
	assert_int_equal(smtp_command_parse(&c,
			     span_text("MAIL FROM:<a@b.nl> XFOO=1")),
	    DG_EUNSUPPORTED);
}

/* RFC 2852 4, 6710 4, 3461 4.3, 5321 4.1.1.11: values that are none, twice, or
 * with the wrong command are refused. */
static void
test_parameter_values(void **state)
{
	static const struct {
		const char *line;
		unsigned extensions; /* 0: refused */
	} each[] = {
		{ "MAIL FROM:<a@b.nl> BY=120;R", SMTP_EXT_DELIVERBY },
		{ "MAIL FROM:<a@b.nl> by=-5;NT", SMTP_EXT_DELIVERBY },
		{ "MAIL FROM:<a@b.nl> BY=", 0 },
		{ "MAIL FROM:<a@b.nl> MT-PRIORITY=-9", SMTP_EXT_MT_PRIORITY },
		{ "MAIL FROM:<a@b.nl> MT-PRIORITY=9", SMTP_EXT_MT_PRIORITY },
		/* What it means is the server's to judge. */
		{ "MAIL FROM:<a@b.nl> MT-PRIORITY=10", SMTP_EXT_MT_PRIORITY },
		{ "MAIL FROM:<a@b.nl> MT-PRIORITY=", 0 },
		{ "MAIL FROM:<a@b.nl> RET=FULL", SMTP_EXT_DSN },
		{ "MAIL FROM:<a@b.nl> RET=SOME", 0 },
		{ "MAIL FROM:<a@b.nl> BODY=9BIT", 0 },
		{ "MAIL FROM:<a@b.nl> SMTPUTF8=1", 0 },
		{ "MAIL FROM:<a@b.nl> SIZE=1 SIZE=1", 0 },
		{ "MAIL FROM:<a@b.nl> NOTIFY=NEVER", 0 },
		{ "RCPT TO:<a@b.nl> RET=FULL", 0 },
		{ "RCPT TO:<a@b.nl> NOTIFY=", 0 },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(each); i++) {
		struct smtp_command c = { 0 };
		int err = smtp_command_parse(&c, span_text(each[i].line));

		if ((err == 0) != (each[i].extensions != 0) ||
		    (err == 0 && c.extensions != each[i].extensions))
			fail_msg("%s", each[i].line);
	}
}

/* RFC 3030 2 */
static void
test_bdat(void **state)
{
	struct smtp_command c = parse("BDAT 1000");

	(void)state;
	assert_true(c.size == 1000 && !c.last);
	c = parse("bdat 0 last");
	assert_true(c.size == 0 && c.last);
}

/* RFC 3492 7.1 and everyday names; what needs mapping is refused. */
static void
test_idna(void **state)
{
	static const char *const pairs[][2] = {
		{ "example.NL", "example.nl" },
		{ "b\xc3\xbc\x63her.de", "xn--bcher-kva.de" },
		{ "\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88"
		  "\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87.cn",
		    "xn--ihqwcrb4cv8a8dqg056pqjye.cn" },
		{ "fa\xc3\x9f.de", "xn--fa-hia.de" },
	};
	static const char *const bad[] = { "\xc3.de", "\xff\xfe.de",
		"\xc0\xae.de", "b\xc3\x9c.de" /* capital */, "a..b",
		"\xef\xbc\xa1.de" /* full width */ };
	struct name name;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(pairs); i++) {
		assert_int_equal(idna_name(&name, span_text(pairs[i][0])), 0);
		assert_string_equal(name.text, pairs[i][1]);
	}
	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++)
		if (idna_name(&name, span_text(bad[i])) == 0)
			fail_msg("taken: %s", name.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_recipients_without_a_domain_name),
		cmocka_unit_test(test_u_labels_and_a_labels_are_one),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_parameter_values),
		cmocka_unit_test(test_bdat),
		cmocka_unit_test(test_idna),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
