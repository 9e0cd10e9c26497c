#include "daemon/exceptions.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/date.h"
#include "policy/policy.h"

#define LOOK_SECONDS 3600 /* whether another day has begun */

struct exceptions {
	const struct settings *settings;
	struct event *timer;
	int64_t day; /* reported last; 0: the time was not known */
};

static int64_t
time_now(void)
{
	return clock_wall_trusted() ? clock_wall() : 0;
}

/* .example.nl as it is configured. */
static void
log_domain(struct log_line *l, const struct domain_rule *rule)
{
	char text[NAME_TEXT_MAX + 2] = ".";
	size_t at = rule->below ? 1 : 0;

	if (span_copy_text(text + at, sizeof(text) - at,
		span_text(rule->domain)) == 0)
		log_text(l, "domain", text);
}

size_t
exceptions_report(const struct settings *settings, int64_t now)
{
	char date[DATE_TEXT_MAX];
	struct log_line l;
	size_t n = 0;

	for (size_t i = 0; i < settings->domains.n; i++) {
		const struct domain_rule *rule = &settings->domains.rules[i];
		enum rule_state state = policy_rule_end(rule, now);

		if (state == RULE_HOLDS)
			continue;
		log_begin(&l, LOG_LEVEL_WARNING,
		    state == RULE_EXPIRED ? "exception-expired"
					  : "exception-not-judged");
		log_domain(&l, rule);
		log_text(&l, "level", level_text(rule->level));
		log_text(&l, "until", date_text(rule->until, date));
		log_text(&l, "why", rule->reason);
		log_end(&l);
		n++;
	}
	return n;
}

static void
report(struct exceptions *e)
{
	int64_t now = time_now();

	e->day = now / DATE_SECONDS;
	(void)exceptions_report(e->settings, now);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct exceptions *e = arg;

	(void)fd;
	(void)what;
	if (time_now() / DATE_SECONDS != e->day)
		report(e);
}

int
exceptions_new(struct exceptions **out, struct event_base *base,
    const struct settings *settings)
{
	const struct timeval tv = { .tv_sec = LOOK_SECONDS };
	struct exceptions *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return DG_ENOMEM;
	e->timer = event_new(base, -1, EV_PERSIST, on_timer, e);
	if (e->timer == NULL || event_add(e->timer, &tv) != 0) {
		exceptions_free(e);
		return DG_ENOMEM;
	}
	exceptions_settings(e, settings);
	*out = e;
	return 0;
}

void
exceptions_settings(struct exceptions *e, const struct settings *settings)
{
	e->settings = settings;
	report(e);
}

void
exceptions_free(struct exceptions *e)
{
	if (e == NULL)
		return;
	if (e->timer != NULL)
		event_free(e->timer);
	free(e);
}
