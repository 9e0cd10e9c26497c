#include "daemon/tlsreports.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/random.h"
#include "daemon/helo.h"
#include "daemon/letter.h"
#include "session/watch.h"
#include "tlsrpt/report.h"

struct tlsreports {
	struct event_base *base;
	const struct settings *settings;
	struct resolver *resolver;
	struct event *timer;
	struct budget budget;
	struct tlsrpt_tally *today;	 /* NULL: nothing yet */
	size_t known;			 /* its first domains want a report */
	struct resolver_query *question; /* whether the next one does */
	struct tlsrpt_tally *past;	 /* is being told of; NULL: none is */
	int64_t until;			 /* the last second of past */
	int64_t due;		      /* not before that it is gone on with */
	size_t next;		      /* domain of past */
	struct resolver_query *query; /* whom that one wants told */
	struct tlsrpt_record to;
	struct letter *letter;
	char *text; /* of the letter */
	char helo[HELO_MAX];
	uint64_t sent;
	uint64_t failed; /* refused, or not taken in time */
};

static int64_t
time_now(void)
{
	return clock_wall_trusted() ? clock_wall() : 0;
}

static bool
is_on(const struct tlsreports *t)
{
	return t->settings->tlsrpt_relay.family != ADDRESS_NONE;
}

static void
wait_seconds(struct tlsreports *t, time_t seconds)
{
	const struct timeval tv = { .tv_sec = seconds };

	(void)event_add(t->timer, &tv);
}

static void
log_report(enum log_level level, const char *event,
    const struct tlsrpt_domain *domain, const char *why)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_text(&l, "domain", domain->name);
	if (why[0] != '\0')
		log_text(&l, "why", why);
	log_end(&l);
}

/* The domain under way is done with. */
static void
drop_domain(struct tlsreports *t)
{
	tlsrpt_tally_drop(t->past, t->next);
	wait_seconds(t, 0);
}

/* It stays, for the next round. */
static void
skip_domain(struct tlsreports *t)
{
	t->next++;
	wait_seconds(t, 0);
}

static void
end_letter(struct tlsreports *t)
{
	letter_free(t->letter);
	t->letter = NULL;
	free(t->text);
	t->text = NULL;
}

static void
on_letter(void *arg, enum letter_outcome outcome, const char *why)
{
	struct tlsreports *t = arg;
	const struct tlsrpt_domain *domain = tlsrpt_tally_domain(t->past,
	    t->next);

	switch (outcome) {
	case LETTER_TAKEN:
		log_report(LOG_LEVEL_INFO, "tlsrpt-sent", domain, "");
		t->sent++;
		drop_domain(t);
		break;
	case LETTER_REFUSED:
		log_report(LOG_LEVEL_WARNING, "tlsrpt-refused", domain, why);
		t->failed++;
		drop_domain(t);
		break;
	case LETTER_FAILED:
		/* The server is the same for all: none of them now. */
		log_report(LOG_LEVEL_WARNING, "tlsrpt-waits", domain, why);
		t->due = time_now() + TLSREPORTS_AGAIN_SECONDS;
		wait_seconds(t, TLSREPORTS_LOOK_SECONDS);
		break;
	}
	end_letter(t);
}

static int
write_letter(struct tlsreports *t, const struct tlsrpt_domain *domain)
{
	const struct tlsrpt_about about = {
		.from = t->settings->tlsrpt_from,
		.since = t->past->since,
		.until = t->until,
		.now = time_now(),
	};
	struct letter_plan plan = {
		.server = t->settings->tlsrpt_relay,
		.helo = t->helo,
		.from = t->settings->tlsrpt_from,
		.nto = t->to.nmailboxes,
	};
	size_t n;
	int err = tlsrpt_letter(&t->text, &n, domain, &about, &t->to);

	if (err != 0)
		return err;
	for (size_t i = 0; i < t->to.nmailboxes; i++)
		plan.to[i] = t->to.mailboxes[i];
	plan.text = span_of(t->text, n);
	return letter_new(&t->letter, t->base, &plan, on_letter, t);
}

/* Reports by HTTPS are not sent: who wants no others gets none. */
static bool
wants_letters(struct tlsrpt_record *to, const struct dnssec_result *result)
{
	return (result->status == DNSSEC_SECURE ||
		   result->status == DNSSEC_INSECURE) &&
	    tlsrpt_record_find(to, result->answers, result->nanswers) == 0 &&
	    to->nmailboxes > 0;
}

