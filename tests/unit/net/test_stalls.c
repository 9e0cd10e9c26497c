/* Turns of the loop by how long they took: the buckets' edges, and that a real
 * loop's turns are seen. */
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/stalls.h"

static void
test_buckets(void **state)
{
	static const struct {
		uint64_t us;
		size_t bucket;
	} rows[] = { { 0, 0 }, { 999, 0 }, { 1000, 1 }, { 1999, 1 },
		{ 2000, 2 }, { 9999, 3 }, { 10000, 4 }, { 19999, 4 },
		{ 20000, 5 }, { 99999, 5 }, { 100000, 6 }, { 1ULL << 40, 6 } };
	struct stalls s = { 0 };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		uint64_t before = s.buckets[rows[i].bucket];

		stalls_note(&s, rows[i].us);
		assert_int_equal(s.buckets[rows[i].bucket], before + 1);
	}
	assert_int_equal(s.turns, DG_ARRAY_LEN(rows));
	assert_int_equal(s.longest_us, 1ULL << 40);
	assert_int_equal(stalls_bound_ms(4), 20);
	assert_int_equal(stalls_bound_ms(STALLS_BUCKETS - 1), 0);
}

/* Takes 30 ms of everybody's time. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	const struct timespec t = { .tv_nsec = 30000000 };

	(void)fd;
	(void)what;
	(void)arg;
	assert_int_equal(nanosleep(&t, NULL), 0);
}

static void
test_a_loop_is_seen(void **state)
{
	const struct timeval soon = { .tv_usec = 1 };
	const struct timeval later = { .tv_usec = 50000 };
	struct event_base *base = event_base_new();
	struct event *slow = evtimer_new(base, on_timer, NULL);
	struct stalls before = *stalls_seen();

	(void)state;
	assert_int_equal(event_add(slow, &soon), 0);
	assert_int_equal(event_base_loopexit(base, &later), 0);
	assert_int_equal(event_base_dispatch(base), 0);
	assert_in_range(stalls_seen()->longest_us, 30000, UINT64_MAX);
	assert_true(stalls_seen()->turns > before.turns);
	assert_true(stalls_seen()->buckets[5] + stalls_seen()->buckets[6] > 0);
	event_free(slow);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_a_loop_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
