/* Exceptions are tried again one after the other, by probes that this test makes
 * end as it likes; timers end at once. */
/* link: -Wl,--wrap=probe_new -Wl,--wrap=probe_free -Wl,--wrap=event_add */
/* link: -Wl,--wrap=log_end -Wl,--wrap=state_write -Wl,--wrap=state_remove */
/* link: -Wl,--wrap=clock_wall */
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
#include "base/log.h"
#include "config/config.h"
#include "daemon/retry.h"
#include "policy/unneeded.h"

static struct event_base *base;
static char said[2048];
static long waited;    /* the last timer's seconds */
static char kept[200]; /* what the file for the report holds */
static unsigned written;
static int64_t later; /* seconds that the clock is ahead */

/* The probe under way. */
static struct {
	bool alive;
	unsigned begun;
	bool refused;
	struct probe_question question;
	struct probe_watcher watcher;
	struct probe_means means;
} fake;

int64_t __real_clock_wall(void);
int64_t __wrap_clock_wall(void);
void __wrap_log_end(struct log_line *l);
int __wrap_probe_new(struct probe **out, const struct probe_means *means,
    const struct probe_question *question, const struct probe_watcher *watcher);
void __wrap_probe_free(struct probe *p);
int __real_event_add(struct event *e, const struct timeval *tv);
int __wrap_event_add(struct event *e, const struct timeval *tv);

int __wrap_state_write(const char *directory, const char *name,
    struct span text);
int __wrap_state_remove(const char *directory, const char *name);

int
__wrap_state_write(const char *directory, const char *name, struct span text)
{
	(void)directory;
	assert_string_equal(name, UNNEEDED_FILE);
	assert_int_equal(span_copy_text(kept, sizeof(kept), text), 0);
	written++;
	return 0;
}

int
__wrap_state_remove(const char *directory, const char *name)
{
	(void)directory;
	assert_string_equal(name, UNNEEDED_FILE);
	kept[0] = '\0';
	written++;
	return 0;
}

int64_t
__wrap_clock_wall(void)
{
	return __real_clock_wall() + later;
}

void
__wrap_log_end(struct log_line *l)
{
	size_t n = strlen(said);

	(void)snprintf(said + n, sizeof(said) - n, "%.*s\n", (int)l->len,
	    l->text);
}

int
__wrap_probe_new(struct probe **out, const struct probe_means *means,
    const struct probe_question *question, const struct probe_watcher *watcher)
{
	assert_false(fake.alive);
	fake.begun++;
	if (fake.refused)
		return DG_ENOMEM;
	fake.alive = true;
	fake.question = *question;
	fake.watcher = *watcher;
	fake.means = *means;
	*out = (struct probe *)&fake;
	return 0;
}

void
__wrap_probe_free(struct probe *p)
{
	if (p != NULL)
		fake.alive = false;
}

int
__wrap_event_add(struct event *e, const struct timeval *tv)
{
	static const struct timeval none;

	waited = (long)tv->tv_sec;
	/* The next look at the calendar never comes. */
	return waited == RETRY_LOOK_SECONDS ? 0 : __real_event_add(e, &none);
}

