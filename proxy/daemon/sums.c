#include "daemon/sums.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/log.h"
#include "base/state.h"

struct sums {
	sums_counts_cb *cb; /* since the start */
	void *arg;
	struct counts before; /* of them, what is no part of this day */
	struct counts base;   /* of this day, from before the start */
	struct counts saved;  /* as written last */
	int64_t day;	      /* since 1970; 0: not known yet */
	char directory[SETTINGS_PATH_MAX];
	struct event *timer;
};

void
sums_today(struct counts *out, const struct sums *s)
{
	s->cb(s->arg, out);
	counts_subtract(out, &s->before);
	counts_add(out, &s->base);
}

static void
warn(const struct sums *s, int err)
{
	log_note(LOG_LEVEL_WARNING, "state-not-kept", "%s/%s: %s", s->directory,
	    COUNTS_FILE, err == DG_EIO ? strerror(errno) : dg_err_text(err));
}

/* Writing anew: of records of one day in a row the last is kept. */
struct renewal {
	const struct sums *sums;
	struct state_file file;
	struct buf buf;
	int64_t day; /* of the record that waits; -1: none does */
	struct counts counts;
	struct counts today; /* what the file says of this day */
	uint8_t mem[RECORD_MAX];
};

static void
renewal_flush(struct renewal *r)
{
	bool kept = r->day >= 0 && r->day + COUNTS_DAYS_MAX > r->sums->day;

	buf_clear(&r->buf);
	if (kept && counts_put(&r->buf, r->day, &r->counts) == 0)
		state_put(&r->file, buf_peek(&r->buf));
	if (r->day == r->sums->day)
		r->today = r->counts;
}

static void
renewal_take(void *arg, const struct record *record)
{
	struct renewal *r = arg;
	struct counts c;
	int64_t day;

	if (record->kind != COUNTS_RECORD ||
	    counts_get(&day, &c, record->payload) != 0)
		return;
	if (day != r->day)
		renewal_flush(r);
	r->day = day;
	r->counts = c;
}

/* One record a day, and none that is too old; *today: what was there of this
 * day. */
static int
sums_renew(const struct sums *s, struct counts *today)
{
	struct state_records read;
	struct renewal r = { .sums = s, .day = -1 };
	size_t size;
	int err = state_begin(&r.file, s->directory, COUNTS_FILE);
	int ended;

	if (err != 0)
		return err;
	buf_init(&r.buf, r.mem, sizeof(r.mem));
	err = state_records_read(&read, s->directory, COUNTS_FILE, renewal_take,
	    &r);
	if (err == DG_EIO && errno == ENOENT)
		err = 0;
	renewal_flush(&r);
	/* Rather the old file than one without what could not be read. */
	if (err != 0)
		r.file.error = errno;
	ended = state_end(&r.file, &size);
	*today = r.today;
	return ended;
}

/* Begins a day: the counters so far belong to others, or wait for this one. */
static void
sums_begin_day(struct sums *s, int64_t day)
{
	struct counts today = { 0 };
	int err;

	if (s->day != 0)
		s->cb(s->arg, &s->before);
	s->day = day;
	err = sums_renew(s, &today);
	if (err != 0)
		warn(s, err);
	s->base = today;
	s->saved = today;
}

static void
sums_write(struct sums *s)
{
	uint8_t mem[RECORD_MAX];
	struct counts today;
	struct state_file file;
	struct buf b;
	size_t size;
	int err;

	sums_today(&today, s);
	if (memcmp(&today, &s->saved, sizeof(today)) == 0)
		return;
	buf_init(&b, mem, sizeof(mem));
	err = counts_put(&b, s->day, &today);
	if (err == 0)
		err = state_extend(&file, s->directory, COUNTS_FILE);
	if (err == 0) {
		state_put(&file, buf_peek(&b));
		err = state_end(&file, &size);
	}
	if (err == 0)
		s->saved = today;
	else
		warn(s, err);
}

void
sums_save(struct sums *s, int64_t now)
{
	int64_t day = now / DATE_SECONDS;

	if (s->day != 0)
		sums_write(s);
	if (day <= 0 || day == s->day)
		return;
	sums_begin_day(s, day);
	sums_write(s);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	sums_save(arg, clock_wall_trusted() ? clock_wall() : 0);
}

int
sums_new(struct sums **out, struct event_base *base, const char *directory,
    sums_counts_cb *cb, void *arg, int64_t now)
{
	const struct timeval tv = { .tv_sec = SUMS_SECONDS };
	struct sums *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return DG_ENOMEM;
	s->cb = cb;
	s->arg = arg;
	(void)snprintf(s->directory, sizeof(s->directory), "%s", directory);
	s->timer = event_new(base, -1, EV_PERSIST, on_timer, s);
	if (s->timer == NULL || event_add(s->timer, &tv) != 0) {
		if (s->timer != NULL)
			event_free(s->timer);
		free(s);
		return DG_ENOMEM;
	}
	sums_save(s, now);
	*out = s;
	return 0;
}

void
sums_move(struct sums *s, const char *directory)
{
	if (strcmp(s->directory, directory) == 0)
		return;
	if (s->day != 0)
		sums_write(s);
	(void)snprintf(s->directory, sizeof(s->directory), "%s", directory);
	/* Whole, as it is known: written with the next change. */
	memset(&s->saved, 0, sizeof(s->saved));
}

void
sums_free(struct sums *s, int64_t now)
{
	if (s == NULL)
		return;
	sums_save(s, now);
	event_free(s->timer);
	free(s);
}