static void
on_record(void *arg, const struct dnssec_result *result)
{
	struct tlsreports *t = arg;
	const struct tlsrpt_domain *domain = tlsrpt_tally_domain(t->past,
	    t->next);
	int err;

	t->query = NULL;
	if (result->status == DNSSEC_INDETERMINATE) {
		skip_domain(t);
		return;
	}
	if (!wants_letters(&t->to, result)) {
		drop_domain(t);
		return;
	}
	err = write_letter(t, domain);
	if (err == 0)
		return;
	end_letter(t);
	log_report(LOG_LEVEL_WARNING, "tlsrpt-failed", domain,
	    dg_err_text(err));
	t->failed++;
	drop_domain(t);
}

static int
look_up(struct tlsreports *t, struct resolver_query **query,
    const struct tlsrpt_domain *domain, resolver_done *done)
{
	struct name name;
	struct name owner;
	int err = name_parse(&name, span_text(domain->name));

	if (err == 0)
		err = name_prepend(&owner, TLSRPT_PREFIX, &name);
	if (err == 0)
		err = resolver_lookup(query, t->resolver, &owner, DNS_TYPE_TXT,
		    done, t);
	if (err != 0)
		*query = NULL;
	return err;
}

static void
on_question(void *arg, const struct dnssec_result *result)
{
	struct tlsreports *t = arg;
	struct tlsrpt_record to;

	t->question = NULL;
	/* What cannot be found out now is asked again at the end. */
	if (result->status == DNSSEC_INDETERMINATE ||
	    wants_letters(&to, result))
		t->known++;
	else
		tlsrpt_tally_drop(t->today, t->known);
	wait_seconds(t, 0);
}

/* Whether the next domain of this day wants a report. */
static void
ask_next(struct tlsreports *t)
{
	const struct tlsrpt_domain *domain = t->today != NULL
	    ? tlsrpt_tally_domain(t->today, t->known)
	    : NULL;

	if (domain == NULL || t->question != NULL)
		return;
	if (look_up(t, &t->question, domain, on_question) != 0)
		t->known++;
}

/* What could not be told until now never will be. */
static void
give_up(struct tlsreports *t)
{
	if (t->past == NULL)
		return;
	if (t->past->ndomains > 0)
		log_note(LOG_LEVEL_WARNING, "tlsrpt-given-up",
		    "%zu domains are not told of", t->past->ndomains);
	t->failed += t->past->ndomains;
	tlsrpt_tally_free(t->past);
	t->past = NULL;
}

static void
drop_flight(struct tlsreports *t)
{
	if (t->query != NULL)
		resolver_cancel(t->query);
	if (t->question != NULL)
		resolver_cancel(t->question);
	t->query = NULL;
	t->question = NULL;
	end_letter(t);
}

/* The tally is closed: its reports are due at that time. */
static void
close_tally(struct tlsreports *t, int64_t until, int64_t due)
{
	drop_flight(t);
	give_up(t);
	if (t->today->lost > 0)
		log_note(LOG_LEVEL_WARNING, "tlsrpt-lost",
		    "no room for %llu sessions",
		    (unsigned long long)t->today->lost);
	t->past = t->today;
	t->today = NULL;
	t->known = 0;
	t->until = until;
	t->due = due;
	t->next = 0;
}

/* One step: the next domain, or the next round, or the end. */
static void
tell(struct tlsreports *t, int64_t now)
{
	const struct tlsrpt_domain *domain = tlsrpt_tally_domain(t->past,
	    t->next);

	if (domain != NULL) {
		if (look_up(t, &t->query, domain, on_record) != 0)
			skip_domain(t);
		return;
	}
	if (t->past->ndomains == 0) {
		give_up(t);
		return;
	}
	t->next = 0;
	t->due = now + TLSREPORTS_AGAIN_SECONDS;
}

static int64_t
day_end(int64_t since)
{
	return (since / DATE_SECONDS + 1) * DATE_SECONDS - 1;
}

