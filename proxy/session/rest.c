/*
 * Sessions in which nothing happens: a mail server that keeps its connection for
 * the next message, an MX that takes minutes to answer. Their buffers are empty,
 * and the memory of these is given back to the system until the next byte comes.
 * What a session may take stays booked for it.
 */
#include <event2/event.h>

#include "base/pages.h"
#include "session/session.h"

/* Nothing has happened for a turn at least. */
#define QUIET_TURNS 2

static void
rest(struct session *s)
{
	bulk_return(s);
	if (s->down_in.len == 0 && s->down_out.len == 0 &&
	    upstream_empty(&s->upstream) && s->bulk == NULL)
		s->given_back = pages_release(&s->memory, sizeof(s->memory));
	s->proxy->given_back += s->given_back;
	if (s->upstream.tls != NULL)
		(void)tls_conn_rest(s->upstream.tls);
}

void
rest_over(struct session *s)
{
	s->quiet = 0;
	s->proxy->given_back -= s->given_back;
	s->given_back = 0;
}

static void
sweep(evutil_socket_t fd, short what, void *arg)
{
	struct proxy *p = arg;

	(void)fd;
	(void)what;
	for (struct session *s = p->sessions.first; s != NULL; s = s->link.next)
		if (s->quiet < QUIET_TURNS && ++s->quiet == QUIET_TURNS)
			rest(s);
	rest_watch(p);
}

int
rest_init(struct proxy *p)
{
	return event_assign(&p->sweep, p->base, -1, 0, sweep, p) == 0
	    ? 0
	    : DG_ENOMEM;
}

void
rest_watch(struct proxy *p)
{
	const struct timeval turn = { .tv_sec = REST_SECONDS };

	/* Without it memory stays where it is, no more. */
	if (p->nsessions > 0 && !event_pending(&p->sweep, EV_TIMEOUT, NULL))
		(void)event_add(&p->sweep, &turn);
}
