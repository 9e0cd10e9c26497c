/*
 * What policy keeps takes less than 512 KiB at its limits: downgrade memory,
 * evidence for the report, block events, the queue to the syslog server, the sums
 * of days and the tallies of TLS reports (of a day and the one before) together,
 * as the allocator was asked for it.
 */
/* link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=free */
#include <event2/event.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/blocks.h"
#include "daemon/exceptions.h"
#include "daemon/ledger.h"
#include "daemon/remote.h"
#include "daemon/sums.h"
#include "daemon/tlsreports.h"
#include "policy/evidence.h"
#include "policy/memory.h"
#include "session/watch.h"

#define LIMIT	 ((size_t)512 << 10)
#define OVERHEAD 16 /* of the allocator for each piece, at least */
#define NOW	 1800000000

static bool counting;
static size_t held; /* bytes */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static void *
count(void *p)
{
	if (counting && p != NULL)
		held += malloc_usable_size(p) + OVERHEAD;
	return p;
}

static void
discount(void *p)
{
	if (counting && p != NULL)
		held -= malloc_usable_size(p) + OVERHEAD;
}

void *
__wrap_malloc(size_t n)
{
	return count(__real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return count(__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	discount(p);
	return count(__real_realloc(p, n));
}

void
__wrap_free(void *p)
{
	discount(p);
	__real_free(p);
}

static void
give_counts(void *arg, struct counts *out)
{
	(void)arg;
	*out = (struct counts){ 0 };
}

/* A name of so many bytes that no other number has. */
static struct name
name_of(unsigned i, size_t len)
{
	char text[NAME_TEXT_MAX + 1];
	struct name name;

	memset(text, 'a', len);
	for (size_t at = 60; at < len - 1; at += 60)
		text[at] = '.';
	for (size_t at = 0; at < 6; at++, i /= 10)
		text[at] = (char)('0' + i % 10);
	assert_int_equal(name_parse(&name, span_of(text, len)), 0);
	return name;
}

static void
note(struct ledger *l, struct blocks *b, struct tlsreports *t,
    const struct name *domain, bool isheld)
{
	static uint64_t session;
	const struct host_facts host = { .host = *domain,
		.tlsa = TLSA_STATUS_ABSENT };
	const struct address local = { .family = ADDRESS_NONE };
	const struct requirement r = { .level = LEVEL_DANE,
		.host = &host,
		.by_rule = true,
		.rule_reason = "a text of an exception" };
	const struct watch_decision d = {
		.domain = *domain,
		.session = ++session,
		.judgement = { isheld ? VERDICT_DEFER : VERDICT_RELAY,
		    AUTH_NONE, isheld ? REASON_DOWNGRADE : REASON_OK },
	};
	const struct proxy_decided decided = { .decision = &d,
		.requirement = &r,
		.local = &local };

	ledger_note(l, &decided, NOW);
	tlsreports_note(t, &decided, NOW);
	if (isheld)
		blocks_note(b, domain, REASON_DOWNGRADE, 1);
}

/* Fills all of it by names of that length; what it takes then. */
static size_t
fill(struct event_base *base, size_t length)
{
	struct settings settings;
	struct memory *memory;
	struct ledger *ledger;
	struct blocks *blocks;
	struct remote *remote;
	struct sums *sums;
	struct tlsreports *tlsreports;
	size_t taken;

	settings_default(&settings);
	strcpy(settings.state_directory, "/nowhere");
	settings.tlsrpt_relay.family = ADDRESS_IPV4;
	held = 0;
	counting = true;
	assert_int_equal(memory_new(&memory, MEMORY_HOSTS_MAX), 0);
	assert_int_equal(ledger_new(&ledger, base, &settings, NOW), 0);
	assert_int_equal(blocks_new(&blocks, base), 0);
	assert_int_equal(remote_new(&remote, base, &settings), 0);
	assert_int_equal(sums_new(&sums, base, "/nowhere", give_counts, NULL,
			     NOW),
	    0);
	assert_int_equal(tlsreports_new(&tlsreports, base, &settings, NULL), 0);
	for (unsigned i = 0; i < 2 * MEMORY_HOSTS_MAX; i++) {
		struct name name = name_of(i, length);

		memory_note(memory, span_of(name.text, name.len),
		    MEMORY_TLS_1_3, NOW);
		if (i < 4 * EVIDENCE_OPEN_MAX) {
			note(ledger, blocks, tlsreports, &name, false);
			note(ledger, blocks, tlsreports, &name, true);
		}
		/* The day before is still being told of. */
		if (i == 2 * EVIDENCE_OPEN_MAX)
			assert_true(tlsreports_send(tlsreports, NOW));
	}
	taken = held;
	assert_in_range(memory_bytes(memory), 1, MEMORY_BYTES_MAX + 20000);
	assert_in_range(ledger_bytes(ledger), EVIDENCE_BYTES_MAX / 2,
	    EVIDENCE_BYTES_MAX + 1000);
	assert_in_range(remote_bytes() + blocks_bytes(), 1, 40000);
	assert_in_range(tlsreports_bytes(tlsreports), TLSREPORTS_BYTES_MAX / 2,
	    TLSREPORTS_BYTES_MAX + 2500);
	tlsreports_free(tlsreports);
	sums_free(sums, NOW);
	remote_free(remote);
	blocks_free(blocks);
	ledger_free(ledger);
	memory_free(memory);
	counting = false;
	return taken;
}

static void
test_all_together(void **state)
{
	static const size_t lengths[] = { 8, 16, 24, 40, 80, 253 };
	struct event_base *base = event_base_new();

	(void)state;
	assert_non_null(base);
	log_open(LOG_TO_SYSLOG, LOG_LEVEL_ERROR);
	for (size_t i = 0; i < DG_ARRAY_LEN(lengths); i++) {
		size_t taken = fill(base, lengths[i]);

		print_message("%zu bytes with names of %zu\n", taken,
		    lengths[i]);
		assert_in_range(taken, LIMIT / 2, LIMIT - 1);
	}
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
