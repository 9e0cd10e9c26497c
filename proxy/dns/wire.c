#include "dns/wire.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/listener.h"
#include "net/sockaddr.h"

struct wire {
	int fd;
	enum wire_kind kind;
	struct event readable;
	struct event writable;
	wire_ready *ready;
	void *arg;
};

struct wire_timer {
	struct event event;
	wire_fired *fired;
	void *arg;
};

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd;
	(void)what;
	w->ready(w->arg, false);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd;
	(void)what;
	w->ready(w->arg, true);
}

/* The kernel gives the socket a random port when it is connected. */
static int
open_datagram(int *fd, const struct address *to)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int s;

	if (sockaddr_from_address(&ss, &len, to) != 0)
		return DG_EINVAL;
	s = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return DG_EIO;
	if (connect(s, (const struct sockaddr *)&ss, len) != 0) {
		(void)close(s);
		return DG_EIO;
	}
	*fd = s;
	return 0;
}

int
wire_open(struct wire **out, struct event_base *base, const struct address *to,
    enum wire_kind kind, wire_ready *ready, void *arg)
{
	struct wire *w = calloc(1, sizeof(*w));
	int err;

	if (w == NULL)
		return DG_ENOMEM;
	w->kind = kind;
	w->ready = ready;
	w->arg = arg;
	err = kind == WIRE_STREAM ? socket_connect(&w->fd, to)
				  : open_datagram(&w->fd, to);
	if (err != 0) {
		free(w);
		return err;
	}
	if (event_assign(&w->readable, base, w->fd, EV_READ | EV_PERSIST,
		on_readable, w) != 0 ||
	    event_assign(&w->writable, base, w->fd, EV_WRITE | EV_PERSIST,
		on_writable, w) != 0 ||
	    event_add(&w->readable, NULL) != 0) {
		(void)close(w->fd);
		free(w);
		return DG_ENOMEM;
	}
	*out = w;
	return 0;
}

void
wire_close(struct wire *w)
{
	if (w == NULL)
		return;
	(void)event_del(&w->readable);
	(void)event_del(&w->writable);
	(void)close(w->fd);
	free(w);
}

int
wire_want_write(struct wire *w, bool on)
{
	if (!on) {
		(void)event_del(&w->writable);
		return 0;
	}
	return event_add(&w->writable, NULL) == 0 ? 0 : DG_ENOMEM;
}

/* A stream that is still connecting says EAGAIN too. */
static int
io_error(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR
	    ? DG_EAGAIN
	    : DG_EIO;
}

int
wire_send(struct wire *w, struct span bytes)
{
	ssize_t n = send(w->fd, bytes.p, bytes.n < INT_MAX ? bytes.n : INT_MAX,
	    MSG_NOSIGNAL);

	return n < 0 ? io_error(errno) : (int)n;
}

int
wire_receive(struct wire *w, uint8_t *out, size_t size)
{
	bool datagram = w->kind == WIRE_DATAGRAM;
	/* With MSG_TRUNC a datagram's true length is told. */
	ssize_t n = recv(w->fd, out, size < INT_MAX ? size : INT_MAX,
	    datagram ? MSG_TRUNC : 0);

	if (n < 0)
		return io_error(errno);
	return n == 0 && !datagram ? DG_ECLOSED : (int)n;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct wire_timer *t = arg;

	(void)fd;
	(void)what;
	t->fired(t->arg);
}

int
wire_timer_new(struct wire_timer **out, struct event_base *base,
    wire_fired *fired, void *arg)
{
	struct wire_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return DG_ENOMEM;
	t->fired = fired;
	t->arg = arg;
	if (event_assign(&t->event, base, -1, 0, on_timer, t) != 0) {
		free(t);
		return DG_ENOMEM;
	}
	*out = t;
	return 0;
}

int
wire_timer_start(struct wire_timer *t, unsigned ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000) * 1000,
	};

	return event_add(&t->event, &tv) == 0 ? 0 : DG_ENOMEM;
}

void
wire_timer_soon(struct wire_timer *t)
{
	event_active(&t->event, EV_TIMEOUT, 0);
}

void
wire_timer_stop(struct wire_timer *t)
{
	(void)event_del(&t->event);
}

void
wire_timer_free(struct wire_timer *t)
{
	if (t == NULL)
		return;
	(void)event_del(&t->event);
	free(t);
}

uint64_t
wire_now_ms(void)
{
	return clock_monotonic_ms();
}
