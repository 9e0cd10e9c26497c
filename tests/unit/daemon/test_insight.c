/*
 * Long answers: told in slices that are bounded in bytes and entries, whole and
 * in order whatever happens between two of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "base/json_read.h"
#include "config/config.h"
#include "daemon/footprint.h"
#include "daemon/insight.h"
#include "session/session.h"

#define CLIENTS	   300
#define ANSWER_MAX ((size_t)2 << 20)
#define ENTRIES	   64 /* of a slice, as docs/control.md has it */

struct fixture {
	struct event_base *base;
	struct settings settings;
	struct proxy *proxy;
	struct logbook book;
	struct insight in;
	int far[CLIENTS];
	size_t nfar;
	void (*between)(struct fixture *f); /* two slices */
	unsigned slices;
	char answer[ANSWER_MAX];
	size_t n;
};

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.base = event_base_new();
	assert_non_null(f.base);
	settings_default(&f.settings);
	f.settings.max_sessions = CLIENTS;
	f.settings.max_sessions_per_client = 0;
	f.settings.memory_limit = 64 << 20;
	assert_int_equal(proxy_new(&f.proxy, f.base, &f.settings, NULL, NULL),
	    0);
	f.in = (struct insight){ .settings = &f.settings,
		.proxy = f.proxy,
		.logbook = &f.book };
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	proxy_free(f->proxy);
	for (size_t i = 0; i < f->nfar; i++)
		(void)close(f->far[i]);
	settings_free(&f->settings);
	event_base_free(f->base);
	return 0;
}

static void
come(struct fixture *f)
{
	struct address client, server;
	int fds[2];

	assert_int_equal(address_parse_port(&client, span_text("10.0.0.1"), 99),
	    0);
	assert_int_equal(address_parse_port(&server, span_text("127.0.0.1"),
			     25),
	    0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	f->far[f->nfar++] = fds[1];
	proxy_accept(f->proxy, fds[0], &client, &server);
}

/* Asks as the control socket does. */
static void
question(struct fixture *f, const char *line)
{
	struct control_request request;
	struct control_cursor at = { 0 };
	char slice[CONTROL_SLICE];
	const char *why;
	struct json j;
	bool more;

	assert_int_equal(control_parse(&request, span_text(line), &why), 0);
	f->n = 0;
	f->slices = 0;
	json_to_memory(&j, slice, sizeof(slice));
	json_object(&j);
	do {
		more = insight_show(&j, &f->in, &request, &at);
		if (!more) {
			json_close(&j);
			assert_int_equal(json_end(&j), 0);
		}
		/* What was written stayed within the slice. */
		assert_true(json_room(&j) > 0);
		assert_true(f->n + j.len <= ANSWER_MAX);
		memcpy(f->answer + f->n, slice, j.len);
		f->n += j.len;
		f->slices++;
		json_go_on(&j, slice, sizeof(slice));
		if (more && f->between != NULL)
			f->between(f);
	} while (more);
}

/* The numbers that member `key` has in the entries of the answer's arrays. */
static size_t
numbers(const struct fixture *f, const char *key, uint64_t *out, size_t max)
{
	struct json_reader r = json_reader(span_of(f->answer, f->n));
	struct json_token t;
	unsigned depth = 0;
	size_t n = 0;

	do {
		assert_int_equal(json_next(&r, &t), 0);
		depth += t.type == JSON_OBJECT || t.type == JSON_ARRAY;
		depth -= t.type == JSON_CLOSE;
		if (depth < 3 || t.type != JSON_NUMBER ||
		    !span_equal(t.key, span_text(key)))
			continue;
		assert_true(n < max);
		assert_int_equal(span_number(&out[n++], t.text, INT64_MAX), 0);
	} while (t.type != JSON_END);
	return n;
}

static void
test_sessions(void **state)
{
	struct fixture *f = *state;
	uint64_t ids[CLIENTS];

	for (size_t i = 0; i < CLIENTS; i++)
		come(f);
	question(f, "show sessions");
	assert_int_equal(numbers(f, "id", ids, CLIENTS), CLIENTS);
	for (size_t i = 0; i < CLIENTS; i++)
		assert_int_equal(ids[i], i + 1);
	assert_in_range(f->slices, CLIENTS / ENTRIES + 1, CLIENTS / 8);
	question(f, "show sessions 77");
	assert_int_equal(numbers(f, "id", ids, CLIENTS), 1);
	assert_int_equal(ids[0], 77);
	assert_int_equal(numbers(f, "errors", ids, CLIENTS), 1);
	question(f, "show sessions 1000");
	assert_int_equal(numbers(f, "id", ids, CLIENTS), 0);
	question(f, "show sessions detail");
	assert_int_equal(numbers(f, "body_bytes", ids, CLIENTS), CLIENTS);
}

/* The first one ends, a new one comes. */
static void
change(struct fixture *f)
{
	session_free(f->proxy->sessions.first);
	if (f->nfar < CLIENTS)
		come(f);
}

static void
test_sessions_that_change(void **state)
{
	struct fixture *f = *state;
	uint64_t ids[CLIENTS];
	size_t n;

	for (size_t i = 0; i < CLIENTS - 5; i++)
		come(f);
	f->between = change;
	question(f, "show sessions");
	n = numbers(f, "id", ids, CLIENTS);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ids[i], i + 1);
	assert_in_range(n, CLIENTS - 5, CLIENTS);
}

