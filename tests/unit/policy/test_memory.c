/* Downgrade memory: who is known, for how long, and who gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy/memory.h"

#define DAY 86400

static struct memory *
memory(size_t max)
{
	struct memory *m;

	assert_int_equal(memory_new(&m, max), 0);
	return m;
}

static void
test_known_for_so_many_days(void **state)
{
	struct memory *m = memory(4);
	struct span mx = span_text("mx.example.nl");

	(void)state;
	assert_false(memory_knows(m, mx, 0, 30));
	memory_note(m, mx, 1000);
	assert_true(memory_knows(m, mx, 1000, 30));
	assert_true(memory_knows(m, mx, 1000 + 30 * DAY, 30));
	assert_false(memory_knows(m, mx, 1001 + 30 * DAY, 30));
	assert_false(memory_knows(m, span_text("mx.example.n"), 1000, 30));
	/* `downgrade-memory days 0` turns it off. */
	assert_false(memory_knows(m, mx, 1000, 0));
	/* A clock that went back does not make anybody forget. */
	assert_true(memory_knows(m, mx, 10, 30));
	memory_free(m);
}

static void
test_seen_again_lasts_longer(void **state)
{
	struct memory *m = memory(4);
	struct span mx = span_text("mx.example.nl");

	(void)state;
	memory_note(m, mx, 0);
	memory_note(m, mx, 20 * DAY);
	assert_int_equal(memory_hosts(m), 1);
	assert_true(memory_knows(m, mx, 50 * DAY, 30));
	memory_free(m);
}

static void
test_the_longest_unseen_gives_way(void **state)
{
	struct memory *m = memory(2);

	(void)state;
	memory_note(m, span_text("a"), 1);
	memory_note(m, span_text("b"), 2);
	memory_note(m, span_text("a"), 3);
	memory_note(m, span_text("c"), 4);
	assert_int_equal(memory_hosts(m), 2);
	assert_true(memory_knows(m, span_text("a"), 4, 1));
	assert_false(memory_knows(m, span_text("b"), 4, 1));
	assert_true(memory_knows(m, span_text("c"), 4, 1));
	memory_free(m);
}

static void
test_full_table_stays_bounded(void **state)
{
	struct memory *m = memory(MEMORY_HOSTS_MAX);
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 3 * MEMORY_HOSTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "mx%u", i);
		memory_note(m, span_text(name), i);
	}
	assert_int_equal(memory_hosts(m), MEMORY_HOSTS_MAX);
	assert_true(memory_knows(m, span_text(name), 3 * MEMORY_HOSTS_MAX, 1));
	assert_false(memory_knows(m, span_text("mx0"), 0, 1));
	memory_note(m, span_text(""), 1);
	assert_false(memory_knows(m, span_text(""), 1, 1));
	memory_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_for_so_many_days),
		cmocka_unit_test(test_seen_again_lasts_longer),
		cmocka_unit_test(test_the_longest_unseen_gives_way),
		cmocka_unit_test(test_full_table_stays_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
