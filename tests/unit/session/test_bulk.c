/* with: session/support/fake_net.c session/support/fake_tls.c */
/* with: session/support/fake_route.c */
/*
 * The larger buffers of a message: who gets them, what is held stays what it is,
 * and when they come back. What they are for, and that mail goes through them
 * unchanged, is seen in scenarios/data-bulk and bdat-big.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/session.h"

#define SESSIONS 3

struct fixture {
	struct proxy proxy;
	struct session sessions[SESSIONS];
};

/* Room for two, and three sessions, each in its own buffers. */
static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.proxy.bulks.limit = 2 * sizeof(struct bulk);
	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *s = &f.sessions[i];
		struct session_memory *m = &s->memory;

		s->proxy = &f.proxy;
		buf_init(&s->down_in, m->down_in, sizeof(m->down_in));
		buf_init(&s->upstream.app_out, m->upstream.app_out,
		    UPSTREAM_OUT);
		buf_init(&s->upstream.wire_out, m->upstream.wire_out,
		    UPSTREAM_OUT);
	}
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SESSIONS; i++)
		bulk_drop(&f->sessions[i]);
	assert_int_equal(f->proxy.bulks.used, 0);
	return 0;
}

/* All of the room but `room` is taken by a byte that tells whose it is. */
static void
fill(struct buf *b, size_t room, char byte)
{
	uint8_t *tail;
	size_t n;

	tail = buf_tail(b, &n);
	memset(tail, byte, n - room);
	buf_commit(b, n - room);
}

static bool
holds(const struct buf *b, size_t n, char byte)
{
	struct span held = buf_peek(b);

	for (size_t i = 0; i < held.n; i++)
		if (held.p[i] != (uint8_t)byte)
			return false;
	return held.n == n;
}

static void
test_lent_when_its_own_is_full(void **state)
{
	struct session *s = &((struct fixture *)*state)->sessions[0];

	fill(&s->down_in, 1, 'x');
	bulk_lend(s);
	assert_null(s->bulk);
	fill(&s->down_in, 0, 'x');
	bulk_lend(s);
	assert_non_null(s->bulk);
	assert_true(buf_room(&s->down_in) >= BULK_SIZE / 2);
	assert_int_equal(s->proxy->bulks.used, sizeof(struct bulk));
}

/* What the three hold goes with them, also from the middle of a buffer. */
static void
test_what_is_held_goes_along(void **state)
{
	struct session *s = &((struct fixture *)*state)->sessions[0];
	size_t in = sizeof(s->memory.down_in);

	fill(&s->down_in, 0, 'a');
	fill(&s->upstream.app_out, 100, 'b');
	buf_drop(&s->upstream.app_out, 10);
	fill(&s->upstream.wire_out, 0, 'c');
	bulk_lend(s);
	assert_true(holds(&s->down_in, in, 'a'));
	assert_true(holds(&s->upstream.app_out, UPSTREAM_OUT - 110, 'b'));
	assert_true(holds(&s->upstream.wire_out, UPSTREAM_OUT, 'c'));
	buf_drop(&s->down_in, 10);
	bulk_return(s);
	assert_null(s->bulk);
	assert_true(holds(&s->down_in, in - 10, 'a'));
	assert_true(holds(&s->upstream.app_out, UPSTREAM_OUT - 110, 'b'));
	assert_true(holds(&s->upstream.wire_out, UPSTREAM_OUT, 'c'));
}

static void
test_returned_when_all_fits(void **state)
{
	struct session *s = &((struct fixture *)*state)->sessions[0];
	struct buf *bufs[] = { &s->down_in, &s->upstream.app_out,
		&s->upstream.wire_out };
	const size_t own[] = { sizeof(s->memory.down_in), UPSTREAM_OUT,
		UPSTREAM_OUT };

	for (size_t i = 0; i < DG_ARRAY_LEN(bufs); i++) {
		buf_clear(&s->down_in);
		fill(&s->down_in, 0, 'x');
		bulk_lend(s);
		buf_clear(&s->down_in);
		fill(bufs[i], 0, 'y');
		buf_drop(bufs[i], bufs[i]->len - own[i] - 1);
		bulk_return(s);
		assert_non_null(s->bulk);
		buf_drop(bufs[i], 1);
		bulk_return(s);
		assert_null(s->bulk);
		assert_true(holds(bufs[i], own[i], 'y'));
		buf_clear(bufs[i]);
	}
}

/* A third one finds none, and gets what another gave back. */
static void
test_bounded(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < SESSIONS; i++) {
		fill(&f->sessions[i].down_in, 0, 'x');
		bulk_lend(&f->sessions[i]);
		bulk_lend(&f->sessions[i]); /* one is enough */
	}
	assert_int_equal(f->proxy.bulks.used, 2 * sizeof(struct bulk));
	assert_null(f->sessions[2].bulk);
	bulk_return(&f->sessions[0]);
	bulk_lend(&f->sessions[2]);
	assert_non_null(f->sessions[2].bulk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lent_when_its_own_is_full,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_held_goes_along,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_returned_when_all_fits,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
