/* with: tls/support/server.c tls/support/link.c */
/*
 * Grades by NCSC-NL's IT Security Guidelines for TLS, 2025-05 (sections in the
 * table), the suites that are offered, and what `tls minimum` refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tls/grade.h"
#include "tls/suites.h"
#include "tls/support/link.h"

static const struct {
	struct tls_properties p;
	enum tls_grade grade;
} rows[] = {
	/* 3.3.1, appendix B: TLS 1.3, and 256 bits */
	{ { 0x0304, 0x1302, TLS_KEY_EC, 256, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_GOOD },
	{ { 0x0304, 0x1303, TLS_KEY_RSA, 4096, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_GOOD },
	{ { 0x0304, 0x1303, TLS_KEY_EC, 384, TLS_HASH_UNKNOWN, 0 },
	    TLS_GRADE_GOOD },
	{ { 0x0304, 0x1301, TLS_KEY_EC, 256, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_SUFFICIENT },
	{ { 0x0304, 0x1304, TLS_KEY_EC, 256, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_SUFFICIENT },
	/* TLS 1.2 with ECDHE and AEAD */
	{ { 0x0303, 0xc02c, TLS_KEY_EC, 256, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_SUFFICIENT },
	{ { 0x0303, 0xcca8, TLS_KEY_RSA, 3072, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_SUFFICIENT },
	/* CBC, DHE */
	{ { 0x0303, 0xc023, TLS_KEY_EC, 256, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_PHASE_OUT },
	{ { 0x0303, 0xc028, TLS_KEY_RSA, 3072, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_PHASE_OUT },
	{ { 0x0303, 0x009f, TLS_KEY_RSA, 3072, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_PHASE_OUT },
	/* CBC with SHA-1, RSA as key exchange, unknown */
	{ { 0x0303, 0xc013, TLS_KEY_RSA, 3072, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_INSUFFICIENT },
	{ { 0x0303, 0x009c, TLS_KEY_RSA, 3072, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_INSUFFICIENT },
	{ { 0x0303, 0x0000, TLS_KEY_RSA, 3072, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_INSUFFICIENT },
	/* 3.3.1: versions */
	{ { 0x0302, 0xc02c, TLS_KEY_EC, 256, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_INSUFFICIENT },
	/* 3.3.2.1: keys */
	{ { 0x0304, 0x1302, TLS_KEY_RSA, 3071, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_PHASE_OUT },
	{ { 0x0304, 0x1302, TLS_KEY_RSA, 2048, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_PHASE_OUT },
	{ { 0x0304, 0x1302, TLS_KEY_RSA, 2047, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_INSUFFICIENT },
	{ { 0x0304, 0x1302, TLS_KEY_EC, 224, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_PHASE_OUT },
	{ { 0x0304, 0x1302, TLS_KEY_EC, 192, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_INSUFFICIENT },
	{ { 0x0304, 0x1302, TLS_KEY_UNKNOWN, 4096, TLS_HASH_SHA2, 0 },
	    TLS_GRADE_INSUFFICIENT },
	/* 3.3.5: hashes of signatures */
	{ { 0x0304, 0x1302, TLS_KEY_EC, 256, TLS_HASH_SHA224, 0 },
	    TLS_GRADE_PHASE_OUT },
	{ { 0x0304, 0x1302, TLS_KEY_EC, 256, TLS_HASH_OLD, 0 },
	    TLS_GRADE_INSUFFICIENT },
	/* groups: X25519, P-521; one that is never offered */
	{ { 0x0304, 0x1302, TLS_KEY_EC, 256, TLS_HASH_SHA2, 29 },
	    TLS_GRADE_GOOD },
	{ { 0x0304, 0x1302, TLS_KEY_EC, 256, TLS_HASH_SHA2, 25 },
	    TLS_GRADE_GOOD },
	{ { 0x0304, 0x1302, TLS_KEY_EC, 256, TLS_HASH_SHA2, 19 },
	    TLS_GRADE_INSUFFICIENT },
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++)
		if (tls_grade_of(&rows[i].p) != rows[i].grade)
			fail_msg("row %zu is %s", i,
			    tls_grade_text(tls_grade_of(&rows[i].p)));
}

static size_t
place(const int *list, int suite)
{
	size_t i = 0;

	while (list[i] != 0 && list[i] != suite)
		i++;
	return i;
}

static bool
offered(const int *list, int suite)
{
	return list[place(list, suite)] != 0;
}

static void
test_suites(void **state)
{
	int list[SUITES_MAX];

	(void)state;
	suites_list(list, TLS_GRADE_GOOD, SUITES_AES_ALL);
	assert_int_equal(place(list, 0), 2);
	assert_int_equal(list[0], 0x1302);
	suites_list(list, TLS_GRADE_GOOD, SUITES_AES_SLOW);
	assert_int_equal(list[0], 0x1303);
	suites_list(list, TLS_GRADE_GOOD, SUITES_AES_256);
	assert_int_equal(list[0], 0x1302);
	/* TLS 1.2, one grade: AES-256, ChaCha20, AES-128, then the rest. */
	suites_list(list, TLS_GRADE_SUFFICIENT, SUITES_AES_256);
	assert_true(place(list, 0xc02c) < place(list, 0xcca9));
	assert_true(place(list, 0xcca9) < place(list, 0xc02b));
	assert_true(place(list, 0xc02b) < place(list, 0xc0ac));
	suites_list(list, TLS_GRADE_SUFFICIENT, SUITES_AES_SLOW);
	assert_true(offered(list, 0xc02f));
	assert_false(offered(list, 0xc027));
	assert_true(place(list, 0xcca9) < place(list, 0xc02b));
	suites_list(list, TLS_GRADE_SUFFICIENT, SUITES_AES_ALL);
	assert_true(place(list, 0xcca9) > place(list, 0xc02b));
	suites_list(list, TLS_GRADE_PHASE_OUT, SUITES_AES_ALL);
	/* Everything, the better before the worse. */
	assert_true(offered(list, 0x002f));
	assert_true(place(list, 0xc02f) < place(list, 0xc027));
	assert_true(place(list, 0xc027) < place(list, 0x002f));
	assert_true(place(list, 0x009c) > place(list, 0xc013));
	for (size_t i = 1; list[i] != 0; i++)
		assert_true(tls_grade_suite((uint16_t)list[i - 1]) >=
		    tls_grade_suite((uint16_t)list[i]));
}

static void
check_session(enum tls_grade minimum, const char *name,
    const char *const options[], enum tls_grade grade)
{
	struct link *l = &the_link;
	struct tls_properties p;

	link_start(l, name, "chain", options);
	tls_context_set_minimum(l->context, minimum);
	assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
	assert_int_equal(tls_conn_grade(l->conn), TLS_GRADE_NONE);
	if (grade == TLS_GRADE_NONE) {
		assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
		    TLS_STATE_FAILED);
	} else {
		assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
		    TLS_STATE_OPEN);
		if (tls_conn_grade(l->conn) != grade)
			fail_msg("it is %s",
			    tls_grade_text(tls_conn_grade(l->conn)));
		p = tls_conn_properties(l->conn);
		assert_int_equal(p.key,
		    strcmp(name, "ecdsa") == 0 ? TLS_KEY_EC : TLS_KEY_RSA);
		exchange(l);
	}
	link_disconnect(l);
	link_stop(l);
}

#define SUITE(v, name) OPTIONS("-rev", v, "-cipher", name ":@SECLEVEL=0")
#define SUITE13(name)  OPTIONS("-rev", "-tls1_3", "-ciphersuites", name)

static void
test_sessions(void **state)
{
	(void)state;
	check_session(TLS_GRADE_PHASE_OUT, "ecdsa",
	    SUITE13("TLS_AES_256_GCM_SHA384"), TLS_GRADE_GOOD);
	check_session(TLS_GRADE_PHASE_OUT, "rsa",
	    SUITE13("TLS_AES_256_GCM_SHA384"), TLS_GRADE_PHASE_OUT);
	check_session(TLS_GRADE_PHASE_OUT, "ecdsa",
	    SUITE("-tls1_2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
	    TLS_GRADE_SUFFICIENT);
	check_session(TLS_GRADE_PHASE_OUT, "ecdsa",
	    SUITE("-tls1_2", "ECDHE-ECDSA-AES128-SHA256"), TLS_GRADE_PHASE_OUT);
	/* What is refused holds mail, so that this is taken all the same. */
	check_session(TLS_GRADE_PHASE_OUT, "rsa",
	    SUITE("-tls1_2", "AES128-SHA"), TLS_GRADE_INSUFFICIENT);
}

static void
test_minimum(void **state)
{
	(void)state;
	check_session(TLS_GRADE_SUFFICIENT, "ecdsa",
	    SUITE("-tls1_2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
	    TLS_GRADE_SUFFICIENT);
	/* Not offered. */
	check_session(TLS_GRADE_SUFFICIENT, "ecdsa",
	    SUITE("-tls1_2", "ECDHE-ECDSA-AES128-SHA256"), TLS_GRADE_NONE);
	check_session(TLS_GRADE_GOOD, "ecdsa",
	    SUITE("-tls1_2", "ECDHE-ECDSA-AES256-GCM-SHA384"), TLS_GRADE_NONE);
	check_session(TLS_GRADE_GOOD, "ecdsa",
	    SUITE13("TLS_AES_128_GCM_SHA256"), TLS_GRADE_NONE);
	/* Found out by the certificate alone. */
	check_session(TLS_GRADE_SUFFICIENT, "rsa",
	    SUITE13("TLS_AES_256_GCM_SHA384"), TLS_GRADE_NONE);
	check_session(TLS_GRADE_GOOD, "ecdsa",
	    SUITE13("TLS_AES_256_GCM_SHA384"), TLS_GRADE_GOOD);
}

/* A resumed session shows no key: it has the one of the handshake before. */
static void
test_resumed(void **state)
{
	static const char *const versions[] = { "-tls1_2", "-tls1_3" };
	struct link *l = &the_link;
	struct tls_binding b = { { 1 } };
	struct tls_counts counts;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(versions); i++) {
		link_start(l, "rsa", "chain",
		    OPTIONS("-rev", versions[i], "-naccept", "9"));
		for (int turn = 0; turn < 2; turn++) {
			assert_int_equal(link_connect(l, NULL, ROOM, ROOM), 0);
			assert_int_equal(tls_conn_resume(l->conn, &b), 0);
			assert_int_equal(link_until_not(l, TLS_STATE_HANDSHAKE),
			    TLS_STATE_OPEN);
			assert_int_equal(tls_conn_resumed(l->conn), turn);
			assert_int_equal(tls_conn_grade(l->conn),
			    TLS_GRADE_PHASE_OUT);
			assert_int_equal(tls_conn_properties(l->conn).key_bits,
			    2048);
			tls_conn_keep(l->conn, &b, 60);
			exchange(l);
			link_disconnect(l);
		}
		/* What was found good enough for less is not taken up. */
		tls_context_set_minimum(l->context, TLS_GRADE_SUFFICIENT);
		tls_context_counts(l->context, &counts);
		assert_int_equal(counts.tickets, 0);
		link_stop(l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_minimum),
		cmocka_unit_test(test_resumed),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
