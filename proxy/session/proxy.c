#include "session/proxy.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "session/session.h"

static void
proxy_reap(evutil_socket_t fd, short what, void *arg)
{
	struct proxy *p = arg;
	struct session *s;
	struct session *next;

	(void)fd;
	(void)what;
	for (s = p->sessions.first; s != NULL; s = next) {
		next = s->link.next;
		if (s->state == SESSION_ENDED)
			session_free(s);
	}
	if (p->nsessions == 0 && p->idle != NULL)
		p->idle(p->idle_arg);
}

int
proxy_new(struct proxy **out, struct event_base *base,
    const struct settings *settings, struct resolver *resolver,
    struct tls_context *tls)
{
	struct proxy *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return DG_ENOMEM;
	p->base = base;
	p->settings = settings;
	p->resolver = resolver;
	p->tls = tls;
	p->bulks = (struct budget){
		.name = "bulks",
		.limit = (size_t)(settings->memory_limit / BULK_SHARE /
			     sizeof(struct bulk)) *
		    sizeof(struct bulk),
	};
	p->room = (struct budget){
		.name = "sessions",
		/* All but those, and what the DNS cache has. */
		.limit = (size_t)(settings->memory_limit -
			     settings->memory_limit / 8) -
		    p->bulks.limit,
	};
	if (memory_new(&p->memory, MEMORY_HOSTS_MAX) != 0 ||
	    rest_init(p) != 0 ||
	    event_assign(&p->reap, base, -1, 0, proxy_reap, p) != 0) {
		memory_free(p->memory);
		free(p);
		return DG_ENOMEM;
	}
	*out = p;
	return 0;
}

void
proxy_reconfigure(struct proxy *p, const struct settings *settings,
    struct resolver *resolver)
{
	struct session *s;

	p->settings = settings;
	p->resolver = resolver;
	for (s = p->sessions.first; s != NULL; s = s->link.next)
		if (s->state == SESSION_FACTS && s->decision.query != NULL) {
			decide_start(s, s->decision.purpose);
			/* A lookup that cannot begin calls nobody back. */
			session_run(s);
		}
}

/* What stands against one more session. */
struct objection {
	enum reason reason; /* REASON_OK: nothing */
	const char *words;  /* of the reply */
};

void
proxy_trust(struct proxy *p, const struct pkix_store *authorities)
{
	p->authorities = authorities;
}

