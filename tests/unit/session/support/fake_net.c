#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/listener.h"
#include "session/support/fake.h"

struct fake_world fake;

/* As net/endpoint.c has it, with a fake peer in place of the kernel. */
struct endpoint {
	struct fake_peer *peer;
	int fd;
	bool connected;
	bool want_read;
	bool eof;
	bool reset;
	bool notify; /* a callback is owed */
	int error;
	struct buf *in;
	struct buf *out;
	endpoint_event_cb *cb;
	void *arg;
};

void
fake_reset(struct event_base *base)
{
	static struct fake_peer fresh = { .answers = true,
		.window = FAKE_ROOM };

	fake.client = fresh;
	fake.server = fresh;
	fake.base = base;
	fake.connect_errno = 0;
	fake.seed = 0;
	fake.certificate = NULL;
	fake.tls = false;
	fake.refuse_tls = false;
	fake.tickets = false;
	fake.ticket.certificate[0] = '\0';
	fake.nfacts = 0;
	fake.lookups = 0;
	fake.now = 1800000000;
	fake.nlogs = 0;
	memset(fake.log_seen, 0, sizeof(fake.log_seen));
}

uint32_t
fake_random(uint32_t limit)
{
	fake.seed = fake.seed * 1664525u + 1013904223u;
	return (fake.seed >> 8) % limit;
}

void
fake_send(struct fake_peer *p, const void *bytes, size_t n)
{
	if (n > sizeof(p->to) - p->to_len)
		abort();
	memcpy(p->to + p->to_len, bytes, n);
	p->to_len += n;
}

/* The endpoint */

static void
fail(struct endpoint *e, int error)
{
	e->error = error;
	e->notify = true;
}

/* What the peer still takes leaves at once. */
static bool
take_out(struct endpoint *e)
{
	struct fake_peer *p = e->peer;
	struct span s = buf_peek(e->out);
	size_t n = s.n < p->window ? s.n : p->window;

	if (!e->connected || e->error != 0 || n == 0)
		return false;
	if (n > sizeof(p->got) - p->got_len)
		abort();
	memcpy(p->got + p->got_len, s.p, n);
	p->got_len += n;
	p->window -= n;
	buf_drop(e->out, n);
	return true;
}

int
endpoint_new(struct endpoint **out, struct event_base *base, int fd,
    bool connecting, struct buf *in, struct buf *out_buf, endpoint_event_cb *cb,
    void *arg)
{
	struct endpoint *e = calloc(1, sizeof(*e));

	(void)base;
	if (e == NULL) {
		(void)close(fd);
		return DG_ENOMEM;
	}
	*e = (struct endpoint){
		.peer = connecting ? &fake.server : &fake.client,
		.fd = fd,
		.connected = !connecting,
		.want_read = true,
		.in = in,
		.out = out_buf,
		.cb = cb,
		.arg = arg,
	};
	/* What was on its way by an earlier connection is lost. */
	if (connecting) {
		e->peer->to_taken = e->peer->to_len;
		e->peer->ends = FAKE_OPEN;
		e->peer->shut = false;
	}
	e->peer->endpoint = e;
	e->peer->connections++;
	*out = e;
	return 0;
}

void
endpoint_update(struct endpoint *e)
{
	if (take_out(e))
		e->notify = true;
}

void
endpoint_want_read(struct endpoint *e, bool want)
{
	e->want_read = want;
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
	e->reset = true;
}

void
endpoint_shutdown(struct endpoint *e)
{
	e->peer->shut = true;
}

void
endpoint_free(struct endpoint *e)
{
	if (e == NULL)
		return;
	if (e->peer->endpoint == e) {
		e->peer->endpoint = NULL;
		e->peer->saw = e->reset ? FAKE_RESET : FAKE_CLOSED;
	}
	(void)close(e->fd);
	free(e);
}

/* One turn of the loop for one connection */

static size_t
packet_size(size_t waiting)
{
	switch (fake.split) {
	case FAKE_WHOLE:
		return waiting;
	case FAKE_BYTES:
		return 1;
	case FAKE_RANDOM:
		return 1 + fake_random((uint32_t)(waiting < 40 ? waiting : 40));
	}
	return waiting;
}

