/*
 * Days of TLS reports (RFC 8460 4.1, 5.3): when a day ends, whom is asked, what
 * is tried again and what is given up. Lookups and letters are this test's, and
 * so is the time.
 */
/* link: -Wl,--wrap=resolver_lookup -Wl,--wrap=resolver_cancel */
/* link: -Wl,--wrap=letter_new -Wl,--wrap=letter_free -Wl,--wrap=log_end */
/* link: -Wl,--wrap=clock_wall -Wl,--wrap=clock_wall_trusted */
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/date.h"
#include "config/config.h"
#include "daemon/letter.h"
#include "daemon/tlsreports.h"
#include "session/watch.h"

#define DAY   ((int64_t)20000 * DATE_SECONDS)
#define RUA   "v=TLSRPTv1;rua=mailto:a@example.nl"
#define HTTPS "v=TLSRPTv1;rua=https://example.nl/"

static int64_t now;
static char said[4096];
static uint64_t session;

static struct {
	bool under_way;
	struct name name;
	resolver_done *done;
	void *arg;
} lookup;

static struct {
	bool under_way;
	struct letter_plan plan;
	letter_done *done;
	void *arg;
} sent;

int64_t __wrap_clock_wall(void);
bool __wrap_clock_wall_trusted(void);
int __wrap_resolver_lookup(struct resolver_query **out, struct resolver *r,
    const struct name *name, uint16_t type, resolver_done *done, void *arg);
void __wrap_resolver_cancel(struct resolver_query *q);
int __wrap_letter_new(struct letter **out, struct event_base *base,
    const struct letter_plan *plan, letter_done *done, void *arg);
void __wrap_letter_free(struct letter *l);
void __wrap_log_end(struct log_line *l);

int64_t
__wrap_clock_wall(void)
{
	return now;
}

bool
__wrap_clock_wall_trusted(void)
{
	return now > 0;
}

int
__wrap_resolver_lookup(struct resolver_query **out, struct resolver *r,
    const struct name *name, uint16_t type, resolver_done *done, void *arg)
{
	(void)r;
	assert_false(lookup.under_way);
	assert_int_equal(type, DNS_TYPE_TXT);
	lookup.under_way = true;
	lookup.name = *name;
	lookup.done = done;
	lookup.arg = arg;
	*out = (struct resolver_query *)&lookup;
	return 0;
}

void
__wrap_resolver_cancel(struct resolver_query *q)
{
	assert_ptr_equal(q, &lookup);
	lookup.under_way = false;
}

int
__wrap_letter_new(struct letter **out, struct event_base *base,
    const struct letter_plan *plan, letter_done *done, void *arg)
{
	(void)base;
	assert_false(sent.under_way);
	sent.under_way = true;
	sent.plan = *plan;
	sent.done = done;
	sent.arg = arg;
	*out = (struct letter *)&sent;
	return 0;
}

void
__wrap_letter_free(struct letter *l)
{
	if (l != NULL)
		sent.under_way = false;
}

void
__wrap_log_end(struct log_line *l)
{
	size_t n = strlen(said);

	(void)snprintf(said + n, sizeof(said) - n, "%.*s\n", (int)l->len,
	    l->text);
}

static struct event_base *base;
static struct settings settings;
static struct tlsreports *t;