static void
proxy_turn_away(struct proxy *p, int fd, const struct address *client,
    const struct address *server, const struct objection *o)
{
	struct log_line l;
	char reply[200];
	int n = snprintf(reply, sizeof(reply), "421 %s\r\n", o->words);

	if (n > 0 && (size_t)n < sizeof(reply))
		(void)send(fd, reply, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
	log_begin(&l, LOG_LEVEL_WARNING, "turned-away");
	log_address(&l, "client", client);
	log_address(&l, "server", server);
	log_number(&l, "sessions", p->nsessions);
	log_text(&l, "reason", reason_text(o->reason));
	log_text(&l, "why", o->words);
	log_end(&l);
	p->watch.counts.turned_away++;
}

static size_t
proxy_sessions_of(const struct proxy *p, const struct address *client)
{
	size_t n = 0;

	for (const struct session *s = p->sessions.first; s != NULL;
	     s = s->link.next)
		if (address_same_host(&s->client, client))
			n++;
	return n;
}

/*
 * A connection of our own that came back, by a route that leads in a circle.
 * The other side of it is given what it is told here.
 */
static bool
proxy_is_loop(const struct proxy *p, const struct address *client)
{
	for (const struct session *s = p->sessions.first; s != NULL;
	     s = s->link.next)
		if (s->upstream.endpoint != NULL &&
		    s->upstream.local.port == client->port &&
		    address_same_host(&s->upstream.local, client))
			return true;
	return false;
}

static struct objection
proxy_objection(const struct proxy *p, const struct address *client)
{
	uint32_t most = p->settings->max_sessions_per_client;

	if (p->draining)
		return (struct objection){ REASON_OVERLOAD,
			"4.3.2 danegate: going down" };
	if (proxy_is_loop(p, client))
		return (struct objection){ REASON_SERVER_GONE,
			"4.4.6 danegate: server-gone: a loop, this connection "
			"is danegate's own" };
	if (p->nsessions >= p->settings->max_sessions)
		return (struct objection){ REASON_OVERLOAD,
			"4.3.2 danegate: overload: too many sessions, try "
			"again" };
	if (most > 0 && proxy_sessions_of(p, client) >= most)
		return (struct objection){ REASON_OVERLOAD,
			"4.7.0 danegate: overload: too many sessions from "
			"your address, try again" };
	return (struct objection){ REASON_OK, "" };
}

void
proxy_accept(struct proxy *p, int fd, const struct address *client,
    const struct address *server)
{
	struct objection o = proxy_objection(p, client);

	if (o.reason == REASON_OK && session_new(p, fd, client, server) != 0)
		o = (struct objection){ REASON_OVERLOAD,
			"4.3.2 danegate: overload: no memory, try again" };
	if (o.reason != REASON_OK)
		proxy_turn_away(p, fd, client, server, &o);
	else
		p->watch.counts.sessions++;
}

static void
drain_session(struct session *s)
{
	if (s->recipients > 0 || s->state == SESSION_CLOSING ||
	    s->state == SESSION_ENDED || s->state == SESSION_DISCARD)
		return;
	upstream_close(&s->upstream);
	answer_close(s, 421, "4.3.2 danegate: going down");
	session_run(s);
}

void
proxy_drain(struct proxy *p)
{
	struct session *s;

	p->draining = true;
	for (s = p->sessions.first; s != NULL; s = s->link.next)
		drain_session(s);
	event_active(&p->reap, EV_TIMEOUT, 0);
}

size_t
proxy_sessions(const struct proxy *p)
{
	return p->nsessions;
}

size_t
proxy_session_bytes(void)
{
	return sizeof(struct session);
}

/* As one that counts only what sessions take by themselves. */
static struct budget
own_memory(const struct budget *room)
{
	return (struct budget){
		.name = room->name,
		.limit = room->limit / SESSION_MEMORY * SESSION_OWN,
		.used = room->used / SESSION_MEMORY * SESSION_OWN,
		.peak = room->peak / SESSION_MEMORY * SESSION_OWN,
	};
}

void
proxy_count_usage(struct proxy_usage *out, const struct proxy *p)
{
	out->sessions = own_memory(&p->room);
	out->bulks = p->bulks;
	out->given_back = p->given_back;
}

const struct watch *
proxy_watch(const struct proxy *p)
{
	return &p->watch;
}

static uint64_t
body_bytes(const struct session *s)
{
	return s->state == SESSION_BODY || s->state == SESSION_DOT
	    ? smtp_data_size(&s->data)
	    : s->chunks;
}

static bool
tell_session(const struct session *s, uint64_t now, proxy_session_cb *cb,
    void *arg)
{
	const struct requirement *r = &s->decision.requirement;
	const struct tls_conn *tls = s->secured ? s->upstream.tls : NULL;
	const struct proxy_session seen = {
		.id = s->id,
		.age = (now - s->started) / 1000,
		.client = &s->client,
		.server = &s->server,
		.state = session_state_text(s->state),
		.domain = s->decision.domain.text,
		.tls = tls != NULL ? tls_conn_version(tls) : NULL,
		.cipher = tls != NULL ? tls_conn_cipher(tls) : NULL,
		.recipients = s->recipients,
		.greeting = s->helo,
		.offered = s->offered.bits,
		.starttls = s->starttls,
		.grade = tls != NULL ? tls_grade_text(tls_conn_grade(tls))
				     : NULL,
		.resumed = tls != NULL && tls_conn_resumed(tls),
		.level = r->level,
		.mx = r->host != NULL ? r->host->host.text : "",
		.asked = s->sni.text,
		.mail = span_of(s->mail, s->have_mail ? s->mail_len : 0),
		.body = body_bytes(s),
		.errors = s->errors,
	};

	return cb(arg, &seen);
}

void
proxy_each_session(const struct proxy *p, uint64_t from, proxy_session_cb *cb,
    void *arg)
{
	uint64_t now = clock_monotonic_ms();

	for (const struct session *s = p->sessions.first; s != NULL;
	     s = s->link.next)
		if (s->id >= from && !tell_session(s, now, cb, arg))
			return;
}

struct memory *
proxy_memory(struct proxy *p)
{
	return p->memory;
}

void
proxy_on_decided(struct proxy *p, proxy_decided_cb *cb, void *arg)
{
	p->decided = cb;
	p->decided_arg = arg;
}

void
proxy_on_idle(struct proxy *p, void (*cb)(void *arg), void *arg)
{
	p->idle = cb;
	p->idle_arg = arg;
}

void
proxy_free(struct proxy *p)
{
	struct session *s;

	if (p == NULL)
		return;
	while ((s = p->sessions.first) != NULL)
		session_free(s);
	(void)event_del(&p->reap);
	(void)event_del(&p->sweep);
	memory_free(p->memory);
	free(p);
}

void
proxy_remember_offer(struct proxy *p, const struct address *server,
    unsigned bits)
{
	size_t i = 0;

	while (i < PROXY_OFFERS &&
	    !address_same_host(&p->offers[i].server, server))
		i++;
	if (i == PROXY_OFFERS) {
		i = p->next_offer;
		p->next_offer = (i + 1) % PROXY_OFFERS;
	}
	p->offers[i].server = *server;
	p->offers[i].bits = bits;
}

unsigned
proxy_recall_offer(const struct proxy *p, const struct address *server)
{
	for (size_t i = 0; i < PROXY_OFFERS; i++)
		if (address_same_host(&p->offers[i].server, server))
			return p->offers[i].bits;
	return 0;
}
