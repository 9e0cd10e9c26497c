/*
 * DNS messages as bytes: the query, the match of an answer to it, RDATA. RFC
 * 1035 section 4, RFC 6891, RFC 4035 section 4.9.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dnssec/dname.h"
#include "dnssec/message.h"
#include "dnssec/record.h"

static const uint8_t query[] = { 0x12, 0x34, 0x01, 0x10, 0, 1, 0, 0, 0, 0, 0, 1,
	2, 'm', 'x', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 52, 0, 1, 0, 0,
	41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0 };

static struct dnssec_question
question(void)
{
	struct dnssec_question q = { .type = DNS_TYPE_TLSA };

	assert_int_equal(name_parse(&q.name, span_text("mx.example")), 0);
	return q;
}

/* RD and CD, one OPT with DO and 1232. */
static void
test_query(void **state)
{
	struct dnssec_question q = question();
	uint8_t out[DNS_QUERY_MAX];

	(void)state;
	assert_int_equal(dns_query_write(out, sizeof(out), 0x1234, &q),
	    sizeof(query));
	assert_memory_equal(out, query, sizeof(query));
	assert_int_equal(dns_query_write(out, sizeof(query) - 1, 1, &q),
	    DG_ELIMIT);
	assert_int_equal(dns_query_write(out, sizeof(query), 1, &q),
	    sizeof(query));
}

static void
test_longest_query(void **state)
{
	struct dnssec_question q = { .type = DNS_TYPE_A };
	char text[NAME_TEXT_MAX + 1];
	uint8_t out[DNS_QUERY_MAX];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 63; i < NAME_TEXT_MAX; i += 64)
		text[i] = '.';
	assert_int_equal(name_parse(&q.name, span_of(text, NAME_TEXT_MAX)), 0);
	assert_int_equal(dns_query_write(out, sizeof(out), 1, &q),
	    12 + 255 + 4 + 11);
}

static void
test_match(void **state)
{
	struct dnssec_question q = question();
	struct dns_header h = { 0 };
	uint8_t m[sizeof(query)];

	(void)state;
	memcpy(m, query, sizeof(m));
	m[2] |= 0x82;
	m[3] = 0x03;
	m[13] = 'M';
	assert_int_equal(dns_answer_match(&h, span_of(m, sizeof(m)), 0x1234,
			     &q),
	    0);
	assert_int_equal(h.id, 0x1234);
	assert_true(h.truncated);
	assert_true(h.edns);
	assert_int_equal(h.rcode, DNS_RCODE_NXDOMAIN);
	/* Cut off behind the question: so truncated answers come. */
	assert_int_equal(dns_answer_match(&h, span_of(m, 28), 0x1234, &q), 0);
	assert_false(h.edns);
	for (size_t n = 0; n < 28; n++)
		assert_int_equal(dns_answer_match(&h, span_of(m, n), 0x1234,
				     &q),
		    DG_EPROTO);
}

/* Any of these changed is another answer, or none. */
static void
test_mismatch(void **state)
{
	static const size_t places[] = { 0, 1, 5, 12, 14, 16, 22, 24, 25, 27 };
	struct dnssec_question q = question();
	struct dns_header h;
	uint8_t m[sizeof(query)];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(places); i++) {
		memcpy(m, query, sizeof(m));
		m[2] |= 0x80;
		m[places[i]] ^= 0x01;
		assert_int_equal(dns_answer_match(&h, span_of(m, sizeof(m)),
				     0x1234, &q),
		    DG_EPROTO);
	}
	/* A query, and another opcode. */
	assert_int_equal(dns_answer_match(&h, span_of(query, sizeof(query)),
			     0x1234, &q),
	    DG_EPROTO);
	memcpy(m, query, sizeof(m));
	m[2] = 0xa8;
	assert_int_equal(dns_answer_match(&h, span_of(m, sizeof(m)), 0x1234,
			     &q),
	    DG_EPROTO);
}

