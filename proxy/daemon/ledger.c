#include "daemon/ledger.h"

#include <dirent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/state.h"
#include "daemon/keep.h"
#include "session/watch.h"

#define MONTH_DAYS_MIN 28
#define MONTH_DAYS_MAX 31

struct ledger {
	struct event_base *base;
	struct evidence *evidence;
	struct keep *keep; /* NULL: the month is not known, or none is kept */
	char file[EVIDENCE_FILE_MAX]; /* of the month; empty: not known */
	char directory[SETTINGS_PATH_MAX];
	uint32_t days; /* that domains are kept; 0: none is */
	int64_t today; /* since 1970, when the calendar was looked at last */
	struct event *timer;
};

static void
file_of(char file[EVIDENCE_FILE_MAX], int64_t day)
{
	char date[DATE_TEXT_MAX];

	(void)snprintf(file, EVIDENCE_FILE_MAX, EVIDENCE_FILE "%.7s",
	    date_text(day, date));
}

/* The first day of the month that a file of that name is for. */
static bool
is_file(const char *name, int64_t *first)
{
	char date[DATE_TEXT_MAX + 4];
	size_t n = strlen(EVIDENCE_FILE);

	if (strlen(name) != EVIDENCE_FILE_MAX - 1 ||
	    strncmp(name, EVIDENCE_FILE, n) != 0)
		return false;
	(void)snprintf(date, sizeof(date), "%.7s-01", name + n);
	return date_parse(first, span_text(date)) == 0;
}

static int64_t
next_month(int64_t first)
{
	char own[EVIDENCE_FILE_MAX];
	char file[EVIDENCE_FILE_MAX];
	int64_t day = first + MONTH_DAYS_MIN;

	file_of(own, first);
	for (; day < first + MONTH_DAYS_MAX; day++) {
		file_of(file, day);
		if (strcmp(own, file) != 0)
			break;
	}
	return day;
}

static void
ledger_remove(const struct ledger *l, const char *file)
{
	if (state_remove(l->directory, file) != 0)
		log_note(LOG_LEVEL_WARNING, "state-not-kept",
		    "%s/%s cannot be removed", l->directory, file);
}

/* Some domains of an earlier month may have been kept for long enough. */
static void
ledger_forget_in(const struct ledger *l, const char *file, int64_t before)
{
	struct evidence *e;
	struct keep_table table;
	struct keep *k;

	if (evidence_new(&e) != 0)
		return;
	table = keep_evidence(e);
	if (keep_new(&k, l->base, l->directory, file, &table) == 0) {
		evidence_forget(e, before);
		keep_free(k);
	}
	evidence_free(e);
}

static void
ledger_forget_file(const struct ledger *l, const char *file)
{
	int64_t oldest = l->today - (int64_t)l->days;
	int64_t first;

	if (!is_file(file, &first))
		return;
	/* This month's is in memory. */
	if (l->days == 0 || next_month(first) <= oldest)
		ledger_remove(l, file);
	else if (first < oldest && strcmp(file, l->file) != 0)
		ledger_forget_in(l, file, oldest * DATE_SECONDS);
}

/* What has been kept for long enough goes, in all files. */
static void
ledger_forget(struct ledger *l)
{
	DIR *d = opendir(l->directory);
	const struct dirent *at;

	if (d == NULL)
		return;
	while ((at = readdir(d)) != NULL)
		ledger_forget_file(l, at->d_name);
	(void)closedir(d);
	evidence_forget(l->evidence,
	    (l->today - (int64_t)l->days) * DATE_SECONDS);
}

/* A table for this month, with what its file has. */
static int
ledger_begin_month(struct ledger *l)
{
	struct keep_table table;
	struct evidence *e;
	int err;

	file_of(l->file, l->today);
	if (l->days == 0)
		return 0;
	err = evidence_new(&e);
	if (err != 0)
		return err;
	table = keep_evidence(e);
	err = keep_new(&l->keep, l->base, l->directory, l->file, &table);
	if (err != 0) {
		evidence_free(e);
		return err;
	}
	/* What came before the time was known. */
	evidence_merge(e, l->evidence);
	evidence_free(l->evidence);
	l->evidence = e;
	return 0;
}