void
tlsreports_look(struct tlsreports *t, int64_t now)
{
	wait_seconds(t, TLSREPORTS_LOOK_SECONDS);
	if (!is_on(t) || now <= 0)
		return;
	if (t->today != NULL && now > day_end(t->today->since))
		close_tally(t, day_end(t->today->since),
		    now + random_below(TLSREPORTS_DELAY_SECONDS));
	ask_next(t);
	if (t->past != NULL && t->query == NULL && t->letter == NULL &&
	    now >= t->due)
		tell(t, now);
}

/* A report is on the whole day (RFC 8460 4.1), but for what has been told of it
 * already: no second is in two reports, nor one id on them. */
static int64_t
begin_of(const struct tlsreports *t, int64_t now)
{
	int64_t day = now - now % DATE_SECONDS;

	return t->until >= day ? t->until + 1 : day;
}

void
tlsreports_note(struct tlsreports *t, const struct proxy_decided *decided,
    int64_t now)
{
	const struct watch_decision *d = decided->decision;
	const struct requirement *r = decided->requirement;
	struct tlsrpt_seen seen = {
		.domain = &d->domain,
		.session = d->session,
		.result = tlsrpt_result_of(r, &d->judgement, decided->tls),
		.reason = d->judgement.reason,
		.host = r->host,
		.server = &d->server,
		.local = decided->local,
	};

	if (!is_on(t) || now <= 0 || seen.result == TLSRPT_NOTHING)
		return;
	if (t->today != NULL && now > day_end(t->today->since))
		tlsreports_look(t, now);
	if (t->today == NULL &&
	    tlsrpt_tally_new(&t->today, begin_of(t, now), &t->budget) != 0)
		return;
	seen.policy = tlsrpt_policy_of(r, seen.result);
	tlsrpt_tally_note(t->today, &seen);
	if (t->question == NULL && t->known < t->today->ndomains)
		wait_seconds(t, 0);
}

bool
tlsreports_send(struct tlsreports *t, int64_t now)
{
	if (!is_on(t) || now <= 0 || t->past != NULL)
		return false;
	/* Twice in a second: still no end before the beginning. */
	if (t->today != NULL)
		close_tally(t, now > t->today->since ? now : t->today->since,
		    now);
	wait_seconds(t, 0);
	return true;
}

void
tlsreports_show(struct json *j, const struct tlsreports *t)
{
	const struct tlsrpt_tally *today = t->today;

	json_put_bool(j, "on", is_on(t));
	json_put_number(j, "since", today != NULL ? (uint64_t)today->since : 0);
	json_put_number(j, "sessions_lost", today != NULL ? today->lost : 0);
	json_put_number(j, "waiting", t->past != NULL ? t->past->ndomains : 0);
	json_put_number(j, "sent", t->sent);
	json_put_number(j, "failed", t->failed);
}

const struct tlsrpt_tally *
tlsreports_tally(const struct tlsreports *t)
{
	return t->today;
}

size_t
tlsreports_bytes(const struct tlsreports *t)
{
	return sizeof(*t) + t->budget.used;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tlsreports_look(arg, time_now());
}

int
tlsreports_new(struct tlsreports **out, struct event_base *base,
    const struct settings *settings, struct resolver *resolver)
{
	struct tlsreports *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return DG_ENOMEM;
	t->timer = evtimer_new(base, on_timer, t);
	if (t->timer == NULL) {
		free(t);
		return DG_ENOMEM;
	}
	t->base = base;
	t->budget = (struct budget){ .name = "tlsrpt",
		.limit = TLSREPORTS_BYTES_MAX };
	helo_find(t->helo);
	tlsreports_begin(t, settings, resolver);
	*out = t;
	return 0;
}

void
tlsreports_stop(struct tlsreports *t)
{
	drop_flight(t);
	(void)event_del(t->timer);
}

void
tlsreports_begin(struct tlsreports *t, const struct settings *settings,
    struct resolver *resolver)
{
	t->settings = settings;
	t->resolver = resolver;
	if (!is_on(t)) {
		give_up(t);
		tlsrpt_tally_free(t->today);
		t->today = NULL;
		t->known = 0;
	}
	wait_seconds(t, TLSREPORTS_LOOK_SECONDS);
}

void
tlsreports_free(struct tlsreports *t)
{
	if (t == NULL)
		return;
	tlsreports_stop(t);
	tlsrpt_tally_free(t->past);
	tlsrpt_tally_free(t->today);
	event_free(t->timer);
	free(t);
}
