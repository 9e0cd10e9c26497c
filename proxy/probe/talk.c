/*
 * One function for each stage; each returns true when there is something to do
 * at once. talk_end() is the only way out, and nothing is touched after it.
 */
#include "probe/talk.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a stage's function found. */
enum progress {
	PROGRESS_WAIT = 0, /* until something changes */
	PROGRESS_ON,	   /* the stage has ended well: t->stage is the next */
	PROGRESS_END,	   /* the talk has ended, and t may be gone */
};

static void
talk_tell(struct talk *t, enum talk_stage stage)
{
	enum talk_stage next = t->stage;

	t->stage = stage;
	t->told(t->arg, t);
	t->stage = next;
}

static enum progress
talk_end(struct talk *t)
{
	(void)event_del(&t->timer);
	upstream_close(&t->upstream);
	t->stage = TALK_END;
	t->told(t->arg, t);
	return PROGRESS_END;
}

/* The present stage has failed; so has the talk. */
static enum progress
talk_fail(struct talk *t, enum reason broken, const char *fault)
{
	t->broken = broken;
	(void)snprintf(t->fault, sizeof(t->fault), "%s", fault);
	talk_tell(t, t->stage);
	upstream_abort(&t->upstream);
	return talk_end(t);
}

static enum progress
talk_lost(struct talk *t)
{
	char why[sizeof(t->fault)];

	upstream_error(&t->upstream, why, sizeof(why));
	return talk_fail(t, REASON_SERVER_GONE, why);
}

/* To the next stage, with time of its own. */
static enum progress
talk_goto(struct talk *t, enum talk_stage stage)
{
	const struct timeval tv = { .tv_sec = (time_t)t->plan.seconds };

	t->stage = stage;
	smtp_reply_start(&t->reader);
	if (event_add(&t->timer, &tv) != 0)
		return talk_fail(t, REASON_OVERLOAD, "out of memory");
	return PROGRESS_ON;
}

/* Asks, and goes to the stage that reads the answer. */
static enum progress
talk_ask(struct talk *t, enum talk_stage stage, const char *verb,
    const char *argument)
{
	if (buf_printf(upstream_out(&t->upstream), "%s%s\r\n", verb,
		argument) != 0)
		return talk_fail(t, REASON_PROTOCOL_ERROR, "no room to ask");
	return talk_goto(t, stage);
}

/* All that was to be seen has been seen. */
static enum progress
talk_quit(struct talk *t)
{
	/* As far as it goes at once: nobody waits for the answer. */
	if (buf_printf(upstream_out(&t->upstream), "QUIT\r\n") != 0)
		upstream_abort(&t->upstream);
	return talk_end(t);
}

static enum progress
stage_connect(struct talk *t, enum upstream_status status)
{
	if (status == UPSTREAM_CONNECTING)
		return PROGRESS_WAIT;
	if (status == UPSTREAM_FAILED || status == UPSTREAM_NONE)
		return talk_lost(t);
	t->connected = true;
	talk_tell(t, TALK_CONNECT);
	return talk_goto(t, TALK_BANNER);
}

static enum progress
take_banner(struct talk *t)
{
	if (t->reader.reply.code != 220)
		return talk_fail(t, REASON_SERVER_GONE, "unwelcome");
	talk_tell(t, TALK_BANNER);
	return talk_ask(t, TALK_EHLO, "EHLO ", t->plan.helo);
}

static enum progress
take_ehlo(struct talk *t)
{
	struct smtp_extensions offer = { 0 };
	bool welcome = t->reader.reply.code == 250;

	if (!welcome && t->helo)
		return talk_fail(t, REASON_SERVER_GONE, "unwelcome");
	if (!welcome) {
		t->helo = true;
		return talk_ask(t, TALK_EHLO, "HELO ", t->plan.helo);
	}
	/* Who knows HELO alone offers nothing. */
	if (!t->helo && smtp_extensions_parse(&offer, &t->reader.reply) != 0)
		return talk_fail(t, REASON_PROTOCOL_ERROR, "a bad answer");
	t->offers_starttls = (offer.bits & SMTP_EXT_STARTTLS) != 0;
	if (!t->offers_starttls)
		t->tls = SERVER_TLS_NOT_OFFERED;
	talk_tell(t, TALK_EHLO);
	if (!t->offers_starttls || !t->plan.starttls)
		return talk_quit(t);
	return talk_ask(t, TALK_STARTTLS, "STARTTLS", "");
}

