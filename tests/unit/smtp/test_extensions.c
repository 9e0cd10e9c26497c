/* What a server offers, read and offered on: RFC 5321 4.1.1.1 and the extensions'
 * own RFCs; an allow-list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smtp/extensions.h"

static struct smtp_extensions
parse(const char *text)
{
	struct smtp_extensions e;
	struct smtp_reply reply;

	smtp_reply_set(&reply, 250, "%s", text);
	assert_int_equal(smtp_extensions_parse(&e, &reply), 0);
	return e;
}

static const struct {
	const char *text;
	unsigned bits;
} offers[] = {
	/* The first line is the server's name, whatever it says. */
	{ "mx.example.nl", 0 },
	{ "STARTTLS", 0 },
	{ "mx\nSTARTTLS", SMTP_EXT_STARTTLS },
	/* Case does not matter (RFC 5321 2.4), nor blanks around. */
	{ "mx\nstarttls", SMTP_EXT_STARTTLS },
	{ "mx\n  StartTLS  ", SMTP_EXT_STARTTLS },
	/* A parameter that nobody has defined is passed over. */
	{ "mx\nSTARTTLS required", SMTP_EXT_STARTTLS },
	{ "mx\nPIPELINING yes", SMTP_EXT_PIPELINING },
	/* Not the keyword, but like it. */
	{ "mx\nSTARTTLSX", 0 },
	{ "mx\nXSTARTTLS", 0 },
	{ "mx\nSTART TLS", 0 },
	{ "mx\nSTARTTLS=1", 0 },
	/* Unknown ones, empty ones, and none at all. */
	{ "mx\nX-ANONYMOUSTLS\nXCLIENT NAME\n\n8BITMIME", SMTP_EXT_8BITMIME },
	{ "mx\n", 0 },
	{ "mx\nAUTH LOGIN\nAUTH=LOGIN\nETRN\nVRFY\nEXPN\nHELP\nTURN", 0 },
	{ "mx\nPIPELINING\nSIZE\n8BITMIME\nDSN\nSMTPUTF8\nCHUNKING\n"
	  "BINARYMIME\nDELIVERBY\nMT-PRIORITY\nENHANCEDSTATUSCODES",
	    SMTP_EXT_PIPELINING | SMTP_EXT_SIZE | SMTP_EXT_8BITMIME |
		SMTP_EXT_DSN | SMTP_EXT_SMTPUTF8 | SMTP_EXT_CHUNKING |
		SMTP_EXT_BINARYMIME | SMTP_EXT_DELIVERBY |
		SMTP_EXT_MT_PRIORITY | SMTP_EXT_ENHANCEDSTATUSCODES },
	/* LIMITS without a limit says nothing (RFC 9422 3). */
	{ "mx\nLIMITS", 0 },
	{ "mx\nLIMITS RCPTMAX=100", SMTP_EXT_LIMITS },
};

static void
test_keywords(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(offers); i++)
		if (parse(offers[i].text).bits != offers[i].bits)
			fail_msg("%s", offers[i].text);
}

static const struct {
	const char *text;
	uint64_t size;
} sizes[] = {
	{ "mx\nSIZE 1000", 1000 },
	{ "mx\nSIZE", 0 },
	{ "mx\nSIZE 0", 0 },
	{ "mx\nsize   52428800  ", 52428800 },
	{ "mx\nSIZE 18446744073709551615", UINT64_MAX },
	/* What is no number, or too large for one: no limit told (RFC 1870 4). */
	{ "mx\nSIZE 18446744073709551616", 0 },
	{ "mx\nSIZE 99999999999999999999999999", 0 },
	{ "mx\nSIZE -1", 0 },
	{ "mx\nSIZE 0x10", 0 },
	{ "mx\nSIZE 10 20", 0 },
	{ "mx\nSIZE unlimited", 0 },
	/* The first of two counts. */
	{ "mx\nSIZE 10\nSIZE 20", 10 },
};

static void
test_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(sizes); i++) {
		struct smtp_extensions e = parse(sizes[i].text);

		assert_int_equal(e.bits, SMTP_EXT_SIZE);
		if (e.size != sizes[i].size)
			fail_msg("%s", sizes[i].text);
	}
}

