#include "daemon/remote.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/record.h"
#include "net/listener.h"

#define FACILITY_MAIL 2	 /* RFC 5424 6.2.1 */
#define MSGID_MAX     32 /* RFC 5424 6.2.7 */
#define STAMP_MAX     sizeof("2027-01-31T00:00:00Z")
#define LENGTH_BYTES  2 /* before each message of the queue */

struct remote {
	struct event_base *base;
	struct address to; /* of no family: nowhere */
	enum remote_transport transport;
	enum log_level level;
	int fd; /* -1: none */
	struct event *readable;
	struct event *writable;
	struct event *again;
	bool busy; /* what is logged while sending is not sent */
	uint64_t dropped;
	uint64_t told; /* of them */
	char host[REMOTE_HOST_MAX];
	struct buf queue;
	size_t wire_n; /* the message on its way, as it goes out */
	size_t wire_sent;
	uint8_t wire[REMOTE_MESSAGE_MAX + 8];
	uint8_t mem[REMOTE_QUEUE];
};

/* The message */

static const char *
stamp(int64_t time, char text[STAMP_MAX])
{
	char date[DATE_TEXT_MAX];
	unsigned s = (unsigned)(time % DATE_SECONDS);

	if (time <= 0)
		return "-";
	(void)snprintf(text, STAMP_MAX, "%sT%02u:%02u:%02uZ",
	    date_text(time / DATE_SECONDS, date), s / 3600, s / 60 % 60,
	    s % 60);
	return text;
}

