/* The daemon's downgrade memory, read from its answer: docs/control.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/remembered.h"

#define NOW  1767225600
#define DAYS 30

static void
expect_known(const struct memory *m, const char *host, bool offered, bool spoke)
{
	struct memory_known known = memory_knows(m, span_text(host), NOW, DAYS);

	assert_int_equal(known.offered, offered);
	assert_int_equal(known.spoke, spoke);
}

static void
test_hosts(void **state)
{
	static const char answer[] =
	    "{\"hosts\":3,\"days\":30,\"latest\":["
	    "{\"host\":\"a.example\",\"best\":\"TLSv1.3\","
	    "\"offered_time\":1767225000,\"failed_time\":0},"
	    "{\"host\":\"b.example\",\"best\":\"none\","
	    "\"offered_time\":1767225000,\"failed_time\":0},"
	    "{\"host\":\"old.example\",\"best\":\"TLSv1.2\","
	    "\"offered_time\":1700000000,\"failed_time\":0}],"
	    "\"more\":{\"x\":[1]}}";
	struct memory *m;

	(void)state;
	assert_int_equal(remembered_read(&m, span_text(answer)), 0);
	assert_int_equal(memory_hosts(m), 3);
	expect_known(m, "a.example", true, true);
	expect_known(m, "b.example", true, false);
	expect_known(m, "old.example", false, false);
	expect_known(m, "c.example", false, false);
	memory_free(m);
	/* Cut off anywhere: refused, and nothing is left behind. */
	for (size_t n = 0; n + 1 < sizeof(answer); n++)
		assert_true(remembered_read(&m,
				span_slice(span_text(answer), 0, n)) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
