/*
 * The states, the matrix, and what drives it; see the essay in session.h.
 */
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "session/session.h"

/* Which side a state may be read from. */
enum reads {
	READS_NOTHING = 0,
	READS_LINES, /* the client's commands */
	READS_AHEAD, /* RCPTs that it has sent ahead */
	READS_BODY,  /* the client's body, while the upstream has room */
	READS_ALL,   /* whatever the client sends, to drop it */
};

static const struct {
	const char *name;
	unsigned timeout; /* seconds */
	enum reads client;
	bool server; /* a reply may come */
} states[SESSION_STATES] = {
#define STATE(id, name, timeout, client, server) \
	[SESSION_##id] = { name, timeout, client, server },
#include "session/states.def"
};

typedef void action(struct session *s);

static void
session_end(struct session *s)
{
	upstream_abort(&s->upstream);
	session_goto(s, SESSION_ENDED);
}

/* The client went away: what is not finished must not become mail. */
static void
client_gone(struct session *s)
{
	report_event(s, LOG_LEVEL_INFO, "client-gone", REASON_OK,
	    session_state_text(s->state));
	session_end(s);
}

static void
client_idle(struct session *s)
{
	upstream_close(&s->upstream);
	answer_close(s, 421, "4.4.2 danegate: timeout, closing");
}

static void
body_idle(struct session *s)
{
	upstream_abort(&s->upstream);
	answer_close(s, 421, "4.4.2 danegate: timeout in the message, closing");
}

static void
facts_timeout(struct session *s)
{
	decide_clear(s);
	s->decision.ready = true;
	decide_facts(s);
}

static void
closing_read(struct session *s)
{
	buf_clear(&s->down_in);
}

/* A pair that cannot be: fail closed, and say where. */
static void
impossible(struct session *s)
{
	report_event(s, LOG_LEVEL_ERROR, "impossible-event",
	    REASON_PROTOCOL_ERROR, session_state_text(s->state));
	upstream_abort(&s->upstream);
	answer_close(s, 421, "4.3.0 danegate: internal error, closing");
}

static void
ignore(struct session *s)
{
	(void)s;
}

#define CELL(action) action
static action *const matrix[SESSION_STATES][EVENTS] = {
#include "session/matrix.def"
};

#ifdef DG_TEST_MATRIX
static unsigned long runs[SESSION_STATES][EVENTS];

void
session_matrix_cell(struct session_cell *out, enum session_state state,
    enum session_event event)
{
	out->filled = matrix[state][event] != NULL;
	out->possible = out->filled && matrix[state][event] != impossible &&
	    matrix[state][event] != ignore;
	out->runs = runs[state][event];
}
#endif

const char *
session_state_text(enum session_state state)
{
	return state < SESSION_STATES ? states[state].name : "unknown";
}

/* A body that only drips, be it by the client's doing or the server's. */
static bool
body_drips(const struct session *s)
{
	uint64_t since = clock_monotonic_ms() - s->useful;

	return since > SESSION_BODY_MS + s->moved * 1000 / SESSION_BODY_RATE;
}

/* Between commands: nothing of a message has come for so long, or so little of
 * one in chunks, that politeness alone keeps the session. */
static bool
session_lingers(const struct session *s)
{
	if (s->state != SESSION_COMMAND)
		return false;
	return s->chunked ? body_drips(s)
			  : clock_monotonic_ms() - s->useful > SESSION_IDLE_MS;
}

/* Then what is on its way may come, no more. */
static unsigned
session_timeout(const struct session *s)
{
	return session_lingers(s) ? SESSION_IDLE_REST
				  : states[s->state].timeout;
}

static void
session_set_timer(struct session *s)
{
	const struct timeval tv = { .tv_sec = session_timeout(s) };

	if (s->state == SESSION_ENDED)
		(void)event_del(&s->timer);
	else if (event_add(&s->timer, &tv) != 0)
		s->timed_out = true; /* a state without a bound is none */
}

/* A message, or what is left of it, comes from the client. */
static bool
state_is_body(enum session_state state)
{
	return state == SESSION_BODY || state == SESSION_CHUNK ||
	    state == SESSION_DISCARD;
}

void
session_goto(struct session *s, enum session_state state)
{
	struct log_line l;

	if (s->state == SESSION_ENDED)
		return;
	log_begin(&l, LOG_LEVEL_DEBUG, "state");
	log_number(&l, "session", s->id);
	log_text(&l, "from", session_state_text(s->state));
	log_text(&l, "to", session_state_text(state));
	log_end(&l);
	s->state = state;
	s->timed_out = false;
	/* A reply that has begun goes on: an early one behind its body, and one
	 * to a RCPT while facts for the next are gathered. */
	if (state != SESSION_DOT && state != SESSION_CHUNK_REPLY &&
	    s->owed == 0)
		smtp_reply_start(&s->reader);
	session_set_timer(s);
	if (state == SESSION_ENDED)
		event_active(&s->proxy->reap, EV_TIMEOUT, 0);
}

void
session_check(const struct session *s)
{
	assert(s->state < SESSION_STATES);
	assert(!s->mail_sent || s->have_mail);
	assert(!s->mail_sent || s->passed);
	assert(s->owed == 0 || s->state == SESSION_MAIL ||
	    s->state == SESSION_RCPT || s->state == SESSION_CLOSING ||
	    s->state == SESSION_ENDED ||
	    (s->state == SESSION_FACTS && s->mail_sent));
	assert((s->state != SESSION_BODY && s->state != SESSION_DOT) ||
	    (s->mail_sent && s->recipients > 0));
	assert(!s->secured || s->upstream.endpoint == NULL ||
	    s->upstream.tls != NULL);
	assert(s->state != SESSION_DISCARD || s->chunk ||
	    s->upstream.endpoint == NULL);
	assert(s->state != SESSION_CLOSING || s->upstream.endpoint == NULL);
}

/* An answer may be as long as a reply can be. */
static bool
client_has_room(const struct session *s)
{
	return buf_room(&s->down_out) >= SESSION_REPLY_ROOM;
}

/* Lines that are taken make room for what TLS may still hold of the reply, and
 * of which the socket would say nothing. */
static int
read_reply(struct session *s, enum upstream_status *status)
{
	struct buf *in = upstream_in(&s->upstream);
	size_t before = in->len;
	int err = smtp_reply_read(&s->reader, in);

	while (err == DG_EAGAIN && in->len < before) {
		*status = upstream_run(&s->upstream);
		before = in->len;
		err = smtp_reply_read(&s->reader, in);
	}
	return err;
}

static enum session_event
next_reply(struct session *s, enum upstream_status status)
{
	int err;

	if (s->stray)
		return EVENT_BAD_REPLY;
	if (status == UPSTREAM_NONE)
		return EVENT_SERVER_GONE;
	if (s->state == SESSION_RCPT && !client_has_room(s))
		return EVENT_NONE; /* of several answers each needs its own */
	err = read_reply(s, &status);
	if (err == DG_EAGAIN)
		return status == UPSTREAM_ENDED || status == UPSTREAM_FAILED
		    ? EVENT_SERVER_GONE
		    : EVENT_NONE;
	if (err != 0)
		return EVENT_BAD_REPLY;
	/* 3yz answers DATA and nothing else. */
	if (s->reader.reply.code / 100 == 3 && s->state != SESSION_DATA)
		return EVENT_BAD_REPLY;
	return EVENT_REPLY;
}

static enum session_event
next_from_server(struct session *s, enum upstream_status status)
{
	bool over = status == UPSTREAM_ENDED || status == UPSTREAM_FAILED;

	/* A refusal comes at once, unless answers to other RCPTs are first. */
	if (s->state == SESSION_FACTS)
		return s->decision.ready && (s->owed > 0 || client_has_room(s))
		    ? EVENT_FACTS
		    : EVENT_NONE;
	if (states[s->state].server)
		return next_reply(s, status);
	if (s->state != SESSION_CONNECT && s->state != SESSION_HANDSHAKE)
		return EVENT_NONE;
	if (over)
		return EVENT_SERVER_GONE;
	if (status != UPSTREAM_OPEN)
		return EVENT_NONE;
	return s->state == SESSION_CONNECT ? EVENT_CONNECTED : EVENT_SECURED;
}

static bool
client_has_line(const struct session *s)
{
	struct span line;
	size_t used;

	return smtp_line_next(&line, &used, &s->down_in, SMTP_LINE_MAX) !=
	    DG_EAGAIN;
}

static bool
client_ready(struct session *s)
{
	switch (states[s->state].client) {
	case READS_NOTHING:
		return false;
	case READS_LINES:
		return client_has_line(s) && client_has_room(s);
	case READS_AHEAD:
		return transaction_ahead(s);
	case READS_BODY:
		return s->down_in.len > 0 &&
		    buf_room(upstream_out(&s->upstream)) >= 8;
	case READS_ALL:
		return s->down_in.len > 0;
	}
	return false;
}

static enum session_event
next_from_client(struct session *s)
{
	enum reads reads = states[s->state].client;

	if (endpoint_error(s->downstream) != 0)
		return EVENT_CLIENT_GONE;
	if (client_ready(s))
		return reads == READS_LINES || reads == READS_AHEAD
		    ? EVENT_COMMAND
		    : EVENT_BODY;
	if (reads != READS_NOTHING && reads != READS_AHEAD &&
	    endpoint_eof(s->downstream) &&
	    (s->down_in.len == 0 || reads == READS_LINES) &&
	    s->down_out.len == 0)
		return EVENT_CLIENT_GONE;
	return EVENT_NONE;
}

/* The server's word comes first: a body must not run past its refusal. */
static enum session_event
session_next_event(struct session *s)
{
	enum session_event event;

	if (s->state == SESSION_ENDED)
		return EVENT_NONE;
	event = next_from_server(s, upstream_run(&s->upstream));
	if (event == EVENT_NONE)
		event = next_from_client(s);
	if (event == EVENT_NONE && s->timed_out)
		event = EVENT_TIMEOUT;
	return event;
}

/*
 * A long body and commands answered here keep the state; what moves restarts
 * the clock (RFC 5321 4.5.3.2.5, 4.5.3.2.7), unless it moves so slowly that
 * it would hold the session for ever. Part of a line restarts nothing.
 */
static void
session_progress(struct session *s, enum session_event event)
{
	if (event == EVENT_COMMAND ||
	    (event == EVENT_BODY && state_is_body(s->state) &&
		!body_drips(s))) {
		s->timed_out = false;
		session_set_timer(s);
	}
}

/* Runs the cell; bytes of a body that it takes are counted. */
static void
session_act(struct session *s, enum session_event event)
{
	size_t before = s->down_in.len;

	if (event == EVENT_BODY)
		bulk_lend(s);
	if (event == EVENT_REPLY && s->reader.reply.code == 421 &&
	    s->state != SESSION_BODY && s->state != SESSION_CHUNK)
		server_421(s);
	else
		matrix[s->state][event](s);
	if (event == EVENT_REPLY)
		smtp_reply_start(&s->reader);
	if (event == EVENT_BODY)
		s->moved += before - s->down_in.len;
}

void
session_run(struct session *s)
{
	enum session_event event;

	if (s->running)
		return;
	s->running = true;
	rest_over(s);
	while ((event = session_next_event(s)) != EVENT_NONE) {
		session_progress(s, event);
#ifdef DG_TEST_MATRIX
		runs[s->state][event]++;
#endif
		session_act(s, event);
		session_check(s);
	}
	if (!state_is_body(s->state))
		bulk_return(s);
	if (s->state == SESSION_CLOSING && s->down_out.len == 0)
		endpoint_shutdown(s->downstream);
	if (s->state != SESSION_ENDED)
		endpoint_update(s->downstream);
	s->running = false;
}

static void
session_on_event(void *arg)
{
	session_run(arg);
}

static void
session_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	s->timed_out = true;
	session_run(s);
}