size_t
remote_format(char *text, size_t size, const struct remote_message *m)
{
	static const unsigned severities[] = {
		[LOG_LEVEL_ERROR] = 3,
		[LOG_LEVEL_WARNING] = 4,
		[LOG_LEVEL_INFO] = 6,
		[LOG_LEVEL_DEBUG] = 7,
	};
	struct span rest = span_text(m->line);
	struct span event = span_slice(span_word(&rest), 0, MSGID_MAX);
	char time[STAMP_MAX];
	int n = snprintf(text, size, "<%u>1 %s %s danegated %u %.*s - %s",
	    FACILITY_MAIL * 8 + severities[m->level], stamp(m->time, time),
	    m->host[0] != '\0' ? m->host : "-", m->process,
	    event.n > 0 ? (int)event.n : 1,
	    event.n > 0 ? (const char *)event.p : "-", m->line);

	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

/* The connection */

static void
disconnect(struct remote *r)
{
	if (r->readable != NULL)
		event_free(r->readable);
	if (r->writable != NULL)
		event_free(r->writable);
	r->readable = NULL;
	r->writable = NULL;
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	/* Half a message is none: it is sent again as a whole. */
	r->wire_sent = 0;
}

static void
try_again(struct remote *r)
{
	const struct timeval tv = { .tv_sec = REMOTE_RETRY_SECONDS };

	disconnect(r);
	(void)event_add(r->again, &tv);
}

/* The next message of the queue goes on its way. */
static bool
next(struct remote *r)
{
	struct span all = buf_peek(&r->queue);
	size_t n;
	int head = 0;

	if (r->wire_n > 0)
		return true;
	if (all.n < LENGTH_BYTES)
		return false;
	n = (size_t)record_number_get(all.p, LENGTH_BYTES);
	if (r->transport == REMOTE_TCP)
		head = snprintf((char *)r->wire, 8, "%zu ", n);
	memcpy(r->wire + head, all.p + LENGTH_BYTES, n);
	r->wire_n = (size_t)head + n;
	r->wire_sent = 0;
	buf_drop(&r->queue, LENGTH_BYTES + n);
	return true;
}

static void
done(struct remote *r)
{
	r->wire_n = 0;
	r->wire_sent = 0;
}

static void flush(struct remote *r);

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

/* Nothing comes from there but the end. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct remote *r = arg;
	char text[256];
	ssize_t n = recv((int)fd, text, sizeof(text), MSG_DONTWAIT);

	(void)what;
	if (r->transport == REMOTE_TCP &&
	    (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)))
		try_again(r);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static int
open_socket(struct remote *r)
{
	int err = r->transport == REMOTE_TCP ? socket_connect(&r->fd, &r->to)
					     : socket_datagram(&r->fd, &r->to);

	if (err != 0) {
		r->fd = -1;
		return err;
	}
	r->readable = event_new(r->base, r->fd, EV_READ | EV_PERSIST,
	    on_readable, r);
	r->writable = event_new(r->base, r->fd, EV_WRITE, on_writable, r);
	if (r->readable == NULL || r->writable == NULL ||
	    event_add(r->readable, NULL) != 0) {
		disconnect(r);
		return DG_ENOMEM;
	}
	return 0;
}

/* False: the socket takes no more, or it failed. */
static bool
send_some(struct remote *r)
{
	ssize_t n = send(r->fd, r->wire + r->wire_sent,
	    r->wire_n - r->wire_sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && (errno == EAGAIN || errno == ENOTCONN)) {
		(void)event_add(r->writable, NULL);
		return false;
	}
	if (n < 0 && r->transport == REMOTE_TCP) {
		try_again(r);
		return false;
	}
	if (n < 0) {
		/* Nobody listens there now: this one is lost. */
		r->dropped++;
		done(r);
		return true;
	}
	r->wire_sent += (size_t)n;
	if (r->wire_sent == r->wire_n || r->transport == REMOTE_UDP)
		done(r);
	return true;
}

static void
flush(struct remote *r)
{
	if (r->to.family == ADDRESS_NONE ||
	    event_pending(r->again, EV_TIMEOUT, NULL))
		return;
	if (r->fd < 0 && (r->wire_n > 0 || r->queue.len > 0) &&
	    open_socket(r) != 0) {
		try_again(r);
		return;
	}
	while (next(r) && send_some(r))
		continue;
}

/* The queue */

static bool
put(struct remote *r, enum log_level level, const char *line)
{
	char text[REMOTE_MESSAGE_MAX];
	const struct remote_message m = {
		.level = level,
		.time = clock_wall_trusted() ? clock_wall() : 0,
		.host = r->host,
		.process = (unsigned)getpid(),
		.line = line,
	};
	size_t n = remote_format(text, sizeof(text), &m);
	uint8_t length[LENGTH_BYTES];

	if (buf_room(&r->queue) < LENGTH_BYTES + n)
		return false;
	record_number_put(length, LENGTH_BYTES, n);
	return buf_put(&r->queue, length, LENGTH_BYTES) == 0 &&
	    buf_put(&r->queue, text, n) == 0;
}

static void
put_dropped(struct remote *r)
{
	char line[64];

	if (r->dropped == r->told)
		return;
	(void)snprintf(line, sizeof(line), "log-dropped count=%llu",
	    (unsigned long long)(r->dropped - r->told));
	if (put(r, LOG_LEVEL_WARNING, line))
		r->told = r->dropped;
}

static bool
is_wanted(const struct remote *r, enum log_level level, const char *line)
{
	if (r->to.family == ADDRESS_NONE || level > r->level)
		return false;
	return r->level > LOG_LEVEL_WARNING ||
	    strncmp(line, "decision ", strlen("decision ")) != 0;
}

void
remote_take(struct remote *r, enum log_level level, const char *line)
{
	int error = errno;

	if (r == NULL || r->busy || !is_wanted(r, level, line))
		return;
	r->busy = true;
	put_dropped(r);
	if (!put(r, level, line))
		r->dropped++;
	flush(r);
	r->busy = false;
	errno = error;
}

/* A name of printable characters, as RFC 5424 6.2.4 wants it. */
static void
find_host(struct remote *r)
{
	if (gethostname(r->host, sizeof(r->host)) != 0)
		r->host[0] = '\0';
	r->host[sizeof(r->host) - 1] = '\0';
	for (char *p = r->host; *p != '\0'; p++)
		if (*p <= 0x20 || *p >= 0x7f)
			*p = '?';
}

void
remote_settings(struct remote *r, const struct settings *settings)
{
	/* Never more than is in the log. */
	r->level = settings->remote_level < settings->log_level
	    ? settings->remote_level
	    : settings->log_level;
	if (address_same_host(&r->to, &settings->remote) &&
	    r->to.port == settings->remote.port &&
	    r->transport == settings->remote_transport)
		return;
	disconnect(r);
	(void)event_del(r->again);
	done(r);
	r->to = settings->remote;
	r->transport = settings->remote_transport;
	if (r->to.family == ADDRESS_NONE)
		buf_clear(&r->queue);
	flush(r);
}

int
remote_new(struct remote **out, struct event_base *base,
    const struct settings *settings)
{
	struct remote *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return DG_ENOMEM;
	r->base = base;
	r->fd = -1;
	buf_init(&r->queue, r->mem, sizeof(r->mem));
	r->again = evtimer_new(base, on_again, r);
	if (r->again == NULL) {
		free(r);
		return DG_ENOMEM;
	}
	find_host(r);
	remote_settings(r, settings);
	*out = r;
	return 0;
}

uint64_t
remote_dropped(const struct remote *r)
{
	return r->dropped;
}

size_t
remote_bytes(void)
{
	return sizeof(struct remote);
}

void
remote_free(struct remote *r)
{
	if (r == NULL)
		return;
	flush(r);
	disconnect(r);
	event_free(r->again);
	free(r);
}