static void
test_rdata(void **state)
{
	struct name name;
	struct address a;
	uint16_t preference;

	(void)state;
	assert_int_equal(dns_rdata_mx(&preference, &name,
			     span_of("\0\012\2Mx\2nl\0", 9)),
	    0);
	assert_int_equal(preference, 10);
	assert_string_equal(name.text, "mx.nl");
	/* RFC 7505: null MX. */
	assert_int_equal(dns_rdata_mx(&preference, &name, span_of("\0\0\0", 3)),
	    0);
	assert_int_equal(name.len, 0);
	assert_int_equal(dns_rdata_mx(&preference, &name, span_of("\0\0", 2)),
	    DG_ESYNTAX);
	assert_int_equal(dns_rdata_mx(&preference, &name, span_of("\0", 1)),
	    DG_ESYNTAX);
	assert_int_equal(dns_rdata_mx(&preference, &name,
			     span_of("\0\0\1a\0\0", 6)),
	    DG_ESYNTAX);
	assert_int_equal(dns_rdata_mx(&preference, &name,
			     span_of("\0\0\3a b\0", 7)),
	    DG_ESYNTAX);
	/* A dot within a label is no border between two. */
	assert_int_equal(dns_rdata_name(&name, span_of("\3a.b\0", 5)),
	    DG_ESYNTAX);
	assert_int_equal(dns_rdata_name(&name, span_of("\1a\300\0", 4)),
	    DG_ESYNTAX);
	assert_int_equal(dns_rdata_address(&a, span_of("\300\0\2\1", 4)), 0);
	assert_int_equal(a.family, ADDRESS_IPV4);
	assert_int_equal(dns_rdata_address(&a, span_of(query, 16)), 0);
	assert_int_equal(a.family, ADDRESS_IPV6);
	assert_int_equal(dns_rdata_address(&a, span_of(query, 5)), DG_ESYNTAX);
}

static struct dname
dname(const char *text)
{
	struct dname d;
	struct name n;

	assert_int_equal(name_parse(&n, span_text(text)), 0);
	assert_int_equal(dname_from_name(&d, &n), 0);
	return d;
}

/* The order of RFC 4034 6.1. */
static void
test_canonical_order(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} names[] = {
		{ "\7example\0", 9 },
		{ "\1a\7example\0", 11 },
		{ "\10yljkjljk\1a\7example\0", 20 },
		{ "\1Z\1a\7example\0", 13 },
		{ "\4zABC\1a\7EXAMPLE\0", 16 },
		{ "\1z\7example\0", 11 },
		{ "\1\001\1z\7example\0", 13 },
		{ "\1*\1z\7example\0", 13 },
		{ "\1\310\1z\7example\0", 13 },
	};
	struct dname d[DG_ARRAY_LEN(names)];

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(names); i++) {
		size_t pos = 0;

		assert_int_equal(dname_read(&d[i],
				     span_of(names[i].p, names[i].n), &pos),
		    0);
	}
	for (size_t i = 0; i < DG_ARRAY_LEN(names); i++)
		for (size_t k = 0; k < DG_ARRAY_LEN(names); k++) {
			int order = dname_compare(&d[i], &d[k]);

			assert_int_equal(order < 0, i < k);
			assert_int_equal(order > 0, i > k);
		}
}

static void
test_names(void **state)
{
	struct dname a = dname("a.b.example");
	struct dname zone = dname("example");
	struct dname other = dname("xexample");
	struct dname d;
	char text[DNAME_TEXT_MAX];

	(void)state;
	assert_true(dname_is_within(&a, &zone));
	assert_true(dname_is_within(&zone, &zone));
	assert_false(dname_is_within(&other, &zone));
	assert_false(dname_is_within(&zone, &a));
	assert_int_equal(dname_labels(&a), 3);
	assert_int_equal(dname_common(&a, &zone), 1);
	dname_ancestor(&d, &a, 2);
	assert_string_equal(dname_text(&d, text), "b.example");
	dname_ancestor(&d, &a, 0);
	assert_string_equal(dname_text(&d, text), "the root");
	assert_int_equal(dname_wildcard(&d, &zone), 0);
	assert_true(dname_is_wildcard(&d));
	assert_int_equal(dname_substitute(&d, &a, &zone, &other), 0);
	assert_string_equal(dname_text(&d, text), "a.b.xexample");
}