/* An argument that cannot be passed on as it stands: not offered at all. */
static void
test_arguments(void **state)
{
	struct smtp_extensions e;
	char text[300];

	(void)state;
	e = parse("mx\nDELIVERBY 240\nMT-PRIORITY MIXER\n"
		  "LIMITS MAILMAX=5 RCPTMAX=100");
	assert_string_equal(e.deliverby, "240");
	assert_string_equal(e.mt_priority, "MIXER");
	assert_string_equal(e.limits, "MAILMAX=5 RCPTMAX=100");
	for (int n = 64; n <= 65; n++) {
		(void)snprintf(text, sizeof(text), "mx\nMT-PRIORITY %0*d", n,
		    1);
		assert_int_equal(parse(text).bits,
		    n == 64 ? SMTP_EXT_MT_PRIORITY : 0);
	}
	assert_int_equal(parse("mx\nLIMITS a\tb").bits, 0);
	/* The second of two does not mend the first. */
	e = parse("mx\nDELIVERBY 1\nDELIVERBY 2");
	assert_string_equal(e.deliverby, "1");
}

/* Only a 250 answers EHLO (RFC 5321 4.3.2). */
static void
test_other_codes(void **state)
{
	static const int codes[] = { 200, 220, 251, 354, 421, 502, 550 };
	struct smtp_extensions e;
	struct smtp_reply reply;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(codes); i++) {
		smtp_reply_set(&reply, codes[i], "mx\nSTARTTLS");
		assert_int_equal(smtp_extensions_parse(&e, &reply), DG_EPROTO);
	}
}

static void
expect_reply(const struct smtp_extensions *offer, const char *text)
{
	struct smtp_reply reply;

	assert_int_equal(smtp_extensions_reply(&reply, span_text("gw"), offer),
	    0);
	assert_int_equal(reply.code, 250);
	assert_string_equal(reply.text, text);
}

/* What a client sees: never STARTTLS; nothing that needs what is not there. */
static void
test_reply(void **state)
{
	struct smtp_extensions e = { .bits = SMTP_EXT_STARTTLS };

	(void)state;
	expect_reply(&e, "gw");
	e.bits = SMTP_EXT_BINARYMIME; /* RFC 3030 3 */
	expect_reply(&e, "gw");
	e.bits = SMTP_EXT_BINARYMIME | SMTP_EXT_CHUNKING;
	expect_reply(&e, "gw\nCHUNKING\nBINARYMIME");
	e.bits = SMTP_EXT_SMTPUTF8; /* RFC 6531 3.1 */
	expect_reply(&e, "gw");
	e.bits = SMTP_EXT_SMTPUTF8 | SMTP_EXT_8BITMIME;
	expect_reply(&e, "gw\n8BITMIME\nSMTPUTF8");
	e.bits = SMTP_EXT_SIZE;
	expect_reply(&e, "gw\nSIZE");
	e.size = UINT64_MAX;
	expect_reply(&e, "gw\nSIZE 18446744073709551615");
	e = parse("mx\nstarttls\ndeliverby 240\nlimits RCPTMAX=9\nXFOO");
	expect_reply(&e, "gw\nDELIVERBY 240\nLIMITS RCPTMAX=9");
}

/* Everything at its longest still fits, and comes back as it was. */
static void
test_all_comes_back(void **state)
{
	struct smtp_extensions e = { .size = UINT64_MAX }, back;
	struct smtp_reply reply;
	char name[256];

	(void)state;
	e.bits = (SMTP_EXT_STARTTLS << 1) - 1;
	memset(e.deliverby, 'd', SMTP_EXTENSION_ARGUMENT_MAX);
	memset(e.mt_priority, 'm', SMTP_EXTENSION_ARGUMENT_MAX);
	memset(e.limits, 'l', SMTP_EXTENSION_ARGUMENT_MAX);
	memset(name, 'n', 255);
	assert_int_equal(smtp_extensions_reply(&reply, span_of(name, 255), &e),
	    0);
	assert_int_equal(smtp_extensions_parse(&back, &reply), 0);
	e.bits &= ~(unsigned)SMTP_EXT_STARTTLS;
	assert_memory_equal(&back, &e, sizeof(e));
	assert_int_equal(smtp_extensions_reply(&reply, span_of(name, 256), &e),
	    DG_ESYNTAX);
	assert_int_equal(smtp_extensions_reply(&reply, span_text(""), &e),
	    DG_ESYNTAX);
	assert_int_equal(smtp_extensions_reply(&reply, span_text("g\nw"), &e),
	    DG_ESYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_other_codes),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_all_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