static void
turn(void)
{
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
ends(unsigned reached, unsigned relays, enum auth auth, enum reason reason)
{
	const struct probe_result result = {
		.judgement = { relays > 0 ? VERDICT_RELAY : VERDICT_DEFER, auth,
		    reason },
		.servers = 2,
		.reached = reached,
		.relays = relays,
	};

	assert_true(fake.alive);
	fake.watcher.done(fake.watcher.arg, &result);
	turn();
}

static void
parse(struct settings *s, const char *text)
{
	struct config_error error;

	assert_int_equal(config_parse(s, span_text(text), &error), 0);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	said[0] = '\0';
	written = 0;
	later = 0;
	strcpy(kept, "of before");
	clock_set_trust(CLOCK_TRUST_ALWAYS);
	base = event_base_new();
	return base == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	event_base_free(base);
	return 0;
}

static void
test_one_after_the_other(void **state)
{
	struct probe_means means = { 0 };
	struct settings s;
	struct retry *r;

	(void)state;
	parse(&s,
	    "set policy domain a.nl level may reason \"TLS 1.0 only\"\n"
	    "set policy domain .b.nl level none\n"
	    "set policy domain c.nl level block\n"
	    "set policy domain d.nl level none\n"
	    "set policy domain e.nl level encrypt\n"
	    "set policy domain f.nl level may until 2020-01-01\n");
	means.settings = &s;
	assert_int_equal(retry_new(&r, base, &means), 0);
	assert_int_equal(waited, RETRY_PAUSE_SECONDS);
	turn();
	/* Asked without the rules, at the level that there is without them. */
	assert_string_equal(fake.question.domain.text, "a.nl");
	assert_int_equal(fake.means.settings->domains.n, 0);
	assert_int_equal(fake.means.settings->default_level, LEVEL_DANE);
	ends(2, 2, AUTH_DANE_EE, REASON_OK);
	assert_int_equal(waited, RETRY_PAUSE_SECONDS);
	assert_string_equal(fake.question.domain.text, "d.nl");
	/* One of two would hold the mail. */
	ends(2, 1, AUTH_TLS, REASON_TLS_FAILED);
	assert_string_equal(fake.question.domain.text, "e.nl");
	ends(0, 0, AUTH_NONE, REASON_UNKNOWN);
	assert_false(fake.alive);
	assert_int_equal(fake.begun, 3);
	assert_int_equal(waited, RETRY_LOOK_SECONDS);
	assert_string_equal(said,
	    "exception-not-needed domain=a.nl level=may without=dane "
	    "why=\"TLS 1.0 only\" auth=dane-ee\n"
	    "exception-needed domain=d.nl level=none without=dane why=\"\" "
	    "reason=tls-failed\n"
	    "exception-needed domain=e.nl level=encrypt without=dane why=\"\" "
	    "reason=not-reached\n");
	assert_int_equal(written, 1);
	assert_string_equal(kept + sizeof("2027-01-01") - 1, " a.nl dane-ee\n");
	retry_free(r);
	settings_free(&s);
}

/* Other settings: what was under way ends, and all begins again. */
static void
test_reload(void **state)
{
	struct probe_means means = { 0 };
	struct settings s, next;
	struct retry *r;

	(void)state;
	parse(&s, "set policy domain a.nl level may\n");
	parse(&next,
	    "set policy default may\n"
	    "set policy domain a.nl level may\n"
	    "set policy domain z.nl level none\n");
	means.settings = &s;
	assert_int_equal(retry_new(&r, base, &means), 0);
	turn();
	assert_true(fake.alive);
	retry_stop(r);
	assert_false(fake.alive);
	settings_free(&s);
	means.settings = &next;
	retry_begin(r, &means);
	turn();
	assert_string_equal(fake.question.domain.text, "z.nl");
	/* Not before the round is over is anything known. */
	assert_int_equal(written, 0);
	ends(1, 0, AUTH_NONE, REASON_TLS_FAILED);
	assert_int_equal(written, 1);
	assert_string_equal(kept, "");
	retry_free(r);
	assert_false(fake.alive);
	settings_free(&next);
}

/* Many exceptions take more than a day: each of them has its turn. */
static void
test_long_round(void **state)
{
	struct probe_means means = { 0 };
	struct settings s;
	struct retry *r;

	(void)state;
	parse(&s,
	    "set policy domain a.nl level may\n"
	    "set policy domain b.nl level may\n");
	means.settings = &s;
	assert_int_equal(retry_new(&r, base, &means), 0);
	turn();
	assert_string_equal(fake.question.domain.text, "a.nl");
	later += DATE_SECONDS;
	ends(1, 0, AUTH_NONE, REASON_TLS_FAILED);
	assert_string_equal(fake.question.domain.text, "b.nl");
	ends(1, 0, AUTH_NONE, REASON_TLS_FAILED);
	assert_int_equal(written, 1);
	retry_free(r);
	settings_free(&s);
}

/* Without memory for a probe the others are tried all the same. */
static void
test_no_memory(void **state)
{
	struct probe_means means = { 0 };
	struct settings s;
	struct retry *r;

	(void)state;
	parse(&s,
	    "set policy domain a.nl level may\n"
	    "set policy domain b.nl level may\n");
	means.settings = &s;
	fake.refused = true;
	assert_int_equal(retry_new(&r, base, &means), 0);
	turn();
	assert_int_equal(fake.begun, 2);
	assert_int_equal(waited, RETRY_LOOK_SECONDS);
	retry_free(r);
	settings_free(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_after_the_other),
		TEST(test_reload),
		TEST(test_long_round),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