static enum progress
take_starttls(struct talk *t)
{
	int err;

	if (t->reader.reply.code != 220) {
		t->tls = SERVER_TLS_REFUSED;
		(void)snprintf(t->fault, sizeof(t->fault), "refused");
		talk_tell(t, TALK_STARTTLS);
		t->fault[0] = '\0';
		return talk_quit(t);
	}
	err = upstream_secure(&t->upstream, t->plan.tls, t->plan.sni, NULL);
	if (err == DG_EPROTO) {
		t->tls = SERVER_TLS_INJECTED;
		return talk_fail(t, REASON_OK,
		    "plaintext behind the answer to STARTTLS");
	}
	if (err != 0)
		return talk_fail(t, REASON_OVERLOAD, "no memory for TLS");
	talk_tell(t, TALK_STARTTLS);
	return talk_goto(t, TALK_HANDSHAKE);
}

static enum progress
handshake_failed(struct talk *t, const char *why)
{
	t->tls = SERVER_TLS_FAILED;
	return talk_fail(t, REASON_OK, why);
}

static enum progress
stage_handshake(struct talk *t, enum upstream_status status)
{
	char why[sizeof(t->fault)];

	if (status == UPSTREAM_HANDSHAKE)
		return PROGRESS_WAIT;
	if (status != UPSTREAM_OPEN) {
		upstream_error(&t->upstream, why, sizeof(why));
		return handshake_failed(t, why);
	}
	t->tls = SERVER_TLS_DONE;
	talk_tell(t, TALK_HANDSHAKE);
	return talk_ask(t, TALK_EHLO_TLS, "EHLO ", t->plan.helo);
}

static enum progress
take_ehlo_tls(struct talk *t)
{
	if (t->reader.reply.code != 250)
		return talk_fail(t, REASON_PROTOCOL_ERROR, "refused");
	talk_tell(t, TALK_EHLO_TLS);
	return talk_quit(t);
}

/* A whole reply has come. */
static enum progress
take_reply(struct talk *t)
{
	if (t->reader.reply.code == 421)
		return talk_fail(t, REASON_SERVER_GONE, "it wants to close");
	switch (t->stage) {
	case TALK_BANNER:
		return take_banner(t);
	case TALK_EHLO:
		return take_ehlo(t);
	case TALK_STARTTLS:
		return take_starttls(t);
	case TALK_EHLO_TLS:
		return take_ehlo_tls(t);
	case TALK_CONNECT:
	case TALK_HANDSHAKE:
	case TALK_END:
		break;
	}
	return talk_fail(t, REASON_PROTOCOL_ERROR, "an answer too many");
}

static enum progress
stage_reply(struct talk *t, enum upstream_status status)
{
	int err = smtp_reply_read(&t->reader, upstream_in(&t->upstream));

	if (err == 0)
		return take_reply(t);
	if (err != DG_EAGAIN)
		return talk_fail(t, REASON_PROTOCOL_ERROR, "no SMTP reply");
	return status == UPSTREAM_OPEN ? PROGRESS_WAIT : talk_lost(t);
}

static void
talk_run(struct talk *t)
{
	enum progress progress = PROGRESS_ON;

	while (progress == PROGRESS_ON) {
		enum upstream_status status = upstream_run(&t->upstream);

		if (t->stage == TALK_CONNECT)
			progress = stage_connect(t, status);
		else if (t->stage == TALK_HANDSHAKE)
			progress = stage_handshake(t, status);
		else
			progress = stage_reply(t, status);
	}
}

static void
talk_on_event(void *arg)
{
	talk_run(arg);
}

static void
talk_start(struct talk *t)
{
	int err;

	t->started = true;
	t->upstream.memory = &t->memory;
	err = upstream_connect(&t->upstream, event_get_base(&t->timer),
	    &t->plan.server, NULL, talk_on_event, t);
	if (err == DG_EIO)
		(void)talk_fail(t, REASON_SERVER_GONE, "no route");
	else if (err != 0)
		(void)talk_fail(t, REASON_OVERLOAD, dg_err_text(err));
	else if (talk_goto(t, TALK_CONNECT) == PROGRESS_ON)
		talk_run(t);
}

static void
talk_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct talk *t = arg;

	(void)fd;
	(void)what;
	if (!t->started)
		talk_start(t);
	else if (t->stage == TALK_HANDSHAKE)
		(void)handshake_failed(t, "timeout");
	else
		(void)talk_fail(t, REASON_SERVER_GONE, "timeout");
}

int
talk_new(struct talk **out, struct event_base *base,
    const struct talk_plan *plan, talk_told *told, void *arg)
{
	struct talk *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return DG_ENOMEM;
	t->plan = *plan;
	t->broken = REASON_OK;
	t->told = told;
	t->arg = arg;
	if (event_assign(&t->timer, base, -1, 0, talk_on_timer, t) != 0) {
		free(t);
		return DG_ENOMEM;
	}
	event_active(&t->timer, EV_TIMEOUT, 0);
	*out = t;
	return 0;
}

void
talk_free(struct talk *t)
{
	if (t == NULL)
		return;
	(void)event_del(&t->timer);
	upstream_abort(&t->upstream);
	free(t);
}
