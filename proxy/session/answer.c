#include <stdarg.h>
#include <stdio.h>

#include "session/session.h"

#define TEXT_MAX 900

static void answer_text(struct session *s, int code, const char *format,
    va_list ap) DG_PRINTF(3, 0);

static void
answer_text(struct session *s, int code, const char *format, va_list ap)
{
	struct smtp_reply reply = { 0 };
	char text[TEXT_MAX];
	char clean[TEXT_MAX];

	(void)vsnprintf(text, sizeof(text), format, ap);
	log_escape(clean, sizeof(clean), span_text(text));
	smtp_reply_set(&reply, code, "%s", clean);
	answer_reply(s, &reply);
}

void
answer(struct session *s, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	answer_text(s, code, format, ap);
	va_end(ap);
}

void
answer_reply(struct session *s, const struct smtp_reply *reply)
{
	if (smtp_reply_write(&s->down_out, reply) == 0)
		return;
	/* The client does not read what it asked for. */
	upstream_abort(&s->upstream);
	session_goto(s, SESSION_ENDED);
}

void
answer_close(struct session *s, int code, const char *format, ...)
{
	va_list ap;

	/* First of all: the words may be the decision's, which goes next. */
	va_start(ap, format);
	answer_text(s, code, format, ap);
	va_end(ap);
	/* Whoever has more to say to the server has said it before. */
	upstream_abort(&s->upstream);
	decide_clear(s);
	session_goto(s, SESSION_CLOSING);
}

void
ask(struct session *s, enum session_state state, const char *format, ...)
{
	char line[UPSTREAM_OUT];
	struct buf *out = upstream_out(&s->upstream);
	bool begun = s->state == SESSION_COMMAND && s->reader.reply.lines > 0;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	/* What is there before the question cannot be its answer, unless others
	 * were asked before. */
	s->stray = s->owed == 0 &&
	    (begun || upstream_in(&s->upstream)->len > 0);
	session_goto(s, state);
	if (n < 0 || (size_t)n >= sizeof(line) ||
	    buf_put(out, line, (size_t)n) != 0)
		s->stray = true;
}

/*
 * 421 tells a mail server to try the next MX: right when this server failed and
 * nothing has been accepted yet. Otherwise the recipient alone is put off.
 */
static bool
blames_server(enum reason reason)
{
	return reason == REASON_TLSA_MISMATCH ||
	    reason == REASON_STARTTLS_MISSING ||
	    reason == REASON_STARTTLS_REFUSED || reason == REASON_TLS_FAILED ||
	    reason == REASON_DOWNGRADE;
}

void
answer_refusal(struct session *s, const struct judgement *j, const char *why)
{
	const struct decision *d = &s->decision;
	char address[ADDRESS_TEXT_MAX];
	const char *host = d->requirement.host != NULL
	    ? d->requirement.host->host.text
	    : "";
	bool reject = j->verdict == VERDICT_REJECT;
	bool close = s->upstream.endpoint == NULL ||
	    (!reject && blames_server(j->reason) && !s->accepted_any);
	int code = reject ? (j->reason == REASON_NULL_MX ? 556 : 550) : 451;
	const char *colon = why[0] != '\0' ? ": " : "";

	(void)address_text(&s->server, address);
	if (close && !reject)
		code = 421;
	if (close) {
		upstream_close(&s->upstream);
		answer_close(s, code, "%c.%s danegate: %s via %s[%s]: %s%s%s",
		    '0' + code / 100, reason_status(j->reason), d->domain.text,
		    host, address, reason_text(j->reason), colon, why);
		return;
	}
	answer(s, code, "%c.%s danegate: %s via %s[%s]: %s%s%s",
	    '0' + code / 100, reason_status(j->reason), d->domain.text, host,
	    address, reason_text(j->reason), colon, why);
	session_goto(s, SESSION_COMMAND);
}

void
server_gone(struct session *s)
{
	char why[200];

	upstream_error(&s->upstream, why, sizeof(why));
	if (s->timed_out)
		(void)snprintf(why, sizeof(why), "timeout");
	report_event(s, LOG_LEVEL_INFO, "server-gone", REASON_SERVER_GONE, why);
	answer_close(s, 421, "4.4.2 danegate: server-gone: %s (%s)", why,
	    session_state_text(s->state));
}

void
server_broken(struct session *s)
{
	report_event(s, LOG_LEVEL_WARNING, "bad-reply", REASON_PROTOCOL_ERROR,
	    session_state_text(s->state));
	answer_close(s, 421,
	    "4.5.0 danegate: protocol-error: the server's reply cannot be "
	    "understood (%s)",
	    session_state_text(s->state));
}

void
server_421(struct session *s)
{
	struct smtp_reply reply = s->reader.reply;

	report_event(s, LOG_LEVEL_INFO, "server-421", REASON_SERVER_GONE,
	    session_state_text(s->state));
	upstream_abort(&s->upstream);
	decide_clear(s);
	answer_reply(s, &reply);
	session_goto(s, SESSION_CLOSING);
}
