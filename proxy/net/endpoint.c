#include "net/endpoint.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listener.h"

/*
 * Events are disarmed lazily: input that arrives while none is wanted takes
 * the read event away then, not before. A session that goes to and fro in
 * lock-step so costs no epoll_ctl() at all.
 *
 * After `error` is set nothing is read or written any more and both events
 * are off; `eof` takes only the read event away.
 */
struct endpoint {
	int fd;
	bool connected;
	bool want_read;
	bool eof;
	int error;
	struct buf *in;
	struct buf *out;
	endpoint_event_cb *cb;
	void *arg;
	struct event read_event;
	struct event write_event;
	struct event notify_event; /* a callback owed for an owner's call */
	bool reading;		   /* read_event is armed */
	bool writing;		   /* write_event is armed */
};

static void
endpoint_arm_read(struct endpoint *e, bool on)
{
	if (on == e->reading)
		return;
	e->reading = on;
	if (on && event_add(&e->read_event, NULL) == 0)
		return;
	e->reading = false;
	if (on && e->error == 0) {
		e->error = ENOMEM;
		event_active(&e->notify_event, EV_TIMEOUT, 0);
	}
	(void)event_del(&e->read_event);
}

static void
endpoint_arm_write(struct endpoint *e, bool on)
{
	if (on == e->writing)
		return;
	e->writing = on;
	if (on && event_add(&e->write_event, NULL) == 0)
		return;
	e->writing = false;
	if (on && e->error == 0) {
		e->error = ENOMEM;
		event_active(&e->notify_event, EV_TIMEOUT, 0);
	}
	(void)event_del(&e->write_event);
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void
endpoint_fail(struct endpoint *e, int error)
{
	e->error = error;
	endpoint_arm_read(e, false);
	endpoint_arm_write(e, false);
}

/* Takes what has arrived, as far as there is room. True when it changed e. */
static bool
endpoint_receive(struct endpoint *e)
{
	size_t room;
	uint8_t *tail = buf_tail(e->in, &room);
	ssize_t n;

	if (room == 0)
		return false;
	n = recv(e->fd, tail, room, 0);
	if (n > 0) {
		buf_commit(e->in, (size_t)n);
		return true;
	}
	if (n == 0) {
		e->eof = true;
		endpoint_arm_read(e, false);
		return true;
	}
	if (is_transient(errno))
		return false;
	endpoint_fail(e, errno);
	return true;
}

/* Sends what can be sent. True when it changed e. */
static bool
endpoint_send(struct endpoint *e)
{
	bool changed = false;

	while (e->out->len > 0) {
		struct span s = buf_peek(e->out);
		ssize_t n = send(e->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && is_transient(errno))
			break;
		if (n < 0) {
			int error = errno;

			/*
			 * A server that says why and closes at once: its
			 * words may be there still, behind the reset.
			 */
			if (!e->eof && e->want_read)
				(void)endpoint_receive(e);
			endpoint_fail(e, error);
			return true;
		}
		buf_drop(e->out, (size_t)n);
		changed = true;
		if ((size_t)n < s.n)
			break;
	}
	return changed;
}

/* Listens for what the buffers allow. */
static void
endpoint_arm(struct endpoint *e)
{
	if (e->error != 0)
		return;
	if (!e->connected) {
		endpoint_arm_write(e, true);
		return;
	}
	if (e->want_read && !e->eof && buf_room(e->in) > 0)
		endpoint_arm_read(e, true);
	endpoint_arm_write(e, e->out->len > 0);
}

static void
endpoint_on_read(evutil_socket_t fd, short what, void *arg)
{
	struct endpoint *e = arg;

	(void)fd;
	(void)what;
	if (!e->want_read || buf_room(e->in) == 0) {
		endpoint_arm_read(e, false);
		return;
	}
	if (endpoint_receive(e))
		e->cb(e->arg); /* may free e */
}

static void
endpoint_on_write(evutil_socket_t fd, short what, void *arg)
{
	struct endpoint *e = arg;
	bool changed = false;

	(void)what;
	if (!e->connected) {
		int error = socket_error((int)fd);

		if (error == 0)
			e->connected = true;
		else
			endpoint_fail(e, error);
		changed = true;
	}
	if (e->error == 0)
		changed = endpoint_send(e) || changed;
	endpoint_arm(e);
	if (changed)
		e->cb(e->arg); /* may free e */
}

static void
endpoint_on_notify(evutil_socket_t fd, short what, void *arg)
{
	struct endpoint *e = arg;

	(void)fd;
	(void)what;
	e->cb(e->arg); /* may free e */
}

int
endpoint_new(struct endpoint **out, struct event_base *base, int fd,
    bool connecting, struct buf *in, struct buf *out_buf, endpoint_event_cb *cb,
    void *arg)
{
	struct endpoint *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		(void)close(fd);
		return DG_ENOMEM;
	}
	e->fd = fd;
	e->connected = !connecting;
	e->want_read = true;
	e->in = in;
	e->out = out_buf;
	e->cb = cb;
	e->arg = arg;
	if (event_assign(&e->read_event, base, fd, EV_READ | EV_PERSIST,
		endpoint_on_read, e) != 0 ||
	    event_assign(&e->write_event, base, fd, EV_WRITE | EV_PERSIST,
		endpoint_on_write, e) != 0 ||
	    event_assign(&e->notify_event, base, -1, 0, endpoint_on_notify,
		e) != 0) {
		(void)close(fd);
		free(e);
		return DG_ENOMEM;
	}
	endpoint_arm(e);
	*out = e;
	return 0;
}

void
endpoint_update(struct endpoint *e)
{
	if (e->error != 0)
		return;
	if (e->connected && endpoint_send(e))
		event_active(&e->notify_event, EV_TIMEOUT, 0);
	endpoint_arm(e);
}

void
endpoint_want_read(struct endpoint *e, bool want)
{
	e->want_read = want;
	endpoint_arm(e);
}

bool
endpoint_connected(const struct endpoint *e)
{
	return e->connected;
}

bool
endpoint_eof(const struct endpoint *e)
{
	return e->eof;
}

int
endpoint_error(const struct endpoint *e)
{
	return e->error;
}

void
endpoint_reset(struct endpoint *e)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void
endpoint_shutdown(struct endpoint *e)
{
	(void)shutdown(e->fd, SHUT_WR);
}

void
endpoint_free(struct endpoint *e)
{
	if (e == NULL)
		return;
	(void)event_del(&e->read_event);
	(void)event_del(&e->write_event);
	(void)event_del(&e->notify_event);
	(void)close(e->fd);
	free(e);
}