int
session_connect(struct session *s)
{
	return upstream_connect(&s->upstream, s->proxy->base, &s->server,
	    s->proxy->settings->source == SOURCE_PRESERVE ? &s->client : NULL,
	    session_on_event, s);
}

static void
session_release(struct session *s)
{
	budget_give(&s->proxy->room, SESSION_MEMORY);
	free(s);
}

int
session_new(struct proxy *p, int fd, const struct address *client,
    const struct address *server)
{
	struct session *s;
	int err;

	if (budget_take(&p->room, SESSION_MEMORY) != 0)
		return DG_ENOMEM;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		budget_give(&p->room, SESSION_MEMORY);
		return DG_ENOMEM;
	}
	s->proxy = p;
	s->useful = clock_monotonic_ms();
	s->id = ++p->last_id;
	s->started = clock_monotonic_ms();
	s->client = *client;
	s->server = *server;
	s->upstream.memory = &s->memory.upstream;
	buf_init(&s->down_in, s->memory.down_in, sizeof(s->memory.down_in));
	buf_init(&s->down_out, s->memory.down_out, sizeof(s->memory.down_out));
	smtp_reply_start(&s->reader);
	if (event_assign(&s->timer, p->base, -1, 0, session_on_timer, s) != 0) {
		session_release(s);
		return DG_ENOMEM;
	}
	err = endpoint_new(&s->downstream, p->base, fd, false, &s->down_in,
	    &s->down_out, session_on_event, s);
	if (err != 0) {
		session_release(s);
		return 0; /* fd is closed */
	}
	QUEUE_APPEND(&p->sessions, s, link);
	p->nsessions++;
	session_set_timer(s);
	rest_watch(p);
	if (session_connect(s) != 0)
		greet_failed(s);
	/* Nobody else wakes a session that could get no timer. */
	session_run(s);
	return 0;
}

void
session_free(struct session *s)
{
	decide_clear(s);
	upstream_abort(&s->upstream);
	endpoint_free(s->downstream);
	bulk_drop(s);
	rest_over(s);
	(void)event_del(&s->timer);
	QUEUE_REMOVE(&s->proxy->sessions, s, link);
	s->proxy->nsessions--;
	session_release(s);
}
