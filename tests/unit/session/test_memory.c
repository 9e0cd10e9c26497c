/* with: session/support/fake_net.c session/support/fake_tls.c */
/* with: session/support/fake_route.c session/support/player.c */
/* with: session/support/witness.c */
/* link: -Wl,--wrap=log_end -Wl,--wrap=malloc -Wl,--wrap=calloc */
/* link: -Wl,--wrap=realloc */
/*
 * Memory runs out: long scenarios are played with the n-th allocation of the
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

#include <cmocka.h>

#include "session/support/player.h"

#define FOLDER "tests/unit/session/scenarios/"

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
	unsigned long all;

	play(path, 0);
	all = made;
	assert_true(all > 5);
	for (int rest = 0; rest < 2; rest++) {
		from_then_on = rest == 1;
		for (unsigned long n = 1; n <= all; n++)
			play(path, n);
	}
	from_then_on = false;
	(void)printf("%lu allocations\n", all);
}

#define SCENARIO(name)                                         \
	{                                                      \
		name, test_every_allocation_fails, NULL, NULL, \
		    (void *)(uintptr_t)FOLDER name             \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENARIO("pipelined-envelope"),
		SCENARIO("two-messages"),
		SCENARIO("two-domains"),
		SCENARIO("level-none-then-dane"),
		SCENARIO("bdat-chunks"),
		SCENARIO("bdat-pipelined"),
		SCENARIO("relay"),
		SCENARIO("reload-in-facts"),
		SCENARIO("unlisted-other-host"),
		SCENARIO("data-server-stalls"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
