/* Downgrade memory: who is known, for how long, and who gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <string.h>

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
note(struct memory *m, const char *host, int64_t now)
{
	memory_note(m, span_text(host), MEMORY_TLS_1_3, now);
}

static bool
knows(const struct memory *m, const char *host, int64_t now, unsigned days)
{
	return memory_knows(m, span_text(host), now, days).spoke;
}

static void
test_known_for_so_many_days(void **state)
{
	struct memory *m = memory(4);
	const char *mx = "mx.example.nl";

	(void)state;
	assert_false(knows(m, mx, 0, 30));
	note(m, mx, 1000);
	assert_true(knows(m, mx, 1000, 30));
	assert_true(knows(m, mx, 1000 + 30 * DAY, 30));
	assert_false(knows(m, mx, 1001 + 30 * DAY, 30));
	assert_false(knows(m, "mx.example.n", 1000, 30));
	/* `downgrade-memory days 0` turns it off. */
	assert_false(knows(m, mx, 1000, 0));
	/* A clock that went back does not make anybody forget. */
	assert_true(knows(m, mx, 10, 30));
	memory_free(m);
}

static void
test_seen_again_lasts_longer(void **state)
{
	struct memory *m = memory(4);
	const char *mx = "mx.example.nl";

	(void)state;
	note(m, mx, 0);
	note(m, mx, 20 * DAY);
	assert_int_equal(memory_hosts(m), 1);
	assert_true(knows(m, mx, 50 * DAY, 30));
	memory_free(m);
}

static void
test_the_longest_unseen_gives_way(void **state)
{
	struct memory *m = memory(2);

	(void)state;
	note(m, "a", 1);
	note(m, "b", 2);
	note(m, "a", 3);
	note(m, "c", 4);
	assert_int_equal(memory_hosts(m), 2);
	assert_true(knows(m, "a", 4, 1));
	assert_false(knows(m, "b", 4, 1));
	assert_true(knows(m, "c", 4, 1));
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
		note(m, name, i);
	}
	assert_int_equal(memory_hosts(m), MEMORY_HOSTS_MAX);
	assert_true(knows(m, name, 3 * MEMORY_HOSTS_MAX, 1));
	assert_false(knows(m, "mx0", 0, 1));
	note(m, "", 1);
	assert_false(knows(m, "", 1, 1));
	memory_free(m);
}

/* An offer is remembered by itself; it does not make the host one that spoke
 * TLS, nor keep alive that it once did. */
static void
test_offers_are_not_handshakes(void **state)
{
	struct memory *m = memory(4);
	struct span mx = span_text("mx.example.nl");

	(void)state;
	memory_note(m, mx, MEMORY_TLS_NONE, 1000);
	assert_true(memory_knows(m, mx, 1000, 30).offered);
	assert_false(memory_knows(m, mx, 1000, 30).spoke);
	memory_note(m, mx, MEMORY_TLS_1_2, 2000);
	memory_note(m, mx, MEMORY_TLS_NONE, 2001 + 30 * DAY);
	assert_true(memory_knows(m, mx, 2001 + 30 * DAY, 30).offered);
	assert_false(memory_knows(m, mx, 2001 + 30 * DAY, 30).spoke);
	memory_free(m);
}

static bool
keep_host(void *arg, const struct memory_host *host)
{
	struct memory_host *out = arg;

	*out = *host;
	return true;
}

static void
test_what_is_known_of_a_host(void **state)
{
	struct memory *m = memory(4);
	struct span mx = span_text("mx.example.nl");
	struct memory_host host;

	(void)state;
	memory_note_failure(m, mx, 90);
	assert_int_equal(memory_hosts(m), 0);
	memory_note(m, mx, MEMORY_TLS_NONE, 100);
	memory_note(m, mx, MEMORY_TLS_1_3, 200);
	memory_note(m, mx, MEMORY_TLS_1_2, 300);
	memory_note(m, mx, MEMORY_TLS_NONE, 400);
	memory_note_failure(m, mx, 500);
	memory_each(m, 0, keep_host, &host);
	assert_int_equal(host.best, MEMORY_TLS_1_3);
	assert_int_equal(host.first, 100);
	assert_int_equal(host.offered, 400);
	assert_int_equal(host.spoke, 300);
	assert_int_equal(host.failed, 500);
	assert_int_equal(memory_forget(m, mx), 0);
	assert_int_equal(memory_forget(m, mx), DG_ENOTFOUND);
	assert_int_equal(memory_hosts(m), 0);
	memory_free(m);
}

/* Records, as a file would hold them one after the other */

struct copy {
	uint8_t bytes[4][300];
	size_t n[4];
	size_t count;
};

static void
copy_payload(void *arg, struct span payload)
{
	struct copy *c = arg;

	assert_true(c->count < 4 && payload.n <= sizeof(c->bytes[0]));
	memcpy(c->bytes[c->count], payload.p, payload.n);
	c->n[c->count++] = payload.n;
}

static size_t
save(struct copy *c, struct memory *m, enum record_extent extent)
{
	c->count = 0;
	memory_save(m, extent, copy_payload, c);
	return c->count;
}

