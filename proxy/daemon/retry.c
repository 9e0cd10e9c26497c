#include "daemon/retry.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/state.h"
#include "daemon/helo.h"
#include "policy/unneeded.h"

#define SMTP_PORT 25

struct retry {
	struct event *timer;
	struct probe_means means;
	const struct settings *settings; /* with the rules */
	struct settings bare;		 /* the same without them */
	struct probe *probe;		 /* NULL: none is under way */
	size_t next;			 /* rule */
	int64_t day;			 /* of the last round; 0: none yet */
	bool round;			 /* one is under way */
	struct buf unneeded;		 /* that it has found */
	char helo[HELO_MAX];
	uint8_t unneeded_mem[UNNEEDED_MAX];
};

static int64_t
time_now(void)
{
	return clock_wall_trusted() ? clock_wall() : 0;
}

/* How much a level asks for; those of one rank do not differ by being left
 * away. */
static unsigned
rank_of(enum level level)
{
	switch (level) {
	case LEVEL_UNSET:
	case LEVEL_NONE:
		break;
	case LEVEL_MAY:
		return 1;
	case LEVEL_ENCRYPT:
		return 2;
	case LEVEL_DANE:
	case LEVEL_VERIFY:
		return 3;
	case LEVEL_DANE_ONLY:
		return 4;
	case LEVEL_BLOCK:
		return 5;
	}
	return 0;
}

bool
retry_is_tried(const struct settings *settings, const struct domain_rule *rule,
    int64_t now)
{
	return !rule->below &&
	    rank_of(rule->level) < rank_of(settings->default_level) &&
	    policy_rule_end(rule, now) == RULE_HOLDS;
}

static void
wait_seconds(struct retry *r, time_t seconds)
{
	const struct timeval tv = { .tv_sec = seconds };

	(void)event_add(r->timer, &tv);
}

/* Whoever was reached would be given the mail, and somebody was. */
static bool
is_unneeded(const struct probe_result *result)
{
	return result->reached > 0 && result->relays == result->reached;
}

static void
tell(const struct domain_rule *rule, enum level without,
    const struct probe_result *result)
{
	bool unneeded = is_unneeded(result);
	struct log_line l;

	log_begin(&l, unneeded ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	    unneeded ? "exception-not-needed" : "exception-needed");
	log_text(&l, "domain", rule->domain);
	log_text(&l, "level", level_text(rule->level));
	log_text(&l, "without", level_text(without));
	log_text(&l, "why", rule->reason);
	if (unneeded)
		log_text(&l, "auth", auth_text(result->judgement.auth));
	else
		log_text(&l, "reason",
		    result->reached > 0 ? reason_text(result->judgement.reason)
					: "not-reached");
	log_end(&l);
}

static void
note_unneeded(struct retry *r, const struct domain_rule *rule, enum auth auth)
{
	const struct unneeded u = { r->day, domain_rule_name(rule), auth };

	if (unneeded_put(&r->unneeded, &u) != 0)
		log_note(LOG_LEVEL_WARNING, "exceptions-many",
		    "the report has no room for %s", rule->domain);
}

/* A round is over: what it has found is for the report. */
static void
keep_unneeded(const struct retry *r)
{
	const char *directory = r->settings->state_directory;
	struct span text = buf_peek(&r->unneeded);
	int err = text.n > 0 ? state_write(directory, UNNEEDED_FILE, text)
			     : state_remove(directory, UNNEEDED_FILE);

	if (err != 0)
		log_note(LOG_LEVEL_WARNING, "state-not-kept", "%s/%s: %s",
		    directory, UNNEEDED_FILE,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
}

static void
on_step(void *arg, const struct probe_step *step)
{
	(void)arg;
	(void)step;
}

static void
on_done(void *arg, const struct probe_result *result)
{
	struct retry *r = arg;

	const struct domain_rule *rule = &r->settings->domains.rules[r->next];

	tell(rule, r->settings->default_level, result);
	if (is_unneeded(result))
		note_unneeded(r, rule, result->judgement.auth);
	probe_free(r->probe);
	r->probe = NULL;
	r->next++;
	wait_seconds(r, RETRY_PAUSE_SECONDS);
}

/* Begins with the next rule that is tried; false: there is none. */
static bool
try_next(struct retry *r)
{
	const struct probe_watcher watcher = { on_step, on_done, r };
	struct probe_question q = { .port = SMTP_PORT, .helo = r->helo };
	int64_t now = time_now();

	for (; r->next < r->settings->domains.n; r->next++) {
		const struct domain_rule *rule =
		    &r->settings->domains.rules[r->next];

		if (!retry_is_tried(r->settings, rule, now))
			continue;
		q.domain = domain_rule_name(rule);
		if (probe_new(&r->probe, &r->means, &q, &watcher) == 0)
			return true;
		r->probe = NULL;
		log_note(LOG_LEVEL_WARNING, "exception-not-tried", "%s",
		    rule->domain);
	}
	return false;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct retry *r = arg;
	int64_t day = time_now() / DATE_SECONDS;

	(void)fd;
	(void)what;
	/* Without the time nothing can be validated. A round of many takes more
	 * than its day: the next one waits for its end. */
	if (day > 0 && day != r->day && !r->round) {
		r->day = day;
		r->next = 0;
		r->round = true;
		buf_clear(&r->unneeded);
	}
	if (day > 0 && try_next(r))
		return;
	if (r->round)
		keep_unneeded(r);
	r->round = false;
	wait_seconds(r, RETRY_LOOK_SECONDS);
}

int
retry_new(struct retry **out, struct event_base *base,
    const struct probe_means *means)
{
	struct retry *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return DG_ENOMEM;
	r->timer = evtimer_new(base, on_timer, r);
	if (r->timer == NULL) {
		free(r);
		return DG_ENOMEM;
	}
	helo_find(r->helo);
	retry_begin(r, means);
	*out = r;
	return 0;
}

void
retry_stop(struct retry *r)
{
	probe_free(r->probe);
	r->probe = NULL;
	(void)event_del(r->timer);
}

void
retry_begin(struct retry *r, const struct probe_means *means)
{
	retry_stop(r);
	r->means = *means;
	r->settings = means->settings;
	r->bare = *means->settings;
	r->bare.domains = (struct domain_rules){ 0 };
	r->bare.mode = MODE_ENFORCE;
	r->means.settings = &r->bare;
	r->day = 0;
	r->round = false;
	buf_init(&r->unneeded, r->unneeded_mem, sizeof(r->unneeded_mem));
	wait_seconds(r, RETRY_PAUSE_SECONDS);
}

void
retry_free(struct retry *r)
{
	if (r == NULL)
		return;
	retry_stop(r);
	event_free(r->timer);
	free(r);
}