/* The month before is written and over. */
static void
ledger_end_month(struct ledger *l)
{
	keep_free(l->keep);
	l->keep = NULL;
	if (l->file[0] != '\0')
		evidence_clear(l->evidence);
	l->file[0] = '\0';
}

void
ledger_look(struct ledger *l, int64_t now)
{
	char file[EVIDENCE_FILE_MAX];
	int64_t today = now / DATE_SECONDS;

	if (today <= 0 || today == l->today)
		return;
	l->today = today;
	file_of(file, today);
	if (strcmp(file, l->file) != 0) {
		ledger_end_month(l);
		if (ledger_begin_month(l) != 0) {
			l->file[0] = '\0';
			l->today = 0; /* tried again */
			return;
		}
	}
	ledger_forget(l);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ledger_look(arg, clock_wall_trusted() ? clock_wall() : 0);
}

int
ledger_new(struct ledger **out, struct event_base *base,
    const struct settings *settings, int64_t now)
{
	const struct timeval tv = { .tv_sec = LEDGER_SECONDS };
	struct ledger *l = calloc(1, sizeof(*l));
	int err = DG_ENOMEM;

	if (l == NULL)
		return DG_ENOMEM;
	l->base = base;
	l->days = settings->report_days;
	(void)snprintf(l->directory, sizeof(l->directory), "%s",
	    settings->state_directory);
	if (evidence_new(&l->evidence) != 0)
		goto out;
	l->timer = event_new(base, -1, EV_PERSIST, on_timer, l);
	if (l->timer == NULL || event_add(l->timer, &tv) != 0)
		goto out;
	ledger_look(l, now);
	*out = l;
	l = NULL;
	err = 0;
out:
	ledger_free(l);
	return err;
}

void
ledger_settings(struct ledger *l, const struct settings *settings, int64_t now)
{
	if (l->keep != NULL)
		keep_move(l->keep, settings->state_directory);
	(void)snprintf(l->directory, sizeof(l->directory), "%s",
	    settings->state_directory);
	if (l->days == settings->report_days)
		return;
	l->days = settings->report_days;
	l->today = 0;
	if (l->days == 0)
		evidence_clear(l->evidence);
	/* Whether there is a file at all may have changed: the month begins
	 * again, with what was written of it. */
	if (l->days == 0 || l->keep == NULL)
		ledger_end_month(l);
	ledger_look(l, now);
}

void
ledger_note(struct ledger *l, const struct proxy_decided *decided, int64_t now)
{
	const struct watch_decision *d = decided->decision;
	const struct requirement *r = decided->requirement;
	struct evidence_item item = {
		.domain = span_of(d->domain.text, d->domain.len),
		.recipients = 1,
		.first = now,
		.last = now,
	};

	if (l->days == 0)
		return;
	ledger_look(l, now);
	if (watch_is_held(d)) {
		item.kind = d->passed ? EVIDENCE_PASSED : EVIDENCE_HELD;
		item.code = d->judgement.reason;
	} else {
		item.code = policy_cause(r, &d->judgement);
	}
	evidence_adopt(l->evidence, policy_adoption(r), item.domain);
	if (r->by_rule)
		item.text = span_text(r->rule_reason);
	evidence_note(l->evidence, &item);
}

void
ledger_save(struct ledger *l)
{
	if (l->keep != NULL)
		keep_save(l->keep);
}

size_t
ledger_bytes(const struct ledger *l)
{
	return sizeof(*l) + evidence_bytes(l->evidence);
}

void
ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	keep_free(l->keep);
	evidence_free(l->evidence);
	if (l->timer != NULL)
		event_free(l->timer);
	free(l);
}