static int
setup(void **state)
{
	static const char config[] = "set tlsrpt relay 192.0.2.25\n"
				     "set tlsrpt from reports@office.example\n";
	struct config_error error;

	(void)state;
	now = DAY + 3600;
	said[0] = '\0';
	base = event_base_new();
	if (base == NULL ||
	    config_parse(&settings, span_text(config), &error) != 0)
		return -1;
	return tlsreports_new(&t, base, &settings, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	tlsreports_free(t);
	t = NULL;
	settings_free(&settings);
	event_base_free(base);
	return lookup.under_way || sent.under_way ? -1 : 0;
}

static void
note(const char *domain)
{
	const struct address local = { .family = ADDRESS_NONE };
	const struct requirement r = { .need = NEED_MAY };
	struct watch_decision d = {
		.session = ++session,
		.server.family = ADDRESS_IPV4,
		.judgement = { VERDICT_RELAY, AUTH_TLS, REASON_OK },
	};
	const struct proxy_decided decided = { .decision = &d,
		.requirement = &r,
		.tls = SERVER_TLS_DONE,
		.local = &local };

	assert_int_equal(name_parse(&d.domain, span_text(domain)), 0);
	tlsreports_note(t, &decided, now);
}

/* The number of a member of `show tlsrpt`. */
static uint64_t
shown(const char *key)
{
	char text[500];
	char member[40];
	struct json j;
	const char *at;

	json_to_memory(&j, text, sizeof(text));
	json_object(&j);
	tlsreports_show(&j, t);
	json_close(&j);
	assert_int_equal(json_end(&j), 0);
	(void)snprintf(member, sizeof(member), "\"%s\":", key);
	at = strstr(text, member);
	assert_non_null(at);
	return strtoull(at + strlen(member), NULL, 10);
}

static void
look_at(int64_t time)
{
	now = time;
	tlsreports_look(t, now);
}

/* The lookup under way is that of the domain, and ends so. */
static void
answer(const char *domain, enum dnssec_status status, const char *text)
{
	uint8_t rdata[200];
	size_t n = strlen(text);
	const struct span answers[] = { { rdata, n + 1 } };
	const struct dnssec_result result = { .status = status,
		.nanswers = n > 0 ? 1 : 0,
		.answers = answers };
	char owner[100];

	(void)snprintf(owner, sizeof(owner), "_smtp._tls.%s", domain);
	assert_true(lookup.under_way);
	assert_string_equal(lookup.name.text, owner);
	rdata[0] = (uint8_t)n;
	memcpy(rdata + 1, text, n);
	lookup.under_way = false;
	lookup.done(lookup.arg, &result);
}

static void
letter_ends(enum letter_outcome outcome)
{
	assert_true(sent.under_way);
	sent.done(sent.arg, outcome, outcome == LETTER_TAKEN ? "" : "why");
	assert_false(sent.under_way);
}

/* A day is told of when it is over, within four hours, once. */
static void
test_a_day(void **state)
{
	(void)state;
	note("a.example");
	note("b.example");
	look_at(DAY + DATE_SECONDS - 1);
	assert_int_equal(shown("waiting"), 0);
	assert_int_equal(shown("since"), DAY);
	look_at(DAY + DATE_SECONDS);
	assert_int_equal(shown("waiting"), 2);
	look_at(DAY + DATE_SECONDS + TLSREPORTS_DELAY_SECONDS);
	answer("a.example", DNSSEC_INSECURE, RUA);
	assert_int_equal(sent.plan.server.port, 25);
	assert_string_equal(sent.plan.from, "reports@office.example");
	assert_int_equal(sent.plan.nto, 1);
	assert_string_equal(sent.plan.to[0], "a@example.nl");
	/* One at a time. */
	tlsreports_look(t, now);
	assert_false(lookup.under_way);
	letter_ends(LETTER_TAKEN);
	tlsreports_look(t, now);
	answer("b.example", DNSSEC_SECURE, RUA);
	letter_ends(LETTER_REFUSED);
	tlsreports_look(t, now);
	assert_false(lookup.under_way);
	assert_int_equal(shown("waiting"), 0);
	assert_int_equal(shown("sent"), 1);
	assert_int_equal(shown("failed"), 1);
	assert_non_null(strstr(said, "tlsrpt-sent domain=a.example\n"));
	assert_non_null(
	    strstr(said, "tlsrpt-refused domain=b.example why=why"));
	/* The day that has begun since is another. */
	note("c.example");
	assert_int_equal(shown("since"), DAY + DATE_SECONDS);
}

/* Who publishes nothing, nothing good, or HTTPS alone gets no letter. */
static void
test_no_report_wanted(void **state)
{
	static const struct {
		enum dnssec_status status;
		const char *text;
	} rows[] = { { DNSSEC_SECURE, "" }, { DNSSEC_BOGUS, RUA },
		{ DNSSEC_INSECURE, HTTPS }, { DNSSEC_SECURE, "v=spf1 -all" } };

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		note("a.example");
		assert_true(tlsreports_send(t, ++now));
		tlsreports_look(t, now);
		answer("a.example", rows[i].status, rows[i].text);
		assert_false(sent.under_way);
		tlsreports_look(t, now);
		assert_int_equal(shown("waiting"), 0);
	}
	assert_int_equal(shown("sent") + shown("failed"), 0);
}

