/* One function for each step: what its reply leads to. letter_end() is the only
 * way out, and nothing is touched after it. */
#include "daemon/letter.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/upstream.h"

enum step {
	STEP_CONNECT = 0,
	STEP_BANNER,
	STEP_EHLO,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_TEXT, /* its last reply */
};

struct letter {
	struct letter_plan plan;
	struct upstream upstream;
	struct upstream_memory memory;
	struct smtp_reply_reader reader;
	enum step step;
	size_t asked;	 /* mailboxes that were named */
	size_t accepted; /* of these */
	size_t sent;	 /* bytes of the text */
	struct event timer;
	bool started;
	letter_done *done;
	void *arg;
};

static bool
letter_end(struct letter *l, enum letter_outcome outcome, const char *why)
{
	(void)event_del(&l->timer);
	upstream_abort(&l->upstream);
	l->done(l->arg, outcome, why);
	return false;
}

static bool
letter_lost(struct letter *l)
{
	char why[LETTER_FAULT_MAX];

	upstream_error(&l->upstream, why, sizeof(why));
	return letter_end(l, LETTER_FAILED, why);
}

/* The server did not want it: 5xx is for good (RFC 5321 4.2.1). */
static bool
letter_unwelcome(struct letter *l)
{
	const struct smtp_reply *reply = &l->reader.reply;
	char why[LETTER_FAULT_MAX];

	(void)snprintf(why, sizeof(why), "%d %.*s", reply->code,
	    LETTER_FAULT_MAX - 20, reply->text);
	return letter_end(l,
	    reply->code >= 500 ? LETTER_REFUSED : LETTER_FAILED, why);
}

/* True: to be gone on with. */
static bool
letter_goto(struct letter *l, enum step step)
{
	const struct timeval tv = { .tv_sec = LETTER_SECONDS };

	l->step = step;
	smtp_reply_start(&l->reader);
	if (event_add(&l->timer, &tv) != 0)
		return letter_end(l, LETTER_FAILED, "out of memory");
	return true;
}

static bool
ask(struct letter *l, enum step step, const char *before, const char *what,
    const char *after)
{
	if (buf_printf(upstream_out(&l->upstream), "%s%s%s\r\n", before, what,
		after) != 0)
		return letter_end(l, LETTER_FAILED, "no room to ask");
	return letter_goto(l, step);
}

static bool
ask_rcpt(struct letter *l)
{
	return ask(l, STEP_RCPT, "RCPT TO:<", l->plan.to[l->asked++], ">");
}

/* Those that are refused are left out, as long as one is not. */
static bool
take_rcpt(struct letter *l)
{
	if (l->reader.reply.code < 300)
		l->accepted++;
	else if (l->asked == l->plan.nto && l->accepted == 0)
		return letter_unwelcome(l);
	if (l->asked < l->plan.nto)
		return ask_rcpt(l);
	return ask(l, STEP_DATA, "DATA", "", "");
}

static bool
take_text_reply(struct letter *l)
{
	if (l->reader.reply.code >= 300)
		return letter_unwelcome(l);
	/* As far as it goes at once: nobody waits for the answer. */
	if (buf_printf(upstream_out(&l->upstream), "QUIT\r\n") == 0)
		(void)upstream_run(&l->upstream);
	upstream_close(&l->upstream);
	return letter_end(l, LETTER_TAKEN, "");
}

/* A whole reply has come. */
static bool
take_reply(struct letter *l)
{
	int code = l->reader.reply.code;

	switch (l->step) {
	case STEP_BANNER:
		return code == 220
		    ? ask(l, STEP_EHLO, "EHLO ", l->plan.helo, "")
		    : letter_unwelcome(l);
	case STEP_EHLO:
		return code < 300
		    ? ask(l, STEP_MAIL, "MAIL FROM:<", l->plan.from, ">")
		    : letter_unwelcome(l);
	case STEP_MAIL:
		return code < 300 ? ask_rcpt(l) : letter_unwelcome(l);
	case STEP_RCPT:
		return take_rcpt(l);
	case STEP_DATA:
		return code == 354 ? letter_goto(l, STEP_TEXT)
				   : letter_unwelcome(l);
	case STEP_TEXT:
		return take_text_reply(l);
	case STEP_CONNECT:
		break;
	}
	return letter_end(l, LETTER_FAILED, "an answer too many");
}

/* As much of the text as there is room for, then the end of it. True: something
 * was put. */
static bool
send_text(struct letter *l)
{
	static const char end[] = ".\r\n";
	struct buf *out = upstream_out(&l->upstream);
	struct span rest = span_slice(l->plan.text, l->sent, l->plan.text.n);
	size_t n = rest.n < buf_room(out) ? rest.n : buf_room(out);

	if (rest.n > 0) {
		l->sent += n;
		return n > 0 && buf_put(out, rest.p, n) == 0;
	}
	if (l->sent > l->plan.text.n || buf_put(out, end, sizeof(end) - 1) != 0)
		return false;
	l->sent++; /* the end has been said */
	return true;
}

static bool
read_reply(struct letter *l, enum upstream_status status)
{
	int err = smtp_reply_read(&l->reader, upstream_in(&l->upstream));

	if (err == 0)
		return take_reply(l);
	if (err != DG_EAGAIN)
		return letter_end(l, LETTER_FAILED, "no SMTP reply");
	if (status == UPSTREAM_OPEN)
		return false;
	return letter_lost(l);
}

static void
run(struct letter *l)
{
	bool on = true;

	while (on) {
		enum upstream_status status = upstream_run(&l->upstream);

		if (l->step == STEP_CONNECT) {
			if (status == UPSTREAM_CONNECTING)
				return;
			on = status == UPSTREAM_OPEN
			    ? letter_goto(l, STEP_BANNER)
			    : letter_lost(l);
		} else if (l->step == STEP_TEXT && status == UPSTREAM_OPEN &&
		    send_text(l)) {
			on = true;
		} else {
			on = read_reply(l, status);
		}
	}
}

static void
on_event(void *arg)
{
	run(arg);
}

static void
start(struct letter *l)
{
	int err;

	l->started = true;
	l->upstream.memory = &l->memory;
	err = upstream_connect(&l->upstream, event_get_base(&l->timer),
	    &l->plan.server, NULL, on_event, l);
	if (err != 0)
		(void)letter_end(l, LETTER_FAILED,
		    err == DG_EIO ? "no route" : dg_err_text(err));
	else if (letter_goto(l, STEP_CONNECT))
		run(l);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct letter *l = arg;

	(void)fd;
	(void)what;
	if (!l->started)
		start(l);
	else
		(void)letter_end(l, LETTER_FAILED, "timeout");
}

int
letter_new(struct letter **out, struct event_base *base,
    const struct letter_plan *plan, letter_done *done, void *arg)
{
	struct letter *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return DG_ENOMEM;
	l->plan = *plan;
	l->done = done;
	l->arg = arg;
	if (event_assign(&l->timer, base, -1, 0, on_timer, l) != 0) {
		free(l);
		return DG_ENOMEM;
	}
	event_active(&l->timer, EV_TIMEOUT, 0);
	*out = l;
	return 0;
}

void
letter_free(struct letter *l)
{
	if (l == NULL)
		return;
	(void)event_del(&l->timer);
	upstream_abort(&l->upstream);
	free(l);
}
