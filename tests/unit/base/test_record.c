/* Records in a file that may be torn or damaged: all whole ones are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/record.h"

#define ROOM 4096

static uint8_t mem[ROOM];

/* Three records of different kinds: "one", nothing, 200 times the mark. */
static struct span
example(size_t ends[3])
{
	uint8_t marks[200];
	struct buf b;

	memset(marks, 0xd7, sizeof(marks));
	buf_init(&b, mem, sizeof(mem));
	assert_int_equal(record_put(&b, 1, span_text("one")), 0);
	ends[0] = b.len;
	assert_int_equal(record_put(&b, 2, span_text("")), 0);
	ends[1] = b.len;
	assert_int_equal(record_put(&b, 3, span_of(marks, sizeof(marks))), 0);
	ends[2] = b.len;
	return buf_peek(&b);
}

static size_t
take_all(uint8_t kinds[4], struct span in, size_t *skipped)
{
	struct record r;
	size_t n = 0;

	*skipped = 0;
	while (record_take(&r, &in, true, skipped) == 0) {
		assert_true(n < 3);
		kinds[n++] = r.kind;
	}
	assert_int_equal(in.n, 0);
	return n;
}

static void
test_bytes_are_as_documented(void **state)
{
	/* CRC-32 of "123456789" is cbf43926 (ISO 3309); here of d7 01 00 03
	 * "one". */
	static const uint8_t wanted[] = { 0xd7, 1, 0, 3, 'o', 'n', 'e', 0xaf,
		0xcc, 0xc1, 0x1d };
	size_t ends[3];
	struct span in = example(ends);
	struct record r;
	size_t skipped = 0;

	(void)state;
	assert_int_equal(ends[0], sizeof(wanted));
	assert_memory_equal(in.p, wanted, sizeof(wanted));
	assert_int_equal(record_take(&r, &in, false, &skipped), 0);
	assert_int_equal(r.kind, 1);
	assert_true(span_equal(r.payload, span_text("one")));
	assert_int_equal(record_take(&r, &in, false, &skipped), 0);
	assert_int_equal(r.payload.n, 0);
	assert_int_equal(record_take(&r, &in, false, &skipped), 0);
	assert_int_equal(r.payload.n, 200);
	assert_int_equal(record_take(&r, &in, false, &skipped), DG_EAGAIN);
	assert_int_equal(skipped, 0);
}

static void
test_truncated_at_each_byte(void **state)
{
	size_t ends[3];
	struct span whole = example(ends);
	uint8_t kinds[4];

	(void)state;
	for (size_t n = 0; n <= whole.n; n++) {
		size_t skipped;
		size_t found = take_all(kinds, span_slice(whole, 0, n),
		    &skipped);
		size_t wanted = 0;

		while (wanted < 3 && ends[wanted] <= n)
			wanted++;
		assert_int_equal(found, wanted);
		assert_int_equal(skipped,
		    n - (wanted > 0 ? ends[wanted - 1] : 0));
	}
}

/* One damaged byte costs the record that it is in, and no other. */
static void
test_each_byte_damaged(void **state)
{
	size_t ends[3];
	struct span whole = example(ends);
	uint8_t kinds[4];

	(void)state;
	for (size_t i = 0; i < whole.n * 255; i++) {
		size_t at = i / 255;
		size_t hit = at < ends[0] ? 1 : at < ends[1] ? 2 : 3;
		size_t skipped;
		size_t n;

		mem[at] ^= (uint8_t)(i % 255 + 1);
		n = take_all(kinds, whole, &skipped);
		mem[at] ^= (uint8_t)(i % 255 + 1);
		assert_int_equal(n, 2);
		assert_int_equal(kinds[0], hit == 1 ? 2 : 1);
		assert_int_equal(kinds[1], hit == 3 ? 2 : 3);
		assert_true(skipped >= RECORD_OVERHEAD);
	}
}

/* What was added behind a torn end is found. */
static void
test_added_behind_a_torn_end(void **state)
{
	static uint8_t joined[2 * ROOM];
	size_t ends[3];
	struct span whole = example(ends);
	uint8_t kinds[4];

	(void)state;
	for (size_t n = 0; n < ends[1]; n++) {
		size_t skipped;
		size_t before = n < ends[0] ? 0 : 1;

		memcpy(joined, whole.p, n);
		memcpy(joined + n, whole.p + ends[0], whole.n - ends[0]);
		assert_int_equal(take_all(kinds,
				     span_of(joined, n + whole.n - ends[0]),
				     &skipped),
		    before + 2);
	}
}

/* Piece by piece it is the same as at once. */
static void
test_what_may_begin_a_record_is_left(void **state)
{
	size_t ends[3];
	struct span whole = example(ends);
	struct record r;

	(void)state;
	for (size_t n = 0; n < ends[0]; n++) {
		struct span in = span_slice(whole, 0, n);
		size_t skipped = 0;

		assert_int_equal(record_take(&r, &in, false, &skipped),
		    DG_EAGAIN);
		assert_int_equal(in.n, n);
		assert_int_equal(skipped, 0);
	}
}

static void
test_limits(void **state)
{
	static uint8_t big[RECORD_PAYLOAD_MAX + 1];
	struct buf b;

	(void)state;
	buf_init(&b, mem, RECORD_MAX);
	assert_int_equal(record_put(&b, 1, span_of(big, sizeof(big))),
	    DG_ELIMIT);
	assert_int_equal(record_put(&b, 1, span_of(big, sizeof(big) - 1)), 0);
	assert_int_equal(buf_room(&b), 0);
	assert_int_equal(record_put(&b, 1, span_text("")), DG_EAGAIN);
}

static void
test_numbers(void **state)
{
	uint8_t p[8];

	(void)state;
	record_number_put(p, 8, 0x0102030405060708);
	assert_int_equal(p[0], 1);
	assert_int_equal(p[7], 8);
	assert_true(record_number_get(p, 8) == 0x0102030405060708);
	assert_int_equal(record_number_get(p + 6, 2), 0x0708);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_as_documented),
		cmocka_unit_test(test_truncated_at_each_byte),
		cmocka_unit_test(test_each_byte_damaged),
		cmocka_unit_test(test_added_behind_a_torn_end),
		cmocka_unit_test(test_what_may_begin_a_record_is_left),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
