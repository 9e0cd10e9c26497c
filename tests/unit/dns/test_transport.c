/* One question to forwarders on loopback. */
/* with: dns/support/forwarder.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/support/forwarder.h"
#include "dns/transport.h"

#define SERVERS 3
#define PATIENT 20000 /* no try ends by its timer */
#define SHORT	40    /* all of them do */

struct outcome {
	unsigned calls;
	int err;
	size_t server;
	size_t length;
	bool edns;
	unsigned incapable;
	char why[TRANSPORT_WHY_MAX];
};

static struct event_base *base;
static struct forwarder servers[SERVERS];
static struct transport *transport;
static struct outcome outcome;
static bool inside;

static void
on_answer(void *arg, const struct transport_answer *answer)
{
	struct outcome *o = arg;

	assert_false(inside);
	o->calls++;
	o->err = answer->err;
	o->server = answer->server;
	o->length = answer->message.n;
	o->edns = answer->edns;
	o->incapable = answer->incapable;
	if (answer->err != 0)
		assert_int_equal(span_copy_text(o->why, sizeof(o->why),
				     span_text(answer->why)),
		    0);
}

static int
setup(void **state)
{
	(void)state;
	base = event_base_new();
	if (base == NULL)
		return -1;
	for (size_t i = 0; i < SERVERS; i++)
		if (forwarder_open(&servers[i], base) != 0)
			return -1;
	transport = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	transport_free(transport);
	for (size_t i = 0; i < SERVERS; i++)
		forwarder_close(&servers[i]);
	event_base_free(base);
	return 0;
}

/* A transport over the first n forwarders. */
static void
use(size_t n, unsigned try_ms)
{
	struct address addresses[SERVERS];
	struct transport_config config = {
		.servers = addresses,
		.nservers = n,
		.try_ms = try_ms,
	};

	for (size_t i = 0; i < n; i++)
		addresses[i] = servers[i].address;
	assert_int_equal(transport_new(&transport, base, &config), 0);
}

static struct transport_query *
begin(unsigned avoid)
{
	struct dnssec_question question = { .type = DNS_TYPE_MX };
	struct transport_query *q;

	memset(&outcome, 0, sizeof(outcome));
	assert_int_equal(name_parse(&question.name, span_text("example.nl")),
	    0);
	inside = true;
	assert_int_equal(transport_ask(&q, transport, &question, avoid,
			     on_answer, &outcome),
	    0);
	inside = false;
	return q;
}

static void
ask_avoiding(unsigned avoid)
{
	(void)begin(avoid);
	while (outcome.calls == 0)
		assert_true(event_base_loop(base, EVLOOP_ONCE) >= 0);
	assert_int_equal(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	assert_int_equal(outcome.calls, 1);
}

static void
ask(void)
{
	ask_avoiding(0);
}

static void
test_asks_over_udp(void **state)
{
	(void)state;
	use(2, PATIENT);
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 0);
	assert_true(outcome.length > 12);
	assert_int_equal(servers[0].udp, 1);
	assert_int_equal(servers[0].tcp, 0);
	assert_int_equal(servers[1].udp, 0);
}

/* NXDOMAIN is an answer like any other. */
static void
test_nxdomain_is_an_answer(void **state)
{
	(void)state;
	use(2, PATIENT);
	servers[0].rcode = 3;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 0);
}

/* RFC 5452 9.2: a port of its own for each question. */
static void
test_fresh_port_each_time(void **state)
{
	(void)state;
	use(1, PATIENT);
	for (int i = 0; i < 50; i++)
		ask();
	/* Chance gives the same one again now and then, no more. */
	assert_true(servers[0].ports > 40);
}

/* RFC 5452 9.1: what does not fit is passed over, and the wait goes on. */
static void
test_rubbish_is_passed_over(void **state)
{
	(void)state;
	use(2, PATIENT);
	servers[0].manner = SENDS_RUBBISH_FIRST;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 0);
	assert_int_equal(servers[0].udp, 1);
	assert_int_equal(servers[0].tcp, 0);
}

/* Somebody guesses: on over TCP. */
static void
test_much_rubbish_leads_to_tcp(void **state)
{
	(void)state;
	use(1, PATIENT);
	servers[0].manner = SENDS_RUBBISH_ONLY;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(servers[0].udp, 1);
	assert_int_equal(servers[0].tcp, 1);
}

/* RFC 7766 5, RFC 2181 9. */
static void
test_truncated_leads_to_tcp(void **state)
{
	(void)state;
	use(2, PATIENT);
	servers[0].manner = TRUNCATES;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 0);
	assert_int_equal(servers[0].udp, 1);
	assert_int_equal(servers[0].tcp, 1);
}