/* The longest that can be, in bytes that take six each as JSON. */
static void
test_longest_session(void **state)
{
	static const char mail[] = "MAIL FROM:<";
	struct fixture *f = *state;
	struct session *s;

	come(f);
	s = f->proxy->sessions.first;
	memset(s->helo, 0xff, sizeof(s->helo) - 1);
	memset(s->mail, 0xff, sizeof(s->mail));
	memcpy(s->mail, mail, sizeof(mail) - 1);
	memcpy(s->mail + sizeof(s->mail) - 4, "@a>", 3);
	s->mail_len = sizeof(s->mail) - 1;
	s->have_mail = true;
	s->offered.bits = ~0U;
	s->decision.requirement.level = LEVEL_DANE_ONLY;
	memset(s->decision.domain.text, 'a', NAME_TEXT_MAX);
	question(f, "show sessions detail");
	assert_in_range(f->n, 1500, CONTROL_ENTRY_MAX);
	s->have_mail = false;
}

static void
test_policy_of_many_rules(void **state)
{
	struct fixture *f = *state;
	char rules[1 << 16] = "";
	struct config_error error;
	uint64_t days;
	size_t n = 0;

	for (unsigned i = 0; i < 1000; i++)
		n += (size_t)snprintf(rules + n, sizeof(rules) - n,
		    "set policy domain d%u.example level may\n", i);
	(void)snprintf(rules + n, sizeof(rules) - n,
	    "set policy relay 192.0.2.0/24 name mx.example\n");
	settings_free(&f->settings);
	assert_int_equal(config_parse(&f->settings, span_text(rules), &error),
	    0);
	question(f, "show policy");
	assert_int_equal(numbers(f, "none", &days, 1), 0);
	assert_in_range(f->slices, 1000 / ENTRIES + 1, 1000 / 16);
	assert_non_null(memmem(f->answer, f->n, "d0.example", 10));
	assert_non_null(memmem(f->answer, f->n, "d999.example", 12));
	assert_non_null(memmem(f->answer, f->n, "192.0.2.0/24", 12));
	question(f, "show configuration");
	assert_in_range(f->slices, 1000 / ENTRIES + 1, 1000 / 16);
	assert_non_null(memmem(f->answer, f->n, "d999.example", 12));
}

/* The books: each pool by name, with its peak and limit, and a sum that takes off
 * what idle sessions have given back. */
static void
test_memory(void **state)
{
	struct fixture *f = *state;
	uint64_t bytes[8], peaks[8], limits[8];
	struct footprint seen;
	uint64_t sum = 0;
	size_t n;

	for (size_t i = 0; i < 3; i++)
		come(f);
	session_free(f->proxy->sessions.first);
	f->in.at_start = footprint_at_start(&f->in);
	f->proxy->given_back = 8192;
	question(f, "show memory");
	n = numbers(f, "bytes", bytes, 8);
	assert_int_equal(numbers(f, "peak_bytes", peaks, 8), n);
	assert_int_equal(numbers(f, "limit_bytes", limits, 8), n);
	assert_non_null(strstr(f->answer, "\"pool\":\"sessions\""));
	assert_int_equal(bytes[0], 2 * SESSION_OWN);
	assert_int_equal(peaks[0], 3 * SESSION_OWN);
	assert_true(
	    limits[0] / SESSION_OWN == f->proxy->room.limit / SESSION_MEMORY);
	assert_non_null(strstr(f->answer, "\"given_back_bytes\":8192,"));
	footprint_take(&seen, &f->in);
	for (size_t i = 0; i < n; i++) {
		assert_true(peaks[i] >= bytes[i]);
		sum += seen.pools[i].used;
	}
	assert_int_equal(seen.npools, n);
	assert_int_equal(seen.sum, sum + seen.program - 8192);
	assert_true(seen.program >= f->in.at_start);
	/* Nothing has been taken since: both sides are the same. */
	assert_in_range(seen.resident, seen.sum - seen.sum / 10,
	    seen.sum + seen.sum / 10);
	assert_in_range(seen.stack_peak, 4096, 8 << 20);
	f->proxy->given_back = 0;
}