static void
test_only_what_is_new_is_written(void **state)
{
	struct memory *m = memory(4);
	struct copy c;

	(void)state;
	assert_int_equal(memory_unsaved(m), RECORD_NOTHING);
	note(m, "a", 10000);
	note(m, "b", 10000);
	assert_int_equal(memory_unsaved(m), RECORD_CHANGES);
	assert_int_equal(save(&c, m, RECORD_CHANGES), 2);
	assert_int_equal(memory_unsaved(m), RECORD_NOTHING);
	/* Seen again, but not for an hour. */
	note(m, "a", 13599);
	assert_int_equal(memory_unsaved(m), RECORD_NOTHING);
	note(m, "b", 13600);
	assert_int_equal(save(&c, m, RECORD_CHANGES), 1);
	assert_int_equal(c.bytes[0][c.n[0] - 1], 'b');
	memory_note_failure(m, span_text("a"), 13601);
	assert_int_equal(memory_unsaved(m), RECORD_CHANGES);
	assert_int_equal(save(&c, m, RECORD_CHANGES), 1);
	/* A failed writing, and a host that was cleared: all of it. */
	memory_save_failed(m);
	assert_int_equal(memory_unsaved(m), RECORD_ALL);
	assert_int_equal(save(&c, m, RECORD_ALL), 2);
	assert_int_equal(memory_unsaved(m), RECORD_NOTHING);
	assert_int_equal(memory_forget(m, span_text("a")), 0);
	assert_int_equal(memory_unsaved(m), RECORD_ALL);
	/* Who gave way is not written any more. */
	note(m, "c", 20000);
	assert_int_equal(memory_forget(m, span_text("c")), 0);
	assert_int_equal(save(&c, m, RECORD_ALL), 1);
	assert_int_equal(memory_unsaved(m), RECORD_NOTHING);
	memory_free(m);
}

static void
test_comes_back_from_records(void **state)
{
	struct memory *m = memory(2);
	struct memory *other = memory(2);
	struct memory_host host;
	struct copy c;

	(void)state;
	note(m, "a", 1000);
	memory_note(m, span_text("2001:db8::1"), MEMORY_TLS_1_2, 2000);
	memory_note_failure(m, span_text("2001:db8::1"), 3000);
	(void)save(&c, m, RECORD_ALL);
	for (size_t i = 0; i < c.count; i++)
		assert_int_equal(memory_restore(other,
				     span_of(c.bytes[i], c.n[i])),
		    0);
	assert_int_equal(memory_unsaved(other), RECORD_NOTHING);
	memory_each(other, 0, keep_host, &host);
	assert_true(span_equal(host.host, span_text("2001:db8::1")));
	assert_int_equal(host.best, MEMORY_TLS_1_2);
	assert_int_equal(host.first, 2000);
	assert_int_equal(host.offered, 2000);
	assert_int_equal(host.spoke, 2000);
	assert_int_equal(host.failed, 3000);
	/* The order has come back too: a gives way. */
	note(other, "c", 4000);
	assert_false(knows(other, "a", 4000, 30));
	assert_true(knows(other, "2001:db8::1", 4000, 30));
	memory_free(other);
	memory_free(m);
}

static void
test_what_cannot_be_is_not_taken_in(void **state)
{
	static const uint8_t good[] = { 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1,
		0, 0, 0, 0, 'm', 'x' };
	uint8_t bytes[sizeof(good)];
	struct memory *m = memory(4);

	(void)state;
	for (size_t n = 0; n <= 17; n++)
		assert_int_equal(memory_restore(m, span_of(good, n)),
		    DG_ESYNTAX);
	memcpy(bytes, good, sizeof(good));
	bytes[17] = ' ';
	assert_int_equal(memory_restore(m, span_of(bytes, sizeof(bytes))),
	    DG_ESYNTAX);
	memcpy(bytes, good, sizeof(good));
	bytes[0] = 4;
	assert_int_equal(memory_restore(m, span_of(bytes, sizeof(bytes))),
	    DG_ESYNTAX);
	assert_int_equal(memory_hosts(m), 0);
	assert_int_equal(memory_restore(m, span_of(good, sizeof(good))), 0);
	assert_int_equal(memory_hosts(m), 1);
	memory_free(m);
}

/* Long names do not make it take more than was set aside for it. */
static void
test_long_names_leave_room_for_fewer(void **state)
{
	struct memory *m = memory(MEMORY_HOSTS_MAX);
	char name[MEMORY_KEY_MAX + 1];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (unsigned i = 0; i < MEMORY_HOSTS_MAX; i++) {
		(void)snprintf(name, 8, "%07u", i);
		name[7] = '.';
		note(m, name, 1);
	}
	assert_true(memory_hosts(m) > 900);
	assert_true(memory_bytes(m) <= MEMORY_BYTES_MAX + (20U << 10));
	assert_true(knows(m, name, 1, 1));
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
		cmocka_unit_test(test_offers_are_not_handshakes),
		cmocka_unit_test(test_what_is_known_of_a_host),
		cmocka_unit_test(test_only_what_is_new_is_written),
		cmocka_unit_test(test_comes_back_from_records),
		cmocka_unit_test(test_what_cannot_be_is_not_taken_in),
		cmocka_unit_test(test_long_names_leave_room_for_fewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