static void
test_too_large_a_datagram_leads_to_tcp(void **state)
{
	(void)state;
	use(1, PATIENT);
	servers[0].manner = SENDS_MUCH;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(servers[0].tcp, 1);
	assert_true(outcome.length < 100);
}

static void
test_broken_tcp_leads_to_the_next(void **state)
{
	static const enum manner manners[] = { BREAKS_TCP, LIES_OVER_TCP };

	(void)state;
	use(2, PATIENT);
	for (size_t i = 0; i < DG_ARRAY_LEN(manners); i++) {
		servers[0].manner = manners[i];
		ask();
		assert_int_equal(outcome.err, 0);
		assert_int_equal(outcome.server, 1);
		assert_int_equal(servers[0].tcp, i + 1);
	}
}

static void
test_no_tcp_there(void **state)
{
	(void)state;
	use(2, PATIENT);
	servers[0].manner = TRUNCATES;
	event_free(servers[0].tcp_event);
	servers[0].tcp_event = NULL;
	(void)evutil_closesocket(servers[0].tcp_fd);
	servers[0].tcp_fd = -1;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 1);
}

static void
test_errors_lead_to_the_next(void **state)
{
	static const unsigned rcodes[] = { 2, 5, 9 };

	(void)state;
	use(2, PATIENT);
	for (size_t i = 0; i < DG_ARRAY_LEN(rcodes); i++) {
		servers[0].rcode = rcodes[i];
		ask();
		assert_int_equal(outcome.err, 0);
		assert_int_equal(outcome.server, 1);
	}
	/* It answers, so it is asked first each time. */
	assert_int_equal(servers[0].udp, DG_ARRAY_LEN(rcodes));
}

/* RFC 6891 7: who answers so does not take EDNS, and without it there is no
 * DNSSEC. That is said, and it comes last. */
static void
test_without_edns_no_dnssec(void **state)
{
	static const unsigned rcodes[] = { 1, 4 };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rcodes); i++) {
		transport_free(transport);
		use(2, PATIENT);
		servers[0].rcode = rcodes[i];
		servers[0].udp = 0;
		ask();
		assert_int_equal(outcome.err, 0);
		assert_int_equal(outcome.server, 1);
		assert_int_equal(outcome.incapable, 1);
		assert_false(outcome.edns);
		ask();
		assert_int_equal(servers[0].udp, 1);
	}
	transport_free(transport);
	use(1, PATIENT);
	ask();
	assert_int_equal(outcome.err, DG_EPROTO);
	assert_string_equal(outcome.why,
	    "NOTIMP from 127.0.0.1: it cannot do DNSSEC");
}

/* RFC 7766 6.2.1: a connection serves one question after the other. */
static void
test_connections_are_kept(void **state)
{
	(void)state;
	use(1, PATIENT);
	servers[0].manner = TRUNCATES;
	servers[0].keeps_open = true;
	for (size_t i = 0; i < 3; i++) {
		ask();
		assert_int_equal(outcome.err, 0);
	}
	assert_int_equal(servers[0].tcp, 3);
	assert_int_equal(servers[0].connections, 1);
	/* RFC 7766 6.2.4: it may end at any time. */
	forwarder_hang_up(&servers[0]);
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(servers[0].connections, 2);
}

/* Letters at random in the question; only the same ones are an answer. */
static void
test_mixed_case(void **state)
{
	struct address address = servers[0].address;
	struct transport_config config = {
		.servers = &address,
		.nservers = 1,
		.try_ms = SHORT,
		.mix_case = true,
	};
	unsigned upper = 0;

	(void)state;
	assert_int_equal(transport_new(&transport, base, &config), 0);
	/* Nine letters each: that none is large has no chance. */
	for (size_t i = 0; i < 8; i++) {
		ask();
		assert_int_equal(outcome.err, 0);
		upper += servers[0].upper;
	}
	assert_int_not_equal(upper, 0);
	assert_int_not_equal(upper, 9 * 8);
	do {
		servers[0].manner = LOWERS_CASE;
		ask();
	} while (servers[0].upper == 0);
	assert_int_equal(outcome.err, DG_ETIMEDOUT);
}

static void
test_all_say_no(void **state)
{
	(void)state;
	use(2, PATIENT);
	servers[0].rcode = 5;
	servers[1].rcode = 2;
	ask();
	assert_int_equal(outcome.err, DG_EPROTO);
	assert_string_equal(outcome.why, "SERVFAIL from 127.0.0.1");
	assert_int_equal(servers[0].udp, 1);
	assert_int_equal(servers[1].udp, 1);
}

