/*
 * The message: DATA and BDAT stream through two fixed buffers. What the client
 * is told at its end is what the server said to the end, or a refusal of ours;
 * a 250 is never made here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "session/session.h"

/* What follows is a message; how fast it moves is counted from here, for all
 * its chunks together. */
static void
body_begins(struct session *s)
{
	s->useful = clock_monotonic_ms();
	s->moved = 0;
}

void
body_data(struct session *s)
{
	ask(s, SESSION_DATA, "DATA\r\n");
}

void
body_data_reply(struct session *s)
{
	const struct settings *settings = s->proxy->settings;
	int code = s->reader.reply.code;

	if (code / 100 == 2 || (code / 100 == 3 && code != 354)) {
		server_broken(s);
		return;
	}
	answer_reply(s, &s->reader.reply);
	if (code != 354) {
		session_goto(s, SESSION_COMMAND);
		return;
	}
	smtp_data_start(&s->data,
	    settings->bare_newline == BARE_NEWLINE_REJECT
		? SMTP_NEWLINE_REJECT
		: SMTP_NEWLINE_NORMALIZE);
	s->chunk = false;
	body_begins(s);
	session_goto(s, SESSION_BODY);
}

/*
 * The message cannot go on. The upstream goes at once, without an end of data,
 * so nothing of it can count; the client is followed to its own end and told
 * `held` then.
 */
static void
body_give_up(struct session *s)
{
	bool chunk = s->state == SESSION_CHUNK;

	upstream_abort(&s->upstream);
	transaction_over(s);
	s->chunk = chunk;
	session_goto(s, SESSION_DISCARD);
}

/* All of the message, or of a chunk, is given to the server. */
static void
body_ended(struct session *s, enum session_state state)
{
	s->early = s->reader.reply.lines > 0 ||
	    upstream_in(&s->upstream)->len > 0;
	session_goto(s, state);
}

/* Who says yes before the end, or before it was sent, has not seen it (RFC 5321
 * 4.1.1.4). */
static bool
body_accepted_early(struct session *s)
{
	return s->reader.reply.code / 100 == 2 &&
	    (s->early || !upstream_flushed(&s->upstream));
}

void
body_relay(struct session *s)
{
	int err = smtp_data_relay(&s->data, &s->down_in,
	    upstream_out(&s->upstream));

	if (err == 0) {
		body_ended(s, SESSION_DOT);
	} else if (err == DG_ESYNTAX) {
		smtp_reply_set(&s->held, 550,
		    "5.6.11 danegate: bare CR or LF in the message");
		report_event(s, LOG_LEVEL_WARNING, "bare-newline",
		    REASON_PROTOCOL_ERROR, "refused");
		body_give_up(s);
	}
}

void
body_early(struct session *s)
{
	if (s->reader.reply.code / 100 >= 4)
		s->held = s->reader.reply;
	else
		smtp_reply_set(&s->held, 451,
		    "4.5.0 danegate: protocol-error: the server answered in "
		    "the middle of the message");
	report_event(s, LOG_LEVEL_WARNING, "early-reply", REASON_PROTOCOL_ERROR,
	    s->held.text);
	body_give_up(s);
}

void
body_broken(struct session *s)
{
	char why[200];

	upstream_error(&s->upstream, why, sizeof(why));
	report_event(s, LOG_LEVEL_WARNING, "server-gone", REASON_SERVER_GONE,
	    why);
	smtp_reply_set(&s->held, 451,
	    "4.4.2 danegate: server-gone: lost the server in the middle of "
	    "the message");
	body_give_up(s);
}

static void
body_answered(struct session *s, uint64_t size)
{
	bool good = s->reader.reply.code / 100 == 2;

	if (good)
		report_delivered(s, &s->reader.reply, size);
	else
		report_event(s, LOG_LEVEL_INFO, "refused", REASON_OK,
		    s->reader.reply.text);
	answer_reply(s, &s->reader.reply);
	transaction_over(s);
	session_goto(s, SESSION_COMMAND);
	if (s->proxy->draining) {
		upstream_close(&s->upstream);
		answer_close(s, 421, "4.3.2 danegate: going down");
	}
}

void
body_dot_reply(struct session *s)
{
	if (body_accepted_early(s)) {
		body_dot_lost(s);
		return;
	}
	body_answered(s, smtp_data_size(&s->data));
}

/* RFC 5321 4.5.3.2.6, RFC 1047: the message may be there or not. */
void
body_dot_lost(struct session *s)
{
	report_event(s, LOG_LEVEL_ERROR, "outcome-unknown", REASON_SERVER_GONE,
	    "no answer to the end of data");
	answer_close(s, 451,
	    "4.4.2 danegate: server-gone: no answer to the end of the "
	    "message, its outcome is unknown");
}

/* BDAT (RFC 3030): the chunk follows its command without a pause. */
void
body_bdat(struct session *s, const struct smtp_command *c)
{
	bool ready = s->have_mail && s->recipients > 0;

	s->chunk_left = c->size;
	s->chunk_last = c->last;
	s->chunk = true;
	if (ready && (s->offered.bits & SMTP_EXT_CHUNKING) != 0) {
		if (!s->chunked)
			body_begins(s);
		s->chunked = true;
		s->chunks += c->size;
		ask(s, SESSION_CHUNK, "BDAT %" PRIu64 "%s\r\n", c->size,
		    c->last ? " LAST" : "");
		s->early = false;
		if (c->size == 0)
			session_goto(s, SESSION_CHUNK_REPLY);
		return;
	}
	if (ready)
		smtp_reply_set(&s->held, 451,
		    "4.3.3 danegate: the server does not offer CHUNKING");
	else
		smtp_reply_set(&s->held, 503,
		    "5.5.1 danegate: no valid recipients");
	if (c->size > 0)
		session_goto(s, SESSION_DISCARD);
	else
		answer_reply(s, &s->held);
}

static size_t
chunk_take(struct session *s, size_t max)
{
	size_t n = s->down_in.len;

	if (n > max)
		n = max;
	if (n > s->chunk_left)
		n = (size_t)s->chunk_left;
	s->chunk_left -= n;
	return n;
}

void
body_chunk(struct session *s)
{
	struct buf *out = upstream_out(&s->upstream);
	size_t n = chunk_take(s, buf_room(out));

	if (buf_put(out, buf_peek(&s->down_in).p, n) != 0) {
		body_broken(s);
		return;
	}
	buf_drop(&s->down_in, n);
	if (s->chunk_left == 0)
		body_ended(s, SESSION_CHUNK_REPLY);
}

void
body_chunk_reply(struct session *s)
{
	bool good = s->reader.reply.code / 100 == 2;

	if (body_accepted_early(s)) {
		body_chunk_lost(s);
		return;
	}
	if (!s->chunk_last) {
		answer_reply(s, &s->reader.reply);
		session_goto(s, SESSION_COMMAND);
		return;
	}
	body_answered(s, s->chunks);
	/* What the server keeps of a refused message is not known: nothing
	 * else is sent in this session. */
	if (!good)
		upstream_close(&s->upstream);
}

void
body_chunk_lost(struct session *s)
{
	if (s->chunk_last)
		body_dot_lost(s);
	else
		server_gone(s);
}

void
body_discard(struct session *s)
{
	if (s->chunk) {
		buf_drop(&s->down_in, chunk_take(s, s->down_in.len));
		if (s->chunk_left > 0)
			return;
	} else if (smtp_data_discard(&s->data, &s->down_in) != 0) {
		return;
	}
	s->chunk = false;
	answer_reply(s, &s->held);
	session_goto(s, SESSION_COMMAND);
}