/* Compression leads backwards only, and so ends (RFC 1035 4.1.4). */
static void
test_compression(void **state)
{
	static const uint8_t good[] = { 1, 'a', 0, 1, 'b', 0xc0, 0, 9 };
	static const uint8_t self[] = { 1, 'a', 0xc0, 2 };
	static const uint8_t ahead[] = { 0xc0, 2, 1, 'a', 0 };
	static const uint8_t loop[] = { 0xc0, 2, 0xc0, 0 };
	struct dname d;
	size_t pos = 3;

	(void)state;
	assert_int_equal(dname_unpack(&d, span_of(good, sizeof(good)), &pos),
	    0);
	assert_int_equal(pos, 7);
	assert_int_equal(d.len, 5);
	pos = 0;
	assert_int_equal(dname_unpack(&d, span_of(self, sizeof(self)), &pos),
	    DG_ESYNTAX);
	pos = 0;
	assert_int_equal(dname_unpack(&d, span_of(ahead, sizeof(ahead)), &pos),
	    DG_ESYNTAX);
	pos = 2;
	assert_int_equal(dname_unpack(&d, span_of(loop, sizeof(loop)), &pos),
	    DG_ESYNTAX);
}

/* One MX record whose exchange is compressed, in a section that is counted. */
static void
test_message_records(void **state)
{
	static const uint8_t bytes[] = { 0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0,
		0, 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 15, 0, 1, 0xc0,
		12, 0, 15, 0, 1, 0x80, 0, 0, 1, 0, 7, 0, 10, 2, 'M', 'X', 0xc0,
		12 };
	struct message m;
	struct dname owner = dname("example");
	struct rrset set;

	(void)state;
	assert_int_equal(message_read(&m, span_of(bytes, sizeof(bytes))), 0);
	assert_int_equal(message_rrset(&set, &m, SECTION_ANSWER, &owner,
			     DNS_TYPE_MX),
	    0);
	/* RFC 2181 section 8: the topmost bit of a TTL. */
	assert_int_equal(set.ttl, 0);
	assert_int_equal(set.rdata[0].n, 14);
	assert_memory_equal(set.rdata[0].p, "\0\012\2mx\7example\0", 14);
	assert_int_equal(message_rrset(&set, &m, SECTION_AUTHORITY, &owner,
			     DNS_TYPE_MX),
	    DG_ENOTFOUND);
	message_free(&m);
	for (size_t n = 0; n < sizeof(bytes); n++) {
		uint8_t *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, bytes, n);
		assert_int_not_equal(message_read(&m, span_of(cut, n)), 0);
		free(cut);
	}
}

/* RDATA that ends before or after its name does. */
static void
test_message_wrong_length(void **state)
{
	uint8_t bytes[] = { 0, 1, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5,
		0, 1, 0, 0, 0, 9, 0, 3, 1, 'a', 0, 0, 0 };
	struct message m;

	(void)state;
	assert_int_equal(message_read(&m, span_of(bytes, sizeof(bytes))), 0);
	message_free(&m);
	for (uint8_t n = 0; n < 6; n++) {
		if (n == 3)
			continue;
		bytes[22] = n;
		assert_int_equal(message_read(&m,
				     span_of(bytes, sizeof(bytes))),
		    DG_ESYNTAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_longest_query),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_mismatch),
		cmocka_unit_test(test_rdata),
		cmocka_unit_test(test_canonical_order),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_compression),
		cmocka_unit_test(test_message_records),
		cmocka_unit_test(test_message_wrong_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