static void
test_silence_leads_to_the_next(void **state)
{
	(void)state;
	use(2, SHORT);
	servers[0].manner = IS_SILENT;
	for (unsigned i = 0; i < 2; i++) {
		ask();
		assert_int_equal(outcome.err, 0);
		assert_int_equal(outcome.server, 1);
	}
	assert_true(servers[0].udp >= 2);
}

/* Whoever has been silent comes last, until nobody else answers. */
static void
test_the_silent_come_last(void **state)
{
	unsigned before;

	(void)state;
	use(2, SHORT);
	servers[0].manner = IS_SILENT;
	ask();
	ask();
	before = servers[0].udp;
	servers[0].manner = ANSWERS;
	servers[1].manner = IS_SILENT;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 0);
	assert_true(servers[1].udp >= 3);
	assert_true(servers[0].udp > before);
}

static void
test_marked_down_comes_last(void **state)
{
	(void)state;
	use(2, PATIENT);
	transport_mark_down(transport, 0);
	ask();
	assert_int_equal(outcome.server, 1);
	servers[1].rcode = 2;
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 0);
}

static void
test_nobody_answers(void **state)
{
	(void)state;
	use(2, SHORT);
	servers[0].manner = IS_SILENT;
	servers[1].manner = IS_SILENT;
	ask();
	assert_int_equal(outcome.err, DG_ETIMEDOUT);
	assert_string_equal(outcome.why, "no answer from 127.0.0.1");
	assert_int_equal(servers[0].udp + servers[1].udp, 2 * TRANSPORT_ROUNDS);
}

/* A port that refuses is known at once. */
static void
test_nobody_there(void **state)
{
	(void)state;
	use(2, PATIENT);
	forwarder_close(&servers[0]);
	ask();
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.server, 1);
	forwarder_close(&servers[1]);
	ask();
	assert_int_equal(outcome.err, DG_EIO);
}

static void
test_avoided_ones_are_not_asked(void **state)
{
	(void)state;
	use(3, PATIENT);
	assert_int_equal(transport_all(transport), 7);
	ask_avoiding(3);
	assert_int_equal(outcome.server, 2);
	ask_avoiding(7);
	assert_int_equal(outcome.err, DG_EIO);
	assert_string_equal(outcome.why, "no forwarder left to ask");
	assert_int_equal(servers[0].udp + servers[1].udp, 0);
}

/* Cancelled after so many turns of the loop: never a callback. */
static void
test_cancel(void **state)
{
	static const enum manner manners[] = { ANSWERS, TRUNCATES };

	(void)state;
	use(1, PATIENT);
	for (size_t m = 0; m < DG_ARRAY_LEN(manners); m++) {
		for (int turns = 0;; turns++) {
			struct transport_query *q;

			servers[0].manner = manners[m];
			q = begin(0);
			for (int i = 0; i < turns && outcome.calls == 0; i++)
				assert_true(
				    event_base_loop(base, EVLOOP_ONCE) >= 0);
			if (outcome.calls > 0)
				break;
			transport_cancel(q);
			assert_true(
			    event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
			assert_int_equal(outcome.calls, 0);
		}
	}
}

static void
test_needs_servers(void **state)
{
	struct address nowhere = { .family = ADDRESS_NONE };
	struct transport_config none = { .nservers = 0 };
	struct transport_config bad = { .servers = &nowhere, .nservers = 1 };

	(void)state;
	assert_int_equal(transport_new(&transport, base, &none), DG_EINVAL);
	assert_int_equal(transport_new(&transport, base, &bad), DG_EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_asks_over_udp),
		TEST(test_nxdomain_is_an_answer),
		TEST(test_fresh_port_each_time),
		TEST(test_rubbish_is_passed_over),
		TEST(test_much_rubbish_leads_to_tcp),
		TEST(test_truncated_leads_to_tcp),
		TEST(test_too_large_a_datagram_leads_to_tcp),
		TEST(test_broken_tcp_leads_to_the_next),
		TEST(test_no_tcp_there),
		TEST(test_errors_lead_to_the_next),
		TEST(test_without_edns_no_dnssec),
		TEST(test_connections_are_kept),
		TEST(test_mixed_case),
		TEST(test_all_say_no),
		TEST(test_silence_leads_to_the_next),
		TEST(test_the_silent_come_last),
		TEST(test_marked_down_comes_last),
		TEST(test_nobody_answers),
		TEST(test_nobody_there),
		TEST(test_avoided_ones_are_not_asked),
		TEST(test_cancel),
		TEST(test_needs_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
