/* with: session/support/fake_net.c session/support/fake_tls.c */
/* with: session/support/fake_route.c session/support/player.c */
/* with: session/support/witness.c session/support/scenarios.c */
/* link: -Wl,--wrap=log_end -Wl,--wrap=pkix_verify */
/*
 * Plays every file of scenarios/, each as it is written, with all bytes one by
 * one, and cut at random three times. The files name their RFC sections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/session.h"
#include "session/support/player.h"
#include "session/support/scenarios.h"

static void
play(const char *path, enum fake_split split, uint32_t seed)
{
	static struct play p;

	p = (struct play){ .path = path, .split = split, .seed = seed };
	if (!play_run(&p))
		fail_msg("split %d, seed %u\n%s", split, seed, p.error);
}

static void
test_scenario(void **state)
{
	const char *path = *state;

	play(path, FAKE_WHOLE, 0);
	play(path, FAKE_BYTES, 0);
	for (uint32_t seed = 1; seed <= 3; seed++)
		play(path, FAKE_RANDOM, seed * 7919);
}

static const char *const events[EVENTS] = {
	[EVENT_CONNECTED] = "connected",
	[EVENT_COMMAND] = "command",
	[EVENT_BODY] = "body",
	[EVENT_REPLY] = "reply",
	[EVENT_BAD_REPLY] = "bad-reply",
	[EVENT_FACTS] = "facts",
	[EVENT_SECURED] = "secured",
	[EVENT_SERVER_GONE] = "server-gone",
	[EVENT_CLIENT_GONE] = "client-gone",
	[EVENT_TIMEOUT] = "timeout",
};

/*
 * Every pair of state and event has an answer. The last one to run: it lists
 * the cells that can be reached and that no scenario has been in, and lets
 * there be none that ran and was called impossible.
 */
static void
test_matrix(void **state)
{
	unsigned possible = 0, missed = 0;

	(void)state;
	for (int s = 0; s < SESSION_STATES; s++)
		for (int e = 0; e < EVENTS; e++) {
			struct session_cell c;

			session_matrix_cell(&c, (enum session_state)s,
			    (enum session_event)e);
			assert_true(c.filled);
			if (!c.possible) {
				assert_int_equal(c.runs, 0);
				continue;
			}
			possible++;
			if (c.runs > 0)
				continue;
			missed++;
			(void)printf("never hit: %s x %s\n",
			    session_state_text((enum session_state)s),
			    events[e]);
		}
	(void)printf("%u of %u cells hit\n", possible - missed, possible);
}

int
main(int argc, char **argv)
{
	/* One alone, for whoever writes it. */
	if (argc == 2) {
		play(argv[1], FAKE_WHOLE, 0);
		return 0;
	}
	return scenarios_run("scenarios", test_scenario,
	    (struct CMUnitTest)cmocka_unit_test(test_matrix));
}
