/* with: tls/support/server.c tls/support/link.c */
/*
 * What a connection takes: never more than it may, whatever chain is shown, and
 * little once the handshake is over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <mbedtls/platform.h>

#include "tls/memory.h"
#include "tls/support/link.h"

static void
check_long_chain(const char *version, const char *name, const char *chain,
    size_t n)
{
	struct link *l = &the_link;
	struct span shown[TLS_CHAIN_MAX];
	struct tls_use use;

	link_start(l, name, chain, OPTIONS("-rev", version));
	link_open(l, "mx.example.org");
	exchange(l);
	assert_int_equal(tls_conn_chain(l->conn, shown, TLS_CHAIN_MAX), n);
	expect_cert(shown, 0, name);
	use = tls_conn_memory(l->conn);
	print_message("%s %s, %zu certificates: peak %zu, at rest %zu\n",
	    version, name, n, use.peak, use.now);
	assert_true(use.peak <= TLS_CONN_MEMORY_MAX * 2 / 3);
	assert_true(use.now <= TLS_CONN_MEMORY_REST);
	link_disconnect(l);
	link_stop(l);
}

static void
test_long_chains(void **state)
{
	(void)state;
	check_long_chain("-tls1_2", "rsa-4096", "rsa-4096-chain", 10);
	check_long_chain("-tls1_3", "rsa-4096", "rsa-4096-chain", 10);
	check_long_chain("-tls1_2", "ecdsa", "chain", 3);
	check_long_chain("-tls1_3", "ecdsa", "chain", 3);
	check_long_chain("-tls1_2", "rsa", "chain", 3);
	check_long_chain("-tls1_3", "rsa", "chain", 3);
}

/* One that takes too much is refused; another goes on. */
static void
test_parts(void **state)
{
	struct tls_context *context;
	struct tls_part *greedy, *modest;
	void *a, *b, *kept;

	(void)state;
	assert_int_equal(tls_context_new(&context, MEMORY), 0);
	assert_int_equal(tls_part_new(&greedy, 2000), 0);
	assert_int_equal(tls_part_new(&modest, 2000), 0);
	tls_memory_enter(greedy);
	a = mbedtls_calloc(1, 1500);
	assert_non_null(a);
	assert_null(mbedtls_calloc(1, 1500));
	tls_memory_leave();
	tls_memory_enter(modest);
	b = mbedtls_calloc(1, 1500);
	assert_non_null(b);
	kept = mbedtls_calloc(1, 100);
	assert_non_null(kept);
	tls_memory_leave();
	mbedtls_free(a);
	assert_int_equal(tls_part_budget(greedy)->used, 0);
	tls_part_close(greedy);
	/* What outlives its connection stays booked, and is given back late. */
	mbedtls_free(b);
	tls_part_close(modest);
	assert_true(tls_context_budget(context)->used > 100);
	mbedtls_free(kept);
	assert_int_equal(tls_context_budget(context)->used, 0);
	tls_context_free(context);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
