/* with: session/support/fake_net.c session/support/fake_tls.c */
/* with: session/support/fake_route.c session/support/player.c */
/* with: session/support/witness.c session/support/scenarios.c */
/* link: -Wl,--wrap=log_end -Wl,--wrap=malloc -Wl,--wrap=calloc */
/* link: -Wl,--wrap=realloc */
/*
 * Memory runs out: every scenario is played with the n-th allocation of the
 * daemon's part failing, for every n, and with all from the n-th on. The lines
 * are said whatever comes; there must be no crash, no acceptance that is not
 * the server's (RFC 5321 6.1), no envelope in clear, nobody who waits without a
 * timeout, and nothing left at the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/support/player.h"
#include "session/support/scenarios.h"

/* Who makes more does the same few over and over: then n goes in steps. */
#define EVERY_ONE 200
#define STEPS	  5

/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t each);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t each);
void *__wrap_realloc(void *p, size_t n);
/* NOLINTEND(readability-identifier-naming) */

static bool counting;
static bool from_then_on;
static unsigned long made, failing; /* failing: 0 is never */

static bool
refused(void)
{
	if (!counting)
		return false;
	made++;
	return failing != 0 &&
	    (made == failing || (from_then_on && made > failing));
}

void *
__wrap_malloc(size_t n)
{
	return refused() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t count, size_t each)
{
	return refused() ? NULL : __real_calloc(count, each);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refused() ? NULL : __real_realloc(p, n);
}

static void
curtain(bool up)
{
	counting = up;
}

static void
play(const char *path, unsigned long nth)
{
	static struct play p;

	p = (struct play){ .path = path, .blind = true, .curtain = curtain };
	made = 0;
	failing = nth;
	if (!play_run(&p))
		fail_msg("allocation %lu\n%s", nth, p.error);
}

static void
test_every_allocation_fails(void **state)
{
	const char *path = *state;
	unsigned long all, step;

	play(path, 0);
	all = made;
	assert_true(all > 0);
	step = all <= EVERY_ONE ? 1 : all / STEPS;
	for (int rest = 0; rest < 2; rest++) {
		from_then_on = rest == 1;
		for (unsigned long n = 1; n <= all; n += step)
			play(path, n);
	}
	from_then_on = false;
}

/* Chunks without number take no more memory than two (RFC 3030 4.2). */
static void
test_chunks_take_no_memory(void **state)
{
	static struct play p;
	static const char *const turns[] = { "1", "3000" };
	unsigned long each[DG_ARRAY_LEN(turns)];
	char text[1000];

	(void)state;
	failing = 0;
	for (size_t i = 0; i < DG_ARRAY_LEN(turns); i++) {
		int n = snprintf(text, sizeof(text),
		    "include right\ninclude accepted\nrepeat %s\n"
		    "client ++ BDAT 1\\r\\n\nclient >> x\n"
		    "server >> BDAT 1\\r\\nx\n"
		    "server < 250 ok\nclient < 250 ok\nend\n"
		    "client > BDAT 0 LAST\nserver > BDAT 0 LAST\n"
		    "server < 250 queued\nclient < 250 queued\n"
		    "log delivered size=%s\ninclude bye\n",
		    turns[i], turns[i]);

		p = (struct play){
			.path = "chunks",
			.text = span_of(text, (size_t)n),
			.curtain = curtain,
		};
		made = 0;
		if (!play_run(&p))
			fail_msg("%s", p.error);
		each[i] = made;
	}
	assert_int_equal(each[0], each[1]);
}

int
main(void)
{
	return scenarios_run("memory", test_every_allocation_fails,
	    (struct CMUnitTest)cmocka_unit_test(test_chunks_take_no_memory));
}
