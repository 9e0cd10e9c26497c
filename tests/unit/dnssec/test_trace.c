/* The way of a lookup as people see it: zones with their keys, aliases (RFC
 * 4035 5.2: each key trusted through a DS record or anchor). */
/* with: dnssec/support/world.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dnssec/support/world.h"

static struct world w;
static char seen[1000];

static void
watch(void *arg, const struct dnssec_trace_step *step)
{
	size_t at = strlen(seen);

	assert_ptr_equal(arg, &w);
	at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%s %s",
	    step->name, dnssec_status_text(step->status));
	if (step->target != NULL)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, " -> %s",
		    step->target);
	for (size_t i = 0; i < step->nkeys; i++) {
		/* The world's zones have one key each. */
		const char *origin = strcmp(step->name, "the root") == 0 ? "."
		    : strcmp(step->name, "nl") == 0			 ? "nl."
						    : "example.nl.";

		assert_int_equal(step->keys[i].tag,
		    world_find(&w, origin)->tag);
		at += (size_t)snprintf(seen + at, sizeof(seen) - at,
		    " key %u %u", (unsigned)step->keys[i].algorithm,
		    (unsigned)step->keys[i].digest);
	}
	(void)snprintf(seen + at, sizeof(seen) - at, "\n");
}

static void
test_trace_tells_zones_and_aliases(void **state)
{
	struct world_zone *z;

	(void)state;
	world_open(&w);
	world_zone(&w, ".", WORLD_NSEC);
	world_zone(&w, "nl.", WORLD_NSEC);
	z = world_zone(&w, "example.nl.", WORLD_NSEC);
	world_add(z, "alias.example.nl. 300 IN CNAME www.unsigned.nl.");
	z = world_zone(&w, "unsigned.nl.", WORLD_UNSIGNED);
	world_add(z, "www.unsigned.nl. 300 IN A 192.0.2.5");
	world_sign(&w);
	dnssec_trust_set_trace(w.trust, watch, &w);
	assert_int_equal(world_lookup(&w, "alias.example.nl", DNS_TYPE_A)
			     ->status,
	    DNSSEC_INSECURE);
	assert_string_equal(seen,
	    "the root secure key 13 2\n"
	    "nl secure key 13 2\n"
	    "example.nl secure key 13 2\n"
	    "alias.example.nl secure -> www.unsigned.nl\n"
	    "unsigned.nl insecure\n");
	seen[0] = '\0';
	dnssec_trust_set_trace(w.trust, NULL, NULL);
	assert_int_equal(world_lookup(&w, "alias.example.nl", DNS_TYPE_A)
			     ->status,
	    DNSSEC_INSECURE);
	assert_string_equal(seen, "");
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace_tells_zones_and_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