static void
test_hosts(void **state)
{
	struct fixture *f = *state;
	static uint64_t times[MEMORY_HOSTS_MAX];
	char host[32];
	size_t n;

	for (unsigned i = 1; i <= MEMORY_HOSTS_MAX; i++) {
		(void)snprintf(host, sizeof(host), "mx%u.example", i);
		memory_note(proxy_memory(f->proxy), span_text(host),
		    MEMORY_TLS_1_3, i);
	}
	question(f, "show downgrade-memory");
	n = numbers(f, "offered_time", times, MEMORY_HOSTS_MAX);
	assert_int_equal(n, memory_hosts(proxy_memory(f->proxy)));
	for (size_t i = 1; i < n; i++)
		assert_int_equal(times[i], times[i - 1] + 1);
	assert_true(f->slices >= n / ENTRIES);
}

static void
test_decisions(void **state)
{
	struct fixture *f = *state;
	struct watch_decision d = { .level = LEVEL_DANE };
	uint64_t seen[WATCH_DESTINATIONS];

	for (unsigned i = 1; i <= 2 * WATCH_DECISIONS; i++) {
		d.server.family = ADDRESS_IPV4;
		d.server.bytes[3] = (uint8_t)i;
		watch_decide(&f->proxy->watch, &d);
	}
	question(f, "show decisions");
	assert_int_equal(numbers(f, "number", seen, WATCH_DECISIONS),
	    WATCH_DECISIONS);
	assert_int_equal(seen[0], WATCH_DECISIONS + 1);
	assert_int_equal(seen[WATCH_DECISIONS - 1], 2 * WATCH_DECISIONS);
	question(f, "show decisions 126");
	assert_int_equal(numbers(f, "number", seen, WATCH_DECISIONS), 2);
	question(f, "show destinations");
	assert_int_equal(numbers(f, "held", seen, WATCH_DESTINATIONS),
	    WATCH_DESTINATIONS);
	assert_true(f->slices > 1);
}

static void
test_log(void **state)
{
	struct fixture *f = *state;
	uint64_t seen[LOGBOOK_LINES];
	struct control_request request;
	struct control_cursor at = { 0 };
	char text[4096];
	const char *why;
	struct json j;

	for (unsigned i = 1; i <= 2 * LOGBOOK_LINES; i++)
		logbook_add(&f->book, LOG_LEVEL_INFO,
		    i % 4 == 0 ? "decision domain=a" : "delivered domain=b", i);
	question(f, "show log");
	assert_int_equal(numbers(f, "number", seen, LOGBOOK_LINES),
	    LOGBOOK_LINES);
	assert_int_equal(seen[0], LOGBOOK_LINES + 1);
	question(f, "show log domain=a");
	assert_int_equal(numbers(f, "number", seen, LOGBOOK_LINES),
	    LOGBOOK_LINES / 4);
	/* A follower begins a little before now; what he misses, he is told. */
	assert_int_equal(control_parse(&request, span_text("show log follow"),
			     &why),
	    0);
	json_to_memory(&j, text, sizeof(text));
	json_object(&j);
	assert_true(insight_follow(&j, &f->in, &request, &at));
	assert_non_null(strstr(text, "\"number\":1015,"));
	for (unsigned i = 0; i < LOGBOOK_LINES; i++)
		logbook_add(&f->book, LOG_LEVEL_INFO, "later", i);
	json_to_memory(&j, text, sizeof(text));
	json_object(&j);
	assert_true(insight_follow(&j, &f->in, &request, &at));
	assert_string_equal(text, "{\"missed\":9");
	/* One who wants decisions alone begins with now. */
	assert_int_equal(control_parse(&request, span_text("monitor"), &why),
	    0);
	at = (struct control_cursor){ 0 };
	json_to_memory(&j, text, sizeof(text));
	json_object(&j);
	assert_false(insight_follow(&j, &f->in, &request, &at));
	logbook_add(&f->book, LOG_LEVEL_INFO, "delivered", 1);
	logbook_add(&f->book, LOG_LEVEL_INFO, "decision x=1", 2);
	assert_true(insight_follow(&j, &f->in, &request, &at));
	assert_non_null(strstr(text, "\"line\":\"decision x=1\""));
	assert_false(insight_follow(&j, &f->in, &request, &at));
}

#define WITH_PROXY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROXY(test_sessions),
		WITH_PROXY(test_sessions_that_change),
		WITH_PROXY(test_longest_session),
		WITH_PROXY(test_policy_of_many_rules),
		WITH_PROXY(test_memory),
		WITH_PROXY(test_hosts),
		WITH_PROXY(test_decisions),
		WITH_PROXY(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