/* A letter that was not taken comes again, until another day is over. */
static void
test_tried_again(void **state)
{
	(void)state;
	note("a.example");
	note("b.example");
	assert_true(tlsreports_send(t, now));
	assert_false(tlsreports_send(t, now));
	tlsreports_look(t, now);
	/* Not to be found out: the other one first. */
	answer("a.example", DNSSEC_INDETERMINATE, "");
	tlsreports_look(t, now);
	answer("b.example", DNSSEC_SECURE, RUA);
	letter_ends(LETTER_FAILED);
	assert_non_null(strstr(said, "tlsrpt-waits domain=b.example"));
	tlsreports_look(t, now + TLSREPORTS_AGAIN_SECONDS - 1);
	assert_false(lookup.under_way);
	look_at(now + TLSREPORTS_AGAIN_SECONDS);
	answer("b.example", DNSSEC_SECURE, RUA);
	letter_ends(LETTER_TAKEN);
	/* The end of the round, and the next. */
	tlsreports_look(t, now);
	assert_false(lookup.under_way);
	assert_int_equal(shown("waiting"), 1);
	look_at(now + TLSREPORTS_AGAIN_SECONDS);
	answer("a.example", DNSSEC_INDETERMINATE, "");
	note("c.example");
	look_at(DAY + DATE_SECONDS);
	assert_int_equal(shown("failed"), 1);
	assert_int_equal(shown("waiting"), 1);
}

/* What is under way ends when the resolver goes, and is begun anew. */
static void
test_settings_change(void **state)
{
	struct settings off;

	(void)state;
	settings_default(&off);
	note("a.example");
	assert_true(tlsreports_send(t, now));
	tlsreports_look(t, now);
	assert_true(lookup.under_way);
	tlsreports_stop(t);
	assert_false(lookup.under_way);
	tlsreports_begin(t, &settings, NULL);
	tlsreports_look(t, now);
	answer("a.example", DNSSEC_SECURE, RUA);
	tlsreports_stop(t);
	assert_false(sent.under_way);
	tlsreports_begin(t, &off, NULL);
	assert_int_equal(shown("waiting"), 0);
	note("a.example");
	assert_null(tlsreports_tally(t));
	assert_false(tlsreports_send(t, now));
	tlsreports_begin(t, &settings, NULL);
}

/* What was told of at once is not told of again when the day is over, though all
 * of it has been sent by then: the next report begins behind it. */
static void
test_the_rest_of_the_day(void **state)
{
	int64_t until = now;

	(void)state;
	note("a.example");
	assert_true(tlsreports_send(t, now));
	tlsreports_look(t, now);
	answer("a.example", DNSSEC_SECURE, RUA);
	letter_ends(LETTER_TAKEN);
	tlsreports_look(t, now);
	assert_true(tlsreports_send(t, now));
	note("a.example");
	assert_int_equal(shown("since"), until + 1);
	look_at(DAY + DATE_SECONDS);
	note("a.example");
	assert_int_equal(shown("since"), DAY + DATE_SECONDS);
}

/* When a domain is first seen it is asked, and forgotten if it wants none. */
static void
test_asked_at_once(void **state)
{
	(void)state;
	note("a.example");
	note("b.example");
	note("c.example");
	tlsreports_look(t, now);
	answer("a.example", DNSSEC_SECURE, "");
	tlsreports_look(t, now);
	answer("b.example", DNSSEC_INSECURE, RUA);
	tlsreports_look(t, now);
	answer("c.example", DNSSEC_INDETERMINATE, "");
	note("b.example");
	tlsreports_look(t, now);
	assert_false(lookup.under_way);
	assert_int_equal(tlsreports_tally(t)->ndomains, 2);
	/* Again when it is seen again. */
	note("a.example");
	tlsreports_look(t, now);
	assert_true(lookup.under_way);
	look_at(DAY + DATE_SECONDS);
	assert_int_equal(shown("waiting"), 3);
}

/* Before the time is known nothing belongs to a day. */
static void
test_no_time(void **state)
{
	(void)state;
	now = 0;
	note("a.example");
	assert_null(tlsreports_tally(t));
	assert_false(tlsreports_send(t, now));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_day, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_report_wanted, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_tried_again, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_settings_change, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_the_rest_of_the_day, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_asked_at_once, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_no_time, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