static bool
receive(struct endpoint *e)
{
	struct fake_peer *p = e->peer;
	size_t waiting = p->to_len - p->to_taken;
	size_t room;
	uint8_t *tail = buf_tail(e->in, &room);

	if (!e->connected || !e->want_read || e->eof || room == 0)
		return false;
	if (waiting > 0) {
		size_t n = packet_size(waiting);

		if (n > room)
			n = room;
		memcpy(tail, p->to + p->to_taken, n);
		p->to_taken += n;
		buf_commit(e->in, n);
		return true;
	}
	if (p->ends == FAKE_OPEN)
		return false;
	if (p->ends == FAKE_CLOSED)
		e->eof = true;
	else
		e->error = ECONNRESET;
	return true;
}

static bool
connects(struct endpoint *e)
{
	if (e->connected || !e->peer->answers)
		return false;
	if (e->peer->error == 0)
		e->connected = true;
	else
		e->error = e->peer->error;
	return true;
}

bool
fake_net_step(struct fake_peer *p)
{
	struct endpoint *e = p->endpoint;

	if (e == NULL)
		return false;
	if (e->notify) {
		e->notify = false;
		e->cb(e->arg); /* may free e */
		return true;
	}
	if (e->error != 0)
		return false;
	/* A reset is noticed even by who does not read. */
	if (p->ends == FAKE_RESET && p->to_taken == p->to_len &&
	    buf_room(e->in) == 0)
		fail(e, ECONNRESET);
	else if (!connects(e) && !take_out(e) && !receive(e))
		return false;
	e->notify = false;
	e->cb(e->arg); /* may free e */
	return true;
}

bool
fake_step(void)
{
	bool turn = fake.split == FAKE_RANDOM && fake_random(2) == 1;
	struct fake_peer *first = turn ? &fake.server : &fake.client;
	struct fake_peer *second = turn ? &fake.client : &fake.server;

	if (event_base_get_num_events(fake.base, EVENT_BASE_COUNT_ACTIVE) > 0) {
		(void)event_base_loop(fake.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
		return true;
	}
	return fake_net_step(first) || fake_net_step(second) ||
	    fake_route_step();
}

/* net/listener.h */

int
listener_open(int *fd, enum address_family family, uint16_t port)
{
	(void)fd;
	(void)family;
	(void)port;
	return DG_EIO;
}

int
socket_accept(int *fd, struct address *client, struct address *destination,
    int listener)
{
	(void)fd;
	(void)client;
	(void)destination;
	(void)listener;
	return DG_EAGAIN;
}

int
socket_connect_from(int *fd, struct address *local,
    const struct address *destination, const struct address *source)
{
	static const struct address router = { .family = ADDRESS_IPV4,
		.bytes = { 198, 51, 100, 1 } };

	(void)destination;
	if (fake.connect_errno != 0) {
		errno = fake.connect_errno;
		return DG_EIO;
	}
	*fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return DG_EIO;
	fake.local = source != NULL ? *source : router;
	fake.local.port = 50000;
	*local = fake.local;
	return 0;
}

int
socket_connect(int *fd, const struct address *destination)
{
	struct address local;

	return socket_connect_from(fd, &local, destination, NULL);
}

void
socket_reset(int fd)
{
	(void)close(fd);
}

bool
socket_is_self(const struct address *a)
{
	(void)a;
	return false;
}

int
socket_error(int fd)
{
	(void)fd;
	return 0;
}

/* base/clock.h */

uint64_t
clock_monotonic_ms(void)
{
	return (uint64_t)fake.now * 1000;
}

int64_t
clock_wall(void)
{
	return fake.now;
}

bool
clock_wall_trusted(void)
{
	return true;
}

int64_t
clock_floor(void)
{
	return 0;
}

/* base/log.h: what would be written is kept (linked by --wrap). */
void __wrap_log_end(struct log_line *l);

void
__wrap_log_end(struct log_line *l)
{
	if (l->level > LOG_LEVEL_INFO)
		return;
	if (fake.nlogs == FAKE_LOGS)
		abort();
	(void)snprintf(fake.logs[fake.nlogs], sizeof(fake.logs[0]), "%.*s",
	    (int)l->len, l->text);
	fake.log_seen[fake.nlogs++] = false;
}
